// Tasks that call others, with real coroutines: many at once, on one slot, given up, cut short, and
// what the engine says meanwhile.
#include "engine/runtime/engine.hpp"
#include "tests/engine/runtime/support.hpp"

#include <algorithm>

namespace ropewalk {
namespace {

using namespace test;

constexpr char const* asking = R"(
tasks:
  ask: {type: agent, calls: [lookup, add], timeout: 1m}
  lookup: {type: work}
  add: {type: pass, value: "${{ args.a + 1 }}"}
)";

TaskCall make_call(std::string task, json::value arguments = nullptr) {
  TaskCall made;
  made.task = std::move(task);
  made.arguments = std::move(arguments);
  return made;
}

json::value number(std::int64_t a) {
  return json::object{{"a", a}};
}

/// The frames of the execution so far that hold `text`.
bool told(Bench const& bench, std::string_view text) {
  return bench.recorder.frames.find(text) != std::string::npos;
}

Async<> many_calls_on_one_slot() {
  auto const executor = co_await asio::this_coro::executor;
  std::map<std::string, std::uint64_t> pools;
  pools["default"] = 1;
  Bench bench(executor, std::move(pools));
  auto& calls = bench.runner.scripts["ask"].calls;
  for (int i = 0; i < 20; ++i) calls.push_back(make_call(i % 2 == 0 ? "lookup" : "add", number(i)));
  calls.push_back(make_call("ask"));
  bench.runner.scripts["lookup[3]"].outcome = failure(ErrorClass::permanent, "no_such_city");
  auto submission = bench.submission(workflow(asking));
  ExecutionId const id = submission.id;
  static_cast<void>(co_await bench.engine.submit(std::move(submission)));
  auto const ended = co_await eventually([&] { return !bench.engine.is_live(id); });
  EXPECT_TRUE(ended) << "the caller's slot is enough";
  EXPECT_EQ(bench.runner.started.size(), 11U);
  EXPECT_TRUE(told(bench, R"("output":[null,2,null,4,"no_such_city",6,)")) << bench.recorder.frames;
  EXPECT_TRUE(told(bench, R"("not_callable"])"));
  EXPECT_TRUE(told(bench, R"("task":"lookup[10]")"));
  EXPECT_TRUE(told(bench, R"("output":{"calls":10})"));
  EXPECT_EQ(bench.recorder.ends.at(0), Status::completed);
  co_await bench.close();
}

Async<> a_cancelled_caller_leaves_nothing_behind() {
  Bench bench(co_await asio::this_coro::executor);
  bench.runner.scripts["ask"].calls.assign(2, make_call("lookup"));
  bench.runner.scripts["lookup[1]"].hangs = true;
  bench.runner.scripts["lookup[2]"].hangs = true;
  auto submission = bench.submission(workflow(asking));
  ExecutionId const id = submission.id;
  static_cast<void>(co_await bench.engine.submit(std::move(submission)));
  auto const running = co_await eventually([&] { return bench.runner.started.size() == 3; });
  EXPECT_TRUE(running);
  static_cast<void>(co_await bench.engine.command(id, Command::cancel));
  auto const ended = co_await eventually([&] { return !bench.engine.is_live(id); });
  EXPECT_TRUE(ended);
  EXPECT_EQ(bench.runner.stopped.size(), 2U);
  EXPECT_EQ(bench.recorder.ends.at(0), Status::cancelled);
  auto const pools = co_await bench.admission.describe_pools();
  EXPECT_EQ(pools.at(0).used, 0U) << "no slot has leaked";
  co_await bench.close();
}

Async<> a_stop_of_the_server_cancels_calls_and_interrupts_their_caller() {
  Bench bench(co_await asio::this_coro::executor);
  bench.runner.scripts["ask"].calls.assign(1, make_call("lookup"));
  bench.runner.scripts["lookup[1]"].hangs = true;
  auto submission = bench.submission(workflow(asking));
  static_cast<void>(co_await bench.engine.submit(std::move(submission)));
  auto const running = co_await eventually([&] { return bench.runner.started.size() == 2; });
  EXPECT_TRUE(running);
  co_await bench.close();
  std::map<std::string, Status> last;
  for (auto const& change : bench.journal.changes)
    for (auto const& task : change.tasks) last[task.task] = task.status;
  EXPECT_EQ(last["lookup[1]"], Status::cancelled);
  EXPECT_EQ(last["ask"], Status::retrying);
}

/// In one commit the call starts and `boom` fails, which cancels everything.
Async<> a_call_that_starts_and_is_stopped_at_once_is_stopped() {
  Bench bench(co_await asio::this_coro::executor);
  bench.runner.scripts["ask"].calls.assign(1, make_call("lookup"));
  bench.runner.scripts["lookup[1]"].hangs = true;
  auto submission = bench.submission(workflow(R"(
onFailure: cancel
tasks:
  ask: {type: agent, calls: [lookup]}
  lookup: {type: work}
  gate: {type: work}
  boom: {type: pass, needs: [gate], value: "${{ inputs.nobody }}"}
)"));
  ExecutionId const id = submission.id;
  static_cast<void>(co_await bench.engine.submit(std::move(submission)));
  auto const ended = co_await eventually([&] { return !bench.engine.is_live(id); });
  EXPECT_TRUE(ended);
  EXPECT_EQ(bench.runner.stopped, std::vector<std::string>{"lookup[1]"}) << "it had started";
  EXPECT_EQ(bench.recorder.ends.at(0), Status::failed);
  co_await bench.close();
}

Async<> what_a_running_task_waits_for_is_told() {
  Bench bench(co_await asio::this_coro::executor);
  auto& script = bench.runner.scripts["lookup"];
  script.hangs = true;
  script.waits_for = "waits for provider sim: place 3";
  auto submission = bench.submission(workflow("tasks: {lookup: {type: work}}"));
  ExecutionId const id = submission.id;
  static_cast<void>(co_await bench.engine.submit(std::move(submission)));
  auto const running = co_await eventually([&] { return bench.runner.started.size() == 1; });
  EXPECT_TRUE(running);
  auto const why = co_await bench.engine.why(id, "lookup");
  std::string const reasons = why ? to_text(*why) : why.error().code;
  EXPECT_NE(reasons.find("place 3"), std::string::npos) << reasons;
  co_await bench.close();
}

Async<> a_held_task_is_explained_and_goes_on_when_resumed() {
  Bench bench(co_await asio::this_coro::executor);
  bench.runner.scripts["a"].outcome.hold =
      Error{ErrorClass::resource, "budget_exceeded", "the day's budget is used up"};
  auto submission = bench.submission(workflow("tasks: {a: {type: work}}"));
  ExecutionId const id = submission.id;
  static_cast<void>(co_await bench.engine.submit(std::move(submission)));
  auto const held = co_await eventually([&] { return told(bench, "budget_exceeded"); });
  EXPECT_TRUE(held);
  auto const why = co_await bench.engine.why(id, "");
  std::string const reasons = why ? to_text(*why) : why.error().code;
  EXPECT_NE(reasons.find("budget is used up"), std::string::npos) << reasons;
  bench.runner.scripts["a"].outcome.hold.reset();
  static_cast<void>(co_await bench.engine.command(id, Command::resume));
  auto const ended = co_await eventually([&] { return !bench.engine.is_live(id); });
  EXPECT_TRUE(ended);
  EXPECT_EQ(bench.recorder.ends.at(0), Status::completed);
  co_await bench.close();
}

TEST(EngineCalls, ManyCallsOnOneSlot) {
  run_coro(many_calls_on_one_slot());
}
TEST(EngineCalls, ACancelledCallerLeavesNothingBehind) {
  run_coro(a_cancelled_caller_leaves_nothing_behind());
}
TEST(EngineCalls, AStopOfTheServerCancelsCallsAndInterruptsTheirCaller) {
  run_coro(a_stop_of_the_server_cancels_calls_and_interrupts_their_caller());
}
TEST(EngineCalls, ACallThatStartsAndIsStoppedAtOnceIsStopped) {
  run_coro(a_call_that_starts_and_is_stopped_at_once_is_stopped());
}
TEST(EngineCalls, WhatARunningTaskWaitsForIsTold) {
  run_coro(what_a_running_task_waits_for_is_told());
}
TEST(EngineHold, AHeldTaskIsExplainedAndGoesOnWhenResumed) {
  run_coro(a_held_task_is_explained_and_goes_on_when_resumed());
}

}  // namespace
}  // namespace ropewalk
