// Tasks that wait for a person, and what attempts leave behind.
#include "engine/schedule/execution.hpp"
#include "tests/engine/schedule/support.hpp"

namespace ropewalk {
namespace {

using namespace test;

constexpr char const* two = "tasks: {a: {type: work}, b: {type: work, needs: [a]}}";

constexpr char const* retried = R"(
tasks:
  a: {type: work, retry: {maxAttempts: 3, on: [transient], initialDelay: 1s, jitter: 0}}
)";

AttemptOutcome held() {
  AttemptOutcome outcome;
  outcome.hold = Error{ErrorClass::resource, "budget_exceeded", "the day's budget is used up"};
  return outcome;
}

void resume(Driver& run) {
  run.machine.resume(run.now, run.fx);
  run.settle();
}

TEST(ExecutionHold, ATaskIsHeldUntilAPersonResumes) {
  Driver run(two);
  EXPECT_FALSE(run.start("a")->approved);
  run.finish("a", held());
  EXPECT_EQ(run.status("a"), Status::pending);
  EXPECT_TRUE(run.machine.is_paused());
  ASSERT_TRUE(run.machine.hold_reason());
  EXPECT_EQ(run.machine.hold_reason()->code, "budget_exceeded");
  EXPECT_EQ(run.stored.tasks[0].hold, Hold::held);
  EXPECT_EQ(run.stored.tasks[0].tries, 0U) << "it does not count as a try";
  EXPECT_NE(run.events.back().find("budget_exceeded"), std::string::npos) << run.events.back();
  EXPECT_FALSE(run.start("a")) << "not while it is paused";

  resume(run);
  EXPECT_FALSE(run.machine.hold_reason());
  auto const again = run.start("a");
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->approved);
  run.finish("a");
  EXPECT_FALSE(run.start("b")->approved) << "it was let go on with one task";
  run.finish("b");
  EXPECT_EQ(run.status(), Status::completed);
}

TEST(ExecutionHold, AnApprovalIsForOneAttempt) {
  Driver run(
      "tasks: {a: {type: work, retry: {maxAttempts: 3, on: [transient], initialDelay: 1s, jitter: "
      "0}}}"
  );
  run.run("a", held());
  resume(run);
  EXPECT_TRUE(run.start("a")->approved);
  run.finish("a", failure(ErrorClass::transient));
  run.pass_time(1s);
  EXPECT_FALSE(run.start("a")->approved);
}

TEST(ExecutionHold, ACrashForgetsNeitherTheHoldNorTheApproval) {
  Driver first(two);
  first.run("a", held());
  Driver second(first.flow, first.stored);
  EXPECT_TRUE(second.machine.is_paused());
  ASSERT_TRUE(second.machine.hold_reason());
  EXPECT_EQ(second.machine.hold_reason()->code, "budget_exceeded");
  EXPECT_FALSE(second.start("a"));
  resume(second);
  Driver third(second.flow, second.stored);
  auto const request = third.start("a");
  ASSERT_TRUE(request);
  EXPECT_TRUE(request->approved);
  Driver fourth(third.flow, third.stored);  // the approved attempt itself was cut short
  fourth.pass_time(0s);
  EXPECT_TRUE(fourth.start("a")->approved);
}

TEST(ExecutionHold, AHeldExecutionCanBeCancelled) {
  Driver run(two);
  run.run("a", held());
  run.cancel();
  EXPECT_EQ(run.status(), Status::cancelled);
  EXPECT_EQ(run.stored.tasks[0].hold, Hold::none);
}

TEST(ExecutionOutcome, WhatItLeavesIsKeptWithEveryAttempt) {
  Driver run(
      "tasks: {a: {type: work, retry: {maxAttempts: 2, on: [transient], initialDelay: 1s, jitter: "
      "0}}}"
  );
  AttemptOutcome first = failure(ErrorClass::transient);
  first.detail = {{"round", 1}};
  run.run("a", std::move(first));
  ASSERT_EQ(run.attempts.size(), 1U);
  EXPECT_EQ(run.attempts[0].detail, R"({"round":1})");
  run.pass_time(1s);
  AttemptOutcome second = success("ok");
  second.detail = {{"round", 2}};
  run.run("a", std::move(second));
  EXPECT_EQ(run.stored.tasks[0].detail, R"({"round":2})");
}

TEST(ExecutionOutcome, DetailThatIsTooLargeIsCutAndSaysSo) {
  Driver run(two);
  AttemptOutcome outcome = success();
  outcome.detail = {{"messages", std::string(1 << 20, '"')}};
  run.run("a", std::move(outcome));
  std::string const& detail = run.stored.tasks[0].detail;
  EXPECT_LE(detail.size(), 256U * 1024 + 100);
  EXPECT_NE(detail.find(R"("cut":true)"), std::string::npos);
}

TEST(ExecutionOutcome, TheTextThatWatchersWereShownIsNotCut) {
  Driver run(two);
  AttemptOutcome outcome = success();
  outcome.detail = {
      {"messages", std::string(1 << 20, 'm')}, {"stream", {{"text", std::string(1 << 20, 's')}}}};
  run.run("a", std::move(outcome));
  auto const detail = parse_json(run.stored.tasks[0].detail, JsonLimits{4 << 20, 32, 1000});
  ASSERT_TRUE(detail);
  EXPECT_TRUE(detail->at("cut").as_bool());
  EXPECT_EQ(detail->at("stream").at("text").as_string().size(), 1U << 20);
}

TEST(ExecutionOutcome, WhatWasSpentIsNotedHoweverItEnded) {
  Driver run(two);
  run.start("a");
  AttemptOutcome outcome = failure();
  outcome.spend.push_back({"openai", "small", 2, 100, 40, 20, 0.5});
  Effects effects;
  run.machine.finish_attempt(run.index("a"), 1, std::move(outcome), run.now, 0.5, effects);
  auto const change = run.machine.take_change();
  ASSERT_EQ(change.spend.size(), 1U);
  EXPECT_EQ(change.spend[0].task, "a");
  EXPECT_EQ(change.spend[0].workflow, "test");
  EXPECT_EQ(change.spend[0].spend.cost_usd, 0.5);
}

}  // namespace
}  // namespace ropewalk
