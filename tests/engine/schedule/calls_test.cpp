// Tasks that run others as tools: instances, their answers, and what may be called.
#include "engine/schedule/execution.hpp"
#include "tests/engine/schedule/support.hpp"

namespace ropewalk {
namespace {

using namespace test;
using Ids = std::vector<std::string>;

constexpr char const* asking = R"(
tasks:
  ask: {type: agent, calls: [lookup]}
  lookup: {type: work, text: "${{ args.q }}"}
)";

json::value query(std::int64_t n) {
  return json::object{{"q", n}};
}

TEST(Calls, ACallIsAnInstanceWithItsArgumentsAndItsAnswer) {
  Driver run(asking);
  EXPECT_EQ(run.queued(), Ids{"ask"}) << "what is called does not run by itself";
  run.start("ask");
  EXPECT_EQ(run.call("ask", "lookup", query(7)), "lookup[1]");
  EXPECT_EQ(run.row("lookup[1]").parent, "ask");
  EXPECT_EQ(run.row("lookup[1]").input, R"({"q":7})");
  auto const request = run.start("lookup[1]");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->task, "lookup[1]");
  EXPECT_EQ(request->config.at("text"), json::value(7));
  EXPECT_NE(request->context().find(R"("args":{"q":7})"), std::string::npos);
  EXPECT_TRUE(run.answers.empty());
  run.finish("lookup[1]", success("found"));
  EXPECT_EQ(*run.answers.at("lookup[1]"), json::value("found"));
  EXPECT_EQ(run.status("lookup"), Status::pending) << "the template waits for its callers";
  EXPECT_EQ(run.row("lookup[1]").output, "\"found\"");
  run.finish("ask", success("done"));
  EXPECT_EQ(run.status("lookup"), Status::completed);
  EXPECT_EQ(run.row("lookup").output, R"({"calls":1})");
  EXPECT_EQ(run.status(), Status::completed);
}

TEST(Calls, TheEventOfAnInstanceNamesItsCaller) {
  Driver run(asking);
  run.start("ask");
  run.call("ask", "lookup", query(1));
  EXPECT_NE(run.events.back().find(R"("task":"lookup[1]")"), std::string::npos);
  EXPECT_NE(run.events.back().find(R"("parent":"ask")"), std::string::npos);
}

TEST(Calls, AFailureIsTheCallersBusiness) {
  Driver run(asking);
  run.start("ask");
  run.call("ask", "lookup", query(1));
  run.run("lookup[1]", failure());
  EXPECT_EQ(run.answers.at("lookup[1]").error().code, "broken");
  EXPECT_EQ(run.row("lookup[1]").status, Status::failed);
  run.finish("ask");
  EXPECT_EQ(run.status(), Status::completed);
}

TEST(Calls, OneThatNobodyCalledIsSkipped) {
  Driver run(asking);
  run.run("ask");
  EXPECT_EQ(run.status("lookup"), Status::skipped);
  EXPECT_NE(run.row("lookup").error.find("not_called"), std::string::npos);
  EXPECT_EQ(run.status(), Status::completed);
}

TEST(Calls, ManyRunAtOnceAndAreCounted) {
  Driver run(asking);
  run.start("ask");
  for (std::int64_t n = 1; n <= 100; ++n)
    EXPECT_EQ(run.call("ask", "lookup", query(n)), "lookup[" + std::to_string(n) + "]");
  for (std::int64_t n = 100; n > 0; --n)
    run.run("lookup[" + std::to_string(n) + "]", success(n * 2));
  EXPECT_EQ(run.answers.size(), 100U);
  EXPECT_EQ(*run.answers.at("lookup[50]"), json::value(100));
  run.finish("ask");
  EXPECT_EQ(run.row("lookup").output, R"({"calls":100})");
}

TEST(Calls, TheAnswerComesOnlyWhenItIsDurable) {
  auto const flow = workflow(asking);
  Execution machine(execution_id(1), flow, {}, {}, {});
  Effects fx;
  machine.accept(t0);
  machine.begin(t0, fx);
  machine.take_change();
  machine.start_attempt(*flow->find("ask"), t0, 0.5, fx);
  auto const made = machine.call(*flow->find("ask"), TaskCall{"lookup", query(1)}, t0, fx);
  ASSERT_TRUE(made);
  EXPECT_TRUE(machine.has_change());
  machine.take_change();
  machine.start_attempt(*made, t0, 0.5, fx);
  machine.finish_attempt(*made, 1, success(3), t0, 0.5, fx);
  EXPECT_EQ(fx.answered, std::vector<TaskIndex>{*made});
  EXPECT_TRUE(machine.has_change()) << "the answer is in the part of the effects that is held back";
}

TEST(Calls, AnInstanceIsTriedAgainAsItsTemplateSays) {
  Driver run(R"(
tasks:
  ask: {type: agent, calls: [lookup]}
  lookup: {type: work, text: "${{ args.q }}", retry: {maxAttempts: 2, initialDelay: 1s, jitter: 0}}
)");
  run.start("ask");
  run.call("ask", "lookup", query(5));
  run.run("lookup[1]", failure(ErrorClass::transient));
  EXPECT_EQ(run.status("lookup[1]"), Status::retrying);
  EXPECT_TRUE(run.answers.empty());
  run.pass_time(1s);
  auto const again = run.start("lookup[1]");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->attempt, 2U);
  EXPECT_EQ(again->config.at("text"), json::value(5)) << "with the same arguments";
  run.finish("lookup[1]", success(1));
  EXPECT_TRUE(run.answers.at("lookup[1]"));
}

TEST(Calls, InstancesThatNeedNoSlotAnswerToo) {
  Driver run(R"(
tasks:
  ask: {type: agent, calls: [double, nap]}
  double: {type: pass, value: "${{ args.q * 2 }}"}
  nap: {type: wait, duration: 10s}
)");
  run.start("ask");
  run.call("ask", "double", query(4));
  EXPECT_EQ(*run.answers.at("double[1]"), json::value(8));
  run.call("ask", "double", "no number");
  EXPECT_FALSE(run.answers.at("double[2]")) << "its expression cannot be evaluated";
  run.call("ask", "nap");
  run.pass_time(10s);
  EXPECT_TRUE(run.answers.at("nap[1]"));
  run.call("ask", "nap");
  run.finish("ask");
  EXPECT_EQ(run.status("nap[2]"), Status::cancelled);
  EXPECT_EQ(run.status(), Status::completed);
}

TEST(Calls, AConditionOfATemplateIsAskedAtEachCall) {
  Driver run(R"(
tasks:
  ask: {type: agent, calls: [lookup]}
  lookup: {type: work, when: "args.q > 1"}
)");
  run.start("ask");
  run.call("ask", "lookup", query(1));
  EXPECT_EQ(run.answers.at("lookup[1]").error().code, "condition_false");
  run.call("ask", "lookup", query(2));
  EXPECT_EQ(run.queued(), Ids{"lookup[2]"});
}

TEST(Calls, FailWhenSeesTheInstancesOwnOutput) {
  Driver run(R"(
tasks:
  ask: {type: agent, calls: [lookup]}
  lookup: {type: work, failWhen: "tasks.lookup.output > 5"}
)");
  run.start("ask");
  run.call("ask", "lookup");
  run.call("ask", "lookup");
  run.run("lookup[1]", success(6));
  run.run("lookup[2]", success(5));
  EXPECT_EQ(run.answers.at("lookup[1]").error().code, "fail_when");
  EXPECT_TRUE(run.answers.at("lookup[2]"));
}

TEST(Calls, APauseKeepsCallsWaiting) {
  Driver run(asking);
  run.start("ask");
  run.call("ask", "lookup", query(1));
  run.pause();
  run.call("ask", "lookup", query(2));
  EXPECT_FALSE(run.start("lookup[1]"));
  EXPECT_FALSE(run.start("lookup[2]"));
  run.resume();
  run.run("lookup[1]");
  run.run("lookup[2]");
  run.finish("ask");
  EXPECT_EQ(run.status(), Status::completed);
}

constexpr char const* nested = R"(
tasks:
  a: {type: agent, calls: [b]}
  b: {type: agent, calls: [c]}
  c: {type: work}
)";

TEST(Calls, CallsNest) {
  Driver run(nested);
  run.start("a");
  run.call("a", "b");
  run.start("b[1]");
  EXPECT_EQ(run.call("b[1]", "c"), "c[1]");
  EXPECT_EQ(run.call("a", "c"), "not_callable") << "only what the task itself names";
  EXPECT_EQ(run.row("c[1]").parent, "b[1]");
  run.start("c[1]");
  run.cancel();
  EXPECT_EQ(run.stopped, (Ids{"a", "b[1]", "c[1]"}));
  run.finish("a");
  run.finish("b[1]");
  EXPECT_EQ(run.status("b[1]"), Status::running);
  EXPECT_EQ(run.status("a"), Status::running);
  run.finish("c[1]");
  EXPECT_EQ(run.status("b[1]"), Status::cancelled);
  EXPECT_EQ(run.status("a"), Status::cancelled);
  EXPECT_EQ(run.status(), Status::cancelled);
}

TEST(Calls, WhatMayBeCalledIsBounded) {
  auto const flow = workflow(asking);
  ExecutionOptions options;
  options.calls_max = 2;
  options.output_bytes_max = 100;
  Execution machine(execution_id(1), flow, {}, {}, options);
  Effects fx;
  machine.accept(t0);
  machine.begin(t0, fx);
  TaskIndex const ask = *flow->find("ask");
  auto const code = [&](std::string task, json::value arguments) {
    auto const made = machine.call(ask, TaskCall{std::move(task), std::move(arguments)}, t0, fx);
    return made ? "" : made.error().code;
  };
  EXPECT_EQ(code("lookup", query(1)), "cancelled") << "it does not run yet";
  machine.start_attempt(ask, t0, 0.5, fx);
  EXPECT_EQ(code("nobody", nullptr), "not_callable");
  EXPECT_EQ(code("ask", nullptr), "not_callable");
  EXPECT_EQ(code("lookup", json::value(std::string(99, 'x'))), "arguments_too_large");
  EXPECT_EQ(code("lookup", json::value(std::string(98, 'x'))), "");
  EXPECT_EQ(code("lookup", query(1)), "");
  EXPECT_EQ(code("lookup", query(1)), "too_many_calls");
}

TEST(Calls, CallsOfCallsReachSixteenDeep) {
  std::string body = "tasks:\n  t17: {type: work}\n";
  for (int n = 0; n < 17; ++n)
    body +=
        "  t" + std::to_string(n) + ": {type: agent, calls: [t" + std::to_string(n + 1) + "]}\n";
  Driver run(body);
  std::string caller = "t0";
  for (int n = 1; n <= 16; ++n) {
    run.start(caller);
    std::string const called = "t" + std::to_string(n);
    caller = run.call(caller, called);
    ASSERT_EQ(caller, called + "[1]");
  }
  run.start(caller);
  EXPECT_EQ(run.call(caller, "t17"), "calls_too_deep");
}

TEST(Calls, AnInstanceHasThePriorityOfItsCaller) {
  Driver run(R"(
tasks:
  ask: {type: agent, calls: [lookup, urgent], priority: 80}
  lookup: {type: work}
  urgent: {type: work, priority: 90}
)");
  run.start("ask");
  run.call("ask", "lookup");
  run.call("ask", "urgent");
  EXPECT_EQ(run.machine.task_priority(run.index("lookup[1]")), 80);
  EXPECT_EQ(run.machine.task_priority(run.index("urgent[1]")), 90);
}

TEST(Calls, RunAgainByHandTheTemplateStartsOverToo) {
  Driver before(asking);
  before.start("ask");
  before.call("ask", "lookup", query(1));
  before.run("lookup[1]");
  before.finish("ask", failure());
  EXPECT_EQ(before.status("lookup"), Status::completed);
  EXPECT_EQ(before.status(), Status::failed);
  Driver after(before.flow, before.stored);
  ASSERT_TRUE(after.machine.retry_failed(after.now, after.fx));
  after.settle();
  EXPECT_EQ(after.queued(), Ids{"ask"});
  EXPECT_EQ(after.status("lookup"), Status::pending);
  after.start("ask");
  EXPECT_EQ(after.call("ask", "lookup", query(2)), "lookup[2]");
  after.run("lookup[2]");
  after.finish("ask");
  EXPECT_EQ(after.status("lookup"), Status::completed);
  EXPECT_EQ(after.status(), Status::completed);
}

}  // namespace
}  // namespace ropewalk
