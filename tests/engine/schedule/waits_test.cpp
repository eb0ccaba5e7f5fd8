// Waits for a time and for what a person says. Method: one execution, every change durable at once;
// a crash is a new machine from what was written down.
#include "engine/base/json.hpp"
#include "engine/schedule/execution.hpp"
#include "tests/engine/schedule/support.hpp"

namespace ropewalk {
namespace {

using namespace test;

constexpr char const* review =
    "tasks:\n"
    "  ask: {type: wait, approval: {message: \"Ship ${{ inputs.what }}?\"}}\n"
    "  ship: {type: pass, needs: [ask], value: \"${{ tasks.ask.output.answer }}\"}\n";

json::value output(Driver const& run, std::string const& task) {
  return parse_json(run.row(task).output).value();
}

json::value waiting(Driver const& run, std::string const& task) {
  auto const& text = run.row(task).waiting;
  return text.empty() ? json::value() : parse_json(text).value();
}

TEST(Waits, UntilATimeThatAnExpressionGives) {
  Driver run(
      "tasks: {a: {type: wait, until: \"${{ timestamp(inputs.at) + duration('1h') }}\"}}",
      json::object{{"at", "2026-01-31T01:00:00+01:00"}}
  );
  EXPECT_EQ(waiting(run, "a").at("until"), json::value("2026-01-31T01:00:00.000000Z"));
  EXPECT_EQ(waiting(run, "a").at("for"), json::value("time"));
  EXPECT_NE(run.events.back().find(R"("waiting":{"for":"time")"), std::string::npos);
  run.pass_time(59min);
  EXPECT_EQ(run.status("a"), Status::running);
  run.pass_time(1min);
  EXPECT_EQ(run.status(), Status::completed);
  EXPECT_EQ(run.row("a").waiting, "");
}

TEST(Waits, UntilATimeThatHasPassedIsOverAtOnce) {
  Driver run("tasks: {a: {type: wait, until: 2026-01-01T00:00:00Z}}");
  run.pass_time(0s);
  EXPECT_EQ(run.status(), Status::completed);
}

TEST(Waits, WhatIsNoTimeFailsTheTask) {
  Driver run(
      "tasks: {a: {type: wait, until: \"${{ inputs.at }}\"}}", json::object{{"at", "tomorrow"}}
  );
  EXPECT_EQ(run.status(), Status::failed);
  EXPECT_EQ(run.error("a")->code, "invalid_task");
  EXPECT_NE(run.error("a")->message.find("tomorrow"), std::string::npos);
}

TEST(Waits, APersonAnswersAndTheAnswerIsTheOutput) {
  Driver run(review, json::object{{"what", "7"}});
  auto const asked = waiting(run, "ask");
  EXPECT_EQ(asked.at("for"), json::value("approval"));
  EXPECT_EQ(asked.at("message"), json::value("Ship 7?"));
  EXPECT_EQ(asked.at("answers"), json::value({"approve", "reject"}));
  EXPECT_NE(run.events.back().find(R"("message":"Ship 7?")"), std::string::npos);
  run.pass_time(std::chrono::hours(1000));
  EXPECT_EQ(run.status("ask"), Status::running) << "without a deadline it waits for ever";
  EXPECT_EQ(run.decide("ask", "approve", "ada"), "");
  auto const answer = output(run, "ask");
  EXPECT_EQ(answer.at("answer"), json::value("approve"));
  EXPECT_EQ(answer.at("by"), json::value("ada"));
  EXPECT_EQ(answer.at("comment"), json::value());
  EXPECT_EQ(answer.at("at"), json::value(format_instant(run.now)));
  EXPECT_EQ(output(run, "ship"), json::value("approve"));
  EXPECT_EQ(run.status(), Status::completed);
}

TEST(Waits, OnlyTheAnswersThatWereAskedForCountAndOnlyTheFirst) {
  Driver run(
      "tasks: {ask: {type: wait, approval: {message: Which, answers: [red, blue]}}, "
      "b: {type: work, needs: [ask]}}"
  );
  EXPECT_NE(run.decide("ask", "green").find("invalid_answer"), std::string::npos);
  EXPECT_EQ(run.status("ask"), Status::running);
  EXPECT_EQ(run.decide("ask", "blue", "bob"), "");
  auto const second = run.decide("ask", "red");
  EXPECT_NE(second.find("already_decided"), std::string::npos) << second;
  EXPECT_NE(second.find("by bob: blue"), std::string::npos) << second;
  EXPECT_NE(run.decide("b", "red").find("not_waiting"), std::string::npos);
}

TEST(Waits, NobodyAnswersWhatHasNotBeenReached) {
  Driver run(
      "tasks: {first: {type: work}, ask: {type: wait, needs: [first], approval: {message: Go}}}"
  );
  EXPECT_NE(run.decide("ask", "approve").find("not_waiting"), std::string::npos);
  run.run("first");
  EXPECT_EQ(run.decide("ask", "reject"), "");
}

TEST(Waits, ADeadlineFailsTheTaskOrAnswersInItsPlace) {
  std::string const before = "tasks: {ask: {type: wait, approval: {message: Go, deadline: 24h";
  Driver fails(before + "}}}");
  fails.pass_time(24h);
  EXPECT_EQ(fails.error("ask")->code, "approval_timeout");
  EXPECT_EQ(fails.status(), Status::failed);
  Driver answers(before + ", onTimeout: reject}}}");
  EXPECT_EQ(waiting(answers, "ask").at("onTimeout"), json::value("reject"));
  answers.pass_time(24h);
  EXPECT_EQ(output(answers, "ask").at("answer"), json::value("reject"));
  EXPECT_EQ(output(answers, "ask").at("timedOut"), json::value(true));
  EXPECT_EQ(answers.status(), Status::completed);
}

TEST(Waits, ACrashDoesNotMoveADeadlineAndForgetsNoAnswer) {
  auto const flow = workflow(
      "tasks: {ask: {type: wait, approval: {message: Go, deadline: 1h}}, "
      "b: {type: work, needs: [ask]}}"
  );
  Driver run(flow, {}, {});
  run.pass_time(40min);
  Driver later(flow, run.stored);
  EXPECT_EQ(later.status("ask"), Status::running);
  EXPECT_EQ(later.row("ask").attempt, 1U) << "it is the same wait";
  later.now = t0 + 1h;
  later.pass_time(0s);
  EXPECT_EQ(later.error("ask")->code, "approval_timeout");

  Driver answered(flow, run.stored);
  EXPECT_EQ(answered.decide("ask", "approve"), "");
  Driver again(flow, answered.stored);
  EXPECT_EQ(again.status("ask"), Status::completed);
  EXPECT_NE(again.decide("ask", "reject").find("already_decided"), std::string::npos);
}

TEST(Waits, ItemsOfAListAskEachForItself) {
  Driver run(
      "tasks: {ask: {type: wait, forEach: [a, b], approval: {message: \"Take ${{ item }}?\"}}}"
  );
  EXPECT_EQ(waiting(run, "ask[1]").at("message"), json::value("Take b?"));
  EXPECT_EQ(run.decide("ask[1]", "approve"), "");
  EXPECT_EQ(run.decide("ask[0]", "reject"), "");
  EXPECT_EQ(run.status(), Status::completed);
  EXPECT_EQ(output(run, "ask").at(0).at("answer"), json::value("reject"));
  EXPECT_EQ(output(run, "ask").at(1).at("answer"), json::value("approve"));
}

TEST(Waits, ACancelEndsThem) {
  Driver run(review, json::object{{"what", "7"}});
  run.cancel();
  EXPECT_EQ(run.status("ask"), Status::cancelled);
  EXPECT_EQ(run.row("ask").waiting, "");
  EXPECT_EQ(run.status(), Status::cancelled);
  EXPECT_EQ(run.machine.running_count(), 0U);
}

TEST(Waits, FailWhenJudgesTheAnswer) {
  Driver run(
      "tasks: {ask: {type: wait, approval: {message: Go}, "
      "failWhen: tasks.ask.output.answer == 'reject'}}"
  );
  EXPECT_EQ(run.decide("ask", "reject"), "");
  EXPECT_EQ(run.error("ask")->code, "fail_when");
  EXPECT_EQ(run.status(), Status::failed);
}

TEST(Waits, TheDeadlineOfTheTaskBoundsThemAsWell) {
  Driver run("tasks: {ask: {type: wait, deadline: 5m, approval: {message: Go}}}");
  run.pass_time(5min);
  EXPECT_EQ(run.error("ask")->code, "deadline_exceeded");
}

}  // namespace
}  // namespace ropewalk
