// Replays: which results are taken over, and how an execution begins with them. Method: one
// execution is run to its end, then planned and begun anew.
#include "engine/base/json.hpp"
#include "engine/schedule/core.hpp"
#include "engine/schedule/replay_plan.hpp"
#include "tests/engine/schedule/support.hpp"

namespace ropewalk {
namespace {

using namespace test;
using Ids = std::vector<std::string>;

/// a → b → d, a → c → d
constexpr char const* diamond =
    "tasks:\n"
    "  a: {type: work, text: one}\n"
    "  b: {type: work, needs: [a]}\n"
    "  c: {type: work, needs: [a]}\n"
    "  d: {type: work, needs: [b, c], text: \"${{ tasks.b.output + tasks.c.output }}\"}\n";

Driver finished(std::string const& body, std::string const& failing = "") {
  Driver run(body);
  int n = 0;
  while (!run.queued().empty()) {
    auto const task = run.queued().front();
    run.run(task, task == failing ? failure() : success(++n));
  }
  return run;
}

ReplayWish from(Ids ids, bool has_changed_data = false) {
  return {std::move(ids), has_changed_data};
}

Ids reused(
    std::string const& before, std::string const& after, Driver const& run, ReplayWish const& wish
) {
  auto const plan = plan_replay(*workflow(before), *workflow(after), run.stored, wish);
  if (!plan) return {plan.error().code};
  Ids ids;
  for (auto const& task : *plan) ids.push_back(task.task);
  std::ranges::sort(ids);
  return ids;
}

Ids reused(std::string const& body, Driver const& run, ReplayWish const& wish) {
  return reused(body, body, run, wish);
}

TEST(Replay, WhatIsNotDownstreamOfFromIsTakenOver) {
  auto const run = finished(diamond);
  EXPECT_EQ(reused(diamond, run, from({"b"})), (Ids{"a", "c"}));
  EXPECT_EQ(reused(diamond, run, from({"b", "c"})), (Ids{"a"}));
  EXPECT_EQ(reused(diamond, run, from({"a"})), (Ids{}));
}

TEST(Replay, WithoutFromTheFailedTasksRunOrAllWhenNoneFailed) {
  EXPECT_EQ(reused(diamond, finished(diamond, "c"), {}), (Ids{"a", "b"}));
  EXPECT_EQ(reused(diamond, finished(diamond), {}), (Ids{}));
}

TEST(Replay, ChangedDataNeedsFromToReuseAnything) {
  auto const run = finished(diamond, "c");
  EXPECT_EQ(reused(diamond, run, from({}, true)), (Ids{}));
  EXPECT_EQ(reused(diamond, run, from({"c"}, true)), (Ids{"a", "b"}));
}

TEST(Replay, AChangedTaskRunsAndAllThatComesAfter) {
  std::string other = diamond;
  other.replace(other.find("one"), 3, "two");
  auto const run = finished(diamond);
  EXPECT_EQ(reused(diamond, other, run, from({"d"})), (Ids{}));
  std::string more = diamond;
  more += "  e: {type: work, needs: [a]}\n";
  EXPECT_EQ(reused(diamond, more, run, from({"d"})), (Ids{"a", "b", "c"}));
}

TEST(Replay, ASkippedBranchStaysSkipped) {
  std::string const body =
      "tasks: {a: {type: work}, never: {type: work, needs: [a], when: 'false'}, "
      "z: {type: work, dependencies: [{taskId: never, type: completion}]}, "
      "end: {type: work, needs: [z]}}";
  auto const run = finished(body);
  EXPECT_EQ(run.status("never"), Status::skipped);
  EXPECT_EQ(reused(body, run, from({"end"})), (Ids{"a", "never", "z"}));
}

TEST(Replay, WhatIsNoTaskIsRefused) {
  auto const run = finished(diamond);
  EXPECT_EQ(reused(diamond, run, from({"bb"})), (Ids{"unknown_task"}));
  EXPECT_EQ(reused(diamond, run, from({"b[0]"})), (Ids{"invalid_argument"}));
  std::string const calls =
      "tasks: {a: {type: agent, calls: [tool]}, tool: {type: work}, b: {type: work, needs: [a]}}";
  auto const called = finished(calls);
  EXPECT_EQ(reused(calls, called, from({"tool"})), (Ids{"invalid_argument"}));
  EXPECT_EQ(reused(calls, called, from({"b"})), (Ids{"a", "tool"}));
}

/// Begins with the results that the plan says.
class Replayed {
 public:
  Replayed(std::string const& body, Driver const& run, ReplayWish const& wish)
      : flow(workflow(body)), machine(execution_id(2), flow, {}, {}, {}) {
    auto plan = plan_replay(*flow, *flow, run.stored, wish);
    EXPECT_TRUE(plan);
    machine.accept(t0);
    machine.take_over(std::move(*plan), t0, fx);
    first = machine.take_change();
  }

  std::shared_ptr<Workflow const> flow;
  Effects fx;
  Execution machine;
  Change first;  // its acceptance
};

TEST(Replay, TheResultsAreThereFromTheBeginning) {
  auto const run = finished(diamond);
  Replayed again(diamond, run, from({"d"}));
  ASSERT_EQ(again.first.tasks.size(), 3U);
  EXPECT_EQ(again.first.tasks[0].reused_from, execution_id(1).to_string() + "/a");
  EXPECT_EQ(again.first.tasks[0].output, "1");
  EXPECT_EQ(again.first.tasks[0].attempt, 0U);
  EXPECT_NE(again.first.events[0].frames.find(R"("reusedFrom":")"), std::string::npos);
  again.machine.begin(t0, again.fx);
  ASSERT_EQ(again.fx.ready.size(), 1U);
  auto const request = again.machine.start_attempt(again.fx.ready[0], t0, 0.5, again.fx);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->task, "d");
  EXPECT_EQ(request->config.at("text"), json::value(5)) << "2 + 3, of b and c";
}

TEST(Replay, ACrashBeforeItBeginsForgetsNothing) {
  auto const run = finished(diamond, "d");
  Replayed again(diamond, run, {});
  StoredExecution stored;
  stored.execution = execution_id(2);
  stored.created = *again.first.created;
  stored.state = *again.first.state;
  stored.tasks = again.first.tasks;
  Execution restored(again.flow, stored, {});
  Effects fx;
  restored.begin(t0, fx);
  ASSERT_EQ(fx.ready.size(), 1U);
  EXPECT_EQ(restored.task_id(fx.ready[0]), "d");
  EXPECT_EQ(restored.unfinished_count(), 1U);
}

TEST(Replay, AReplayOfAReplayNamesWhereAResultIsFrom) {
  auto const run = finished(diamond);
  Replayed again(diamond, run, from({"d"}));
  StoredExecution stored;
  stored.execution = execution_id(2);
  stored.tasks = again.first.tasks;
  auto const plan = plan_replay(*again.flow, *again.flow, stored, from({"b"}));
  ASSERT_TRUE(plan);
  EXPECT_EQ((*plan)[0].from, execution_id(1).to_string() + "/a");
}

TEST(Replay, RunAgainByHandAReusedResultStays) {
  auto const run = finished(diamond);
  Replayed again(diamond, run, from({"d"}));
  again.machine.begin(t0, again.fx);
  again.machine.start_attempt(again.fx.ready[0], t0, 0.5, again.fx);
  again.machine.finish_attempt(again.fx.ready[0], 1, failure(), t0, 0.5, again.fx);
  EXPECT_EQ(again.machine.status(), Status::failed);
  static_cast<void>(again.machine.take_change());
  ASSERT_TRUE(again.machine.retry_failed(t0, again.fx));
  auto const change = again.machine.take_change();
  ASSERT_EQ(change.tasks.size(), 1U);
  EXPECT_EQ(change.tasks[0].task, "d");
}

}  // namespace
}  // namespace ropewalk
