// Goal: what the server says about executions reads well and breaks no terminal.
// Method: answers as the server gives them, text compared.
#include "server/cli/execution_text.hpp"

#include "engine/base/json.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace ropewalk::cli {
namespace {

constexpr Style plain{};

json::value value_of(std::string_view text) {
  return parse_json(text).value();
}

class ExecutionText : public ::testing::Test {
 protected:
  void SetUp() override {
    setenv("TZ", "UTC", 1);
    tzset();
  }
};

TEST_F(ExecutionText, ListHasALineEach) {
  auto const page = value_of(R"({"items":[{"id":"0190","workflow":"triage","status":"RUNNING",
      "paused":true,"priority":50,"createdAt":"2026-01-31T12:00:00Z",
      "startedAt":"2026-01-31T12:00:00Z"}],"next":""})");
  auto const now = parse_instant("2026-01-31T12:00:05Z").value();
  auto const lines = executions_table(items_of(page), now, 0, plain);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[1], "0190  triage    RUNNING (paused)  50        2026-01-31 12:00:00  5.0s");
}

TEST_F(ExecutionText, OneHasItsTasks) {
  auto const execution = value_of(R"({"id":"0190","workflow":"triage","version":3,"status":"FAILED",
      "priority":50,"inputs":{"ticket":"x"},"labels":{},"tasks":[
      {"id":"a","status":"FAILED","attempt":2,
      "error":{"message":"exit \u001b[31m3","hint":"look"}}]})");
  auto const lines = execution_lines(execution.as_object(), Instant{}, 0, plain);
  std::string all;
  for (auto const& line : lines) all += line + "\n";
  EXPECT_EQ(
      all,
      "execution  0190\nworkflow   triage (version 3)\nstatus     FAILED\npriority   50\n"
      "inputs     {\"ticket\":\"x\"}\n\n"
      "TASK  STATUS  TRY  TIME  NOTE\na     FAILED  2          exit 3 (mend: look)\n"
  );
}

TEST_F(ExecutionText, ModelsAreShownWithWhatTheyTook) {
  auto const execution = value_of(R"({"id":"0190","tasks":[
      {"id":"a","status":"COMPLETED","attempt":1,"usage":{"model":"openai/gpt-4o-mini",
      "inputTokens":30,"outputTokens":57,"costUsd":0.0000387}},
      {"id":"b","status":"COMPLETED","attempt":1,"usage":{"model":"sim/prose","inputTokens":1,
      "outputTokens":2,"costUsd":0.0,"simulated":true}},
      {"id":"c","status":"COMPLETED","attempt":1,"usage":{"model":"local/x","costUsd":null}},
      {"id":"d","status":"COMPLETED","attempt":1,"usage":{"wallMs":5}}]})");
  auto const lines = execution_lines(execution.as_object(), Instant{}, 0, plain);
  ASSERT_GE(lines.size(), 4U);
  auto const tasks = lines.end() - 4;
  EXPECT_TRUE(tasks[0].ends_with("  openai/gpt-4o-mini: 30 tokens in, 57 out, $0.000039"));
  EXPECT_TRUE(tasks[1].ends_with("  sim/prose: 1 tokens in, 2 out (simulated)"));
  EXPECT_TRUE(tasks[2].ends_with("  local/x")) << tasks[2];
  EXPECT_TRUE(tasks[3].ends_with("1")) << tasks[3];
}

TEST(WhyLines, SayWhatIsWaitedFor) {
  auto const answers =
      value_of(R"([{"task":"a","status":"PENDING","message":"waits for pool \"gpu\""}])");
  auto const lines = why_lines(answers.as_array(), 0, plain);
  EXPECT_EQ(lines.at(1), R"(a     PENDING  waits for pool "gpu")");
  EXPECT_EQ(why_lines({}, 0, plain).at(0), "nothing is waiting");
}

TEST(CompleteId, NeedsOneMatch) {
  auto const list = value_of(R"([{"id":"abc1"},{"id":"abd2"}])").as_array();
  EXPECT_EQ(complete_id("abc", list).value(), "abc1");
  EXPECT_EQ(complete_id("ab", list).error().code, "ambiguous_id");
  EXPECT_EQ(complete_id("x", list).error().code, "not_found");
}

TEST(ItemsOf, TakesListsAndPages) {
  EXPECT_EQ(items_of(value_of("[1,2]")).size(), 2U);
  EXPECT_EQ(items_of(value_of(R"({"items":[1]})")).size(), 1U);
  EXPECT_TRUE(items_of(value_of(R"({"items":3})")).empty());
  EXPECT_TRUE(items_of(value_of("7")).empty());
}

}  // namespace
}  // namespace ropewalk::cli
