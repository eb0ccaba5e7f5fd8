// switch, and results that are cached: what an attempt is asked for. Method: one execution, every
// change durable at once.
#include "engine/base/json.hpp"
#include "engine/schedule/execution.hpp"
#include "tests/engine/schedule/support.hpp"

namespace ropewalk {
namespace {

using namespace test;
using Ids = std::vector<std::string>;

constexpr char const* route = R"(
tasks:
  route:
    type: switch
    cases:
      - {name: big, when: inputs.n > 10, then: [big, any]}
      - {when: inputs.n / inputs.d > 5, then: [middle, any]}
    otherwise: [small]
  big: {type: work}
  middle: {type: work}
  small: {type: work}
  any: {type: work}
  later: {type: work, needs: [big]})";

TEST(Switch, LeadsToTheFirstCaseThatHolds) {
  Driver run(route, {{"n", 11}, {"d", 0}});  // the second condition would divide by zero
  EXPECT_EQ(run.row("route").output, R"({"case":"big"})");
  EXPECT_EQ(run.queued(), (Ids{"big", "any"}));
  EXPECT_EQ(run.status("middle"), Status::skipped);
  EXPECT_EQ(run.status("small"), Status::skipped);
  run.run("big");
  EXPECT_EQ(run.queued(), (Ids{"any", "later"}));
}

TEST(Switch, LeadsToALaterCaseAndSkipsOnBehindTheOthers) {
  Driver run(route, {{"n", 6}, {"d", 1}});
  EXPECT_EQ(run.row("route").output, R"({"case":"case2"})");
  EXPECT_EQ(run.queued(), (Ids{"middle", "any"}));
  EXPECT_EQ(run.status("later"), Status::skipped);
}

TEST(Switch, HasALastResort) {
  Driver run(route, {{"n", 1}, {"d", 1}});
  EXPECT_EQ(run.row("route").output, R"({"case":"otherwise"})");
  EXPECT_EQ(run.queued(), Ids{"small"});
}

TEST(Switch, FailsWithTheConditionThatFails) {
  Driver run(route, {{"n", 1}, {"d", 0}});
  EXPECT_EQ(run.status("route"), Status::failed);
  EXPECT_NE(
      run.error("route")->message.find("case case2 could not be evaluated"), std::string::npos
  ) << run.error("route")->message;
  EXPECT_EQ(run.status(), Status::failed);
}

TEST(Cache, TheKeyIsRenderedWithTheTaskThatItHoldsFor) {
  auto const key = [](std::string const& text, std::string const& commit) {
    Driver run(
        "tasks: {a: {type: work, text: " + text + ", cache: {key: inputs.commit, ttl: 1h}}}",
        {{"commit", commit}}
    );
    auto const request = run.start("a");
    EXPECT_EQ(request->cache_ttl, 1h);
    EXPECT_FALSE(request->cache_is_written_only);
    return request->cache_key;
  };
  EXPECT_EQ(key("x", "abc"), key("x", "abc"));
  EXPECT_NE(key("x", "abc"), key("x", "abd"));
  EXPECT_NE(key("x", "abc"), key("y", "abc")) << "another definition gives another result";
}

TEST(Cache, ATaskWithoutOneHasNoKey) {
  Driver run("tasks: {a: {type: work}}");
  EXPECT_EQ(run.start("a")->cache_key, "");
}

TEST(Cache, WhatWasNotGoodEnoughIsNotTakenAgain) {
  Driver run(R"(tasks: {a: {type: work, cache: {key: "'k'", ttl: 1h},
    retry: {maxAttempts: 2, initialDelay: 1s, jitter: 0}}})");
  run.run("a", failure(ErrorClass::transient));
  run.pass_time(1s);
  EXPECT_TRUE(run.start("a")->cache_is_written_only);
}

TEST(Cache, AKeyThatCannotBeEvaluatedFailsTheTask) {
  Driver run("tasks: {a: {type: work, cache: {key: inputs.none, ttl: 1h}}}");
  EXPECT_FALSE(run.start("a"));
  EXPECT_EQ(run.status("a"), Status::failed);
}

}  // namespace
}  // namespace ropewalk
