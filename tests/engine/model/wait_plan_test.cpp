// Goal: all forms of `wait`: what is accepted in a file, what is refused, and what an attempt
// reads.

#include "engine/model/wait_plan.hpp"

#include "engine/base/json.hpp"
#include "engine/model/workflow_schema.hpp"
#include "tests/engine/model/fake_types.hpp"

#include <gtest/gtest.h>

namespace ropewalk {
namespace {

using namespace std::chrono_literals;
using test::fake_types;
using test::problems_of;

/// Without the places.
std::string problems(std::string const& fields) {
  std::string out =
      problems_of(load_workflow("name: x\ntasks: {t: {type: wait, " + fields + "}}", fake_types()));
  for (auto at = out.find("2:"); at != std::string::npos; at = out.find("2:"))
    out.erase(at, out.find(' ', at) + 1 - at);
  return out;
}

struct Case {
  std::string fields;
  std::string problems;
};

TEST(WaitPlan, Files) {
  Case const cases[]{
      {"until: 2026-01-31T08:15:00Z", ""},
      {"until: '${{ inputs.at }}'", ""},
      {"until: tomorrow", "invalid_timestamp tasks.t.until\n"},
      {"signal: paid", ""},
      {"signal: '${{ inputs.name }}'", ""},
      {"signal: two words", "invalid_name tasks.t.signal\n"},
      {"signal: 7", "wrong_kind tasks.t.signal\n"},
      {"signal: {name: paid, schema: {type: object}, deadline: 1h, onTimeout: continue}", ""},
      {"signal: {}", "missing_field tasks.t.signal.name\n"},
      {"signal: {name: paid, schema: {type: 7}}", "invalid_schema tasks.t.signal.schema\n"},
      {"signal: {name: paid, deadline: 1h, onTimeout: approve}",
       "unknown_word tasks.t.signal.onTimeout\n"},
      {"signal: {name: paid, deadlin: 1h}", "unknown_field tasks.t.signal.deadlin\n"},
      {"approval: {message: Go}", ""},
      {"approval: {message: Go, answers: [go ahead, wait], deadline: 1h, onTimeout: wait}", ""},
      {"approval: {message: Go, answers: '${{ inputs.list }}', deadline: 1h, onTimeout: x}", ""},
      {"approval: Go", "wrong_kind tasks.t.approval\n"},
      {"approval: {}", "missing_field tasks.t.approval.message\n"},
      {"approval: {message: Go, answers: []}", "invalid_answers tasks.t.approval.answers\n"},
      {"approval: {message: Go, answers: [a, a]}", "invalid_answers tasks.t.approval.answers\n"},
      {"approval: {message: Go, answers: [fail]}", "invalid_answers tasks.t.approval.answers\n"},
      {"approval: {message: Go, onTimeout: reject}", "missing_field tasks.t.approval.deadline\n"},
      {"approval: {message: Go, deadline: 1h, onTimeout: maybe}",
       "unknown_word tasks.t.approval.onTimeout\n"},
      {"approval: {message: Go, deadline: soon}", "invalid_duration tasks.t.approval.deadline\n"},
      {"duration: 1s, signal: paid", "conflicting_fields tasks.t.signal\n"},
      {"description: nothing", "missing_field tasks.t.duration\n"},
  };
  for (auto const& one : cases) EXPECT_EQ(problems(one.fields), one.problems) << one.fields;
}

WaitPlan read(std::string_view text) {
  return read_wait(parse_json(text).value().as_object()).value();
}

TEST(WaitPlan, WhatAnAttemptReads) {
  auto const approval = read(R"({"approval":{"message":"Go?","deadline":"24h"}})");
  EXPECT_EQ(approval.what, WaitFor::approval);
  EXPECT_EQ(approval.answers, (std::vector<std::string>{"approve", "reject"}));
  EXPECT_EQ(approval.on_timeout, "fail");
  EXPECT_EQ(approval.end(Instant(1s)), Instant(1s) + 24h);
  EXPECT_EQ(read(R"({"signal":"go"})").end(Instant{}), std::nullopt);
  EXPECT_EQ(read(R"({"duration":"5400s"})").end(Instant{}), Instant(90min));
  EXPECT_EQ(read(R"({"until":"1970-01-01T01:00:00+01:00"})").end(Instant(5s)), Instant(0s))
      << "it may have passed";
  auto const bad = read_wait(parse_json(R"({"signal":"a b"})").value().as_object());
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, "invalid_task");
}

TEST(WaitPlan, WhatIsShown) {
  auto const plan = read(R"({"approval":{"message":"Go?","deadline":"1h","onTimeout":"reject"}})");
  EXPECT_EQ(
      to_text(wait_view(plan, Instant{})),
      R"({"for":"approval","message":"Go?","answers":["approve","reject"],)"
      R"("since":"1970-01-01T00:00:00.000000Z","until":"1970-01-01T01:00:00.000000Z",)"
      R"("onTimeout":"reject"})"
  );
  EXPECT_EQ(
      to_text(wait_view(read(R"({"signal":"go"})"), Instant{})),
      R"({"for":"signal","signal":"go","since":"1970-01-01T00:00:00.000000Z"})"
  );
}

TEST(WaitPlan, EditorsKnowIt) {
  auto const schema = JsonSchema::compile(workflow_schema(fake_types())).value();
  auto const violations = [&](std::string const& task) {
    return schema->check(parse_json(R"({"name":"x","tasks":{"t":)" + task + "}}").value()).size();
  };
  EXPECT_EQ(violations(R"({"type":"wait","signal":"go"})"), 0U);
  EXPECT_EQ(violations(R"({"type":"wait","approval":{"message":"Go?","answers":["a"]}})"), 0U);
  EXPECT_EQ(
      violations(R"({"type":"wait","signal":{"name":"go","schema":{},"deadline":"1h"}})"), 0U
  );
  EXPECT_GT(violations(R"({"type":"wait","approval":{}})"), 0U);
  EXPECT_GT(violations(R"({"type":"wait","signal":"go","duration":"1s"})"), 0U);
}

}  // namespace
}  // namespace ropewalk
