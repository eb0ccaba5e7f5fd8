// forEach: a task runs once an item of a list. Method: one execution, every change durable at once.
#include "engine/base/json.hpp"
#include "engine/schedule/execution.hpp"
#include "tests/engine/schedule/support.hpp"

namespace ropewalk {
namespace {

using namespace test;
using Ids = std::vector<std::string>;

/// A task with forEach over three items, and one after it.
std::string each(std::string const& for_each, std::string const& more = "") {
  return "tasks:\n  a: {type: work, text: \"${{ item }} ${{ string(index) }}\", forEach: " +
         for_each + more +
         "}\n  after: {type: pass, needs: [a], value: \"${{ tasks.a.output }}\"}\n";
}

json::value output(Driver const& run, std::string const& task) {
  return parse_json(run.row(task).output).value();
}

TEST(Items, EachIsAnInstanceAndTheResultsComeInOrder) {
  Driver run(each("[x, y, z]"));
  EXPECT_EQ(run.queued(), (Ids{"a[0]", "a[1]", "a[2]"}));
  EXPECT_EQ(run.status("a"), Status::running);
  auto const request = run.start("a[1]");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->config.at("text"), json::value("y 1"));
  EXPECT_NE(request->context().find(R"("item":"y","index":1)"), std::string::npos)
      << request->context();
  EXPECT_EQ(run.row("a[1]").parent, "a");
  EXPECT_EQ(run.row("a[1]").input, "\"y\"");
  run.run("a[2]", success("third"));
  run.run("a[0]", success("first"));
  EXPECT_EQ(run.status("a"), Status::running);
  run.finish("a[1]", success("second"));
  EXPECT_EQ(run.status("a"), Status::completed);
  EXPECT_EQ(output(run, "a"), json::value({"first", "second", "third"}));
  EXPECT_EQ(output(run, "after"), json::value({"first", "second", "third"}));
  EXPECT_EQ(run.status(), Status::completed);
}

TEST(Items, ListsComeFromExpressionsAndMayBeEmpty) {
  Driver run(each("\"${{ [1, 2, 3].filter(n, n > 3) }}\""));
  EXPECT_EQ(output(run, "after"), json::value(json::array()));
  EXPECT_EQ(run.status(), Status::completed);
}

TEST(Items, OnlyListsAreGoneThrough) {
  Driver run(each("\"${{ {'k': 1} }}\""));
  EXPECT_EQ(run.error("a")->code, "invalid_items");
  EXPECT_EQ(run.status("after"), Status::skipped);
  EXPECT_EQ(run.status(), Status::failed);
}

TEST(Items, NoMoreThanMaxParallelAreUnderWay) {
  Driver run(each("{items: [1, 2, 3, 4, 5], maxParallel: 2}"));
  EXPECT_EQ(run.queued(), (Ids{"a[0]", "a[1]"}));
  run.run("a[1]", success(1));
  EXPECT_EQ(run.queued(), (Ids{"a[0]", "a[2]"}));
  run.start("a[0]");
  run.finish("a[0]", failure(ErrorClass::transient));
  EXPECT_EQ(run.status("a[0]"), Status::failed);
}

TEST(Items, AHundredThousandDoNotNestCalls) {
  std::string list = "[0";
  for (int i = 1; i < 100'000; ++i) list += "," + std::to_string(i);
  Driver run(
      "tasks: {a: {type: pass, value: \"${{ item * 2 }}\", forEach: {items: " + list + "]}}}"
  );
  EXPECT_EQ(run.status(), Status::completed);
  EXPECT_EQ(output(run, "a").as_array().size(), 100'000U);
  EXPECT_EQ(output(run, "a").at(99'999), json::value(199'998));
}

TEST(Items, TooManyAreRefused) {
  auto const flow = workflow("tasks: {a: {type: pass, forEach: [1, 2, 3]}}");
  ExecutionOptions options;
  options.items_max = 2;
  Execution machine(execution_id(1), flow, {}, {}, options);
  Effects fx;
  machine.accept(t0);
  machine.begin(t0, fx);
  EXPECT_EQ(machine.task_error(0)->code, "too_many_items");
}

TEST(Items, AFailureStopsTheRestAndFailsTheTask) {
  Driver run(each("{items: [1, 2, 3, 4], maxParallel: 2}"));
  run.start("a[1]");
  run.run("a[0]", failure(ErrorClass::permanent, "no_good"));
  EXPECT_EQ(run.queued(), Ids{}) << "no more begin";
  EXPECT_EQ(run.status("a"), Status::running) << "the other one goes on";
  run.finish("a[1]", success(2));
  EXPECT_EQ(run.status("a"), Status::failed);
  EXPECT_EQ(run.error("a")->code, "items_failed");
  EXPECT_NE(run.error("a")->message.find("1 of 4 items failed, 2 did not begin"), std::string::npos)
      << run.error("a")->message;
  EXPECT_EQ(run.status(), Status::failed);
}

TEST(Items, FinishRunsThemAllAndThenFails) {
  Driver run(each("{items: [1, 2, 3], maxParallel: 1, onItemFailure: finish}"));
  run.run("a[0]", failure(ErrorClass::permanent, "no_good"));
  run.run("a[1]", success(2));
  run.run("a[2]", success(3));
  EXPECT_EQ(run.status("a"), Status::failed);
}

TEST(Items, IgnoreLeavesTheirPlacesEmpty) {
  Driver run(each("{items: [1, 2, 3], onItemFailure: ignore}"));
  run.run("a[0]", success(1));
  run.run("a[1]", failure(ErrorClass::permanent, "no_good"));
  run.run("a[2]", success(3));
  EXPECT_EQ(output(run, "after"), json::value({1, nullptr, 3}));
  EXPECT_EQ(run.row("a").detail, R"({"items":3,"failed":1})");
  EXPECT_EQ(run.status(), Status::completed);
}

TEST(Items, EachIsTriedAgainByItself) {
  Driver run(each("[1, 2]", ", retry: {maxAttempts: 2, initialDelay: 1s, jitter: 0}"));
  run.run("a[0]", success(1));
  run.run("a[1]", failure(ErrorClass::transient));
  EXPECT_EQ(run.status("a[1]"), Status::retrying);
  run.pass_time(1s);
  EXPECT_EQ(run.start("a[1]")->attempt, 2U);
  run.finish("a[1]", success(2));
  EXPECT_EQ(output(run, "a"), json::value({1, 2}));
}

TEST(Items, FailWhenLooksAtTheItemsOwnOutput) {
  Driver run(each("{items: [1, 2], onItemFailure: ignore}", ", failWhen: tasks.a.output > item"));
  run.run("a[0]", success(2));
  run.run("a[1]", success(2));
  EXPECT_EQ(output(run, "a"), json::value({nullptr, 2}));
}

TEST(Items, ConditionsAreForTheWholeList) {
  Driver run(each("[1, 2]", ", when: \"1 > 2\""));
  EXPECT_EQ(run.status("a"), Status::skipped);
  EXPECT_EQ(run.queued(), Ids{});
}

TEST(Items, ADeadlineIsForTheWholeList) {
  Driver run(each(
      "{items: [1, 2, 3], maxParallel: 2}",
      ", deadline: 5s, retry: {maxAttempts: 3, initialDelay: 1h}"
  ));
  run.start("a[0]");
  run.run("a[1]", failure(ErrorClass::transient));
  EXPECT_EQ(run.status("a[1]"), Status::failed) << "the retry would come too late";
  run.pass_time(5s);
  EXPECT_EQ(run.stopped, Ids{"a[0]"});
  EXPECT_EQ(run.status("a"), Status::running);
  run.finish("a[0]");
  EXPECT_EQ(run.status("a[0]"), Status::cancelled);
  EXPECT_EQ(run.error("a")->code, "deadline_exceeded");
  EXPECT_EQ(run.status(), Status::failed);
}

TEST(Items, WaitsAreStoppedByADeadlineToo) {
  Driver run("tasks: {a: {type: wait, duration: 1h, deadline: 5s, forEach: [1, 2]}}");
  EXPECT_EQ(run.status("a[1]"), Status::running);
  run.pass_time(5s);
  EXPECT_EQ(run.status("a[1]"), Status::cancelled);
  EXPECT_EQ(run.error("a")->code, "deadline_exceeded");
  EXPECT_EQ(run.status(), Status::failed);
}

TEST(Items, CancelEndsThemFirst) {
  Driver run(each("[1, 2, 3]"));
  run.start("a[0]");
  run.run("a[1]");
  run.cancel();
  EXPECT_EQ(run.stopped, Ids{"a[0]"});
  EXPECT_EQ(run.status("a[2]"), Status::cancelled);
  EXPECT_EQ(run.status("a"), Status::running);
  run.finish("a[0]");
  EXPECT_EQ(run.status("a"), Status::cancelled);
  EXPECT_EQ(run.status(), Status::cancelled);
}

TEST(Items, APauseKeepsThemWaiting) {
  Driver run(each("{items: [1, 2], maxParallel: 1}"));
  run.start("a[0]");
  run.pause();
  run.finish("a[0]", success(1));
  EXPECT_FALSE(run.start("a[1]"));
  run.resume();
  run.run("a[1]", success(2));
  EXPECT_EQ(run.status(), Status::completed);
}

TEST(Items, ACrashKeepsWhatHasEnded) {
  Driver before(each("{items: [1, 2, 3, 4, 5], maxParallel: 3, onItemFailure: ignore}"));
  before.run("a[0]", success("one"));
  before.run("a[1]", failure(ErrorClass::permanent, "no_good"));
  before.start("a[2]");
  Driver after(before.flow, before.stored);
  EXPECT_EQ(after.status("a"), Status::running);
  EXPECT_EQ(after.status("a[2]"), Status::retrying);
  after.pass_time(0s);
  EXPECT_EQ(after.queued(), (Ids{"a[2]", "a[3]", "a[4]"}));
  EXPECT_EQ(after.start("a[2]")->config.at("text"), json::value("3 2"));
  after.finish("a[2]", success("three"));
  after.run("a[3]", success("four"));
  after.run("a[4]", success("five"));
  EXPECT_EQ(output(after, "a"), json::value({"one", nullptr, "three", "four", "five"}));
  EXPECT_EQ(after.row("a[2]").tries, 1U) << "what was cut short does not count";
}

TEST(Items, RunAgainByHandOnlyWhatHasFailed) {
  Driver before(each("{items: [1, 2, 3], maxParallel: 1}"));
  before.run("a[0]", success("one"));
  before.run("a[1]", failure());
  EXPECT_EQ(before.status(), Status::failed);
  Driver again(before.flow, before.stored);
  ASSERT_TRUE(again.machine.retry_failed(again.now, again.fx));
  again.settle();
  EXPECT_EQ(again.queued(), Ids{"a[1]"});
  Driver crashed(again.flow, again.stored);
  EXPECT_EQ(crashed.queued(), Ids{"a[1]"});
  EXPECT_EQ(crashed.start("a[1]")->attempt, 2U);
  crashed.finish("a[1]", success("two"));
  crashed.run("a[2]", success("three"));
  EXPECT_EQ(output(crashed, "a"), json::value({"one", "two", "three"}));
  EXPECT_EQ(crashed.status(), Status::completed);
}

TEST(Items, ItemsOfATaskThatDoesNotRunAgainAreDropped) {
  std::string const flow = R"(
onFailure: cancel
tasks:
  gate: {type: work}
  a: {type: work, forEach: [1, 2], needs: [gate]}
  other: {type: work, needs: [gate]}
)";
  Driver before(flow);
  before.run("gate");
  before.start("a[0]");
  before.run("other", failure());
  before.finish("a[0]");
  EXPECT_EQ(before.status(), Status::failed);
  Driver again(before.flow, before.stored);
  ASSERT_TRUE(again.machine.retry_failed(again.now, again.fx));
  again.settle();
  again.run("other", failure());
  EXPECT_EQ(again.status("a[0]"), Status::cancelled);
  EXPECT_EQ(again.status(), Status::failed);
}

}  // namespace
}  // namespace ropewalk
