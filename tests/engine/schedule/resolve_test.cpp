// onFailure: pause: a failed task waits for a person, and nothing that was done is lost. Method:
// one execution, every change durable at once.
#include "engine/base/json.hpp"
#include "engine/schedule/execution.hpp"
#include "tests/engine/schedule/support.hpp"

namespace ropewalk {
namespace {

using namespace test;
using Ids = std::vector<std::string>;

constexpr char const* paused = R"(onFailure: pause
tasks:
  a: {type: work}
  b: {type: work, needs: [a]}
  apart: {type: work})";

std::string resolve(
    Driver& run, std::string const& task, Resolve how, json::value output = nullptr
) {
  auto const done = run.machine.resolve(run.index(task), how, std::move(output), run.now, run.fx);
  run.settle();
  return done ? "done" : done.error().code;
}

TEST(OnFailurePause, HoldsUpWhatDependsOnTheTaskAndNothingElse) {
  Driver run(paused);
  run.run("a", failure());
  EXPECT_EQ(run.status("a"), Status::pending);
  EXPECT_EQ(run.row("a").hold, Hold::failed);
  EXPECT_EQ(run.attempts.size(), 1U) << "the attempt is kept";
  ASSERT_TRUE(run.machine.hold_reason());
  EXPECT_EQ(run.machine.hold_reason()->detail.at("task"), json::value("a"));
  EXPECT_FALSE(run.machine.is_paused());
  run.run("apart");
  EXPECT_EQ(run.status(), Status::running);
  EXPECT_EQ(run.queued(), Ids{});
}

TEST(OnFailurePause, IsResolvedByAnotherTry) {
  Driver run(paused);
  run.run("a", failure());
  EXPECT_EQ(resolve(run, "a", Resolve::retry), "done");
  EXPECT_FALSE(run.machine.hold_reason());
  EXPECT_EQ(run.start("a")->attempt, 2U);
  run.finish("a");
  EXPECT_EQ(run.queued(), (Ids{"b", "apart"}));
  EXPECT_EQ(run.row("a").hold, Hold::none);
}

TEST(OnFailurePause, IsResolvedBySkipping) {
  Driver run(paused);
  run.run("a", failure());
  EXPECT_EQ(resolve(run, "a", Resolve::skip), "done");
  EXPECT_EQ(run.status("a"), Status::skipped);
  EXPECT_EQ(run.status("b"), Status::skipped);
  run.run("apart");
  EXPECT_EQ(run.status(), Status::completed);
}

TEST(OnFailurePause, IsResolvedByLettingItFail) {
  Driver run(paused);
  run.run("a", failure());
  EXPECT_EQ(resolve(run, "a", Resolve::fail), "done");
  EXPECT_EQ(run.status("a"), Status::failed);
  EXPECT_EQ(run.error("a")->code, "broken");
  run.run("apart");
  EXPECT_EQ(run.status(), Status::failed);
}

TEST(OnFailurePause, IsResolvedByAResultFromAPerson) {
  Driver run(paused);
  run.run("a", failure());
  EXPECT_EQ(resolve(run, "a", Resolve::complete, {{"by", "hand"}}), "done");
  EXPECT_EQ(run.status("a"), Status::completed);
  EXPECT_EQ(run.row("a").output, R"({"by":"hand"})");
  EXPECT_EQ(run.queued(), (Ids{"b", "apart"}));
}

TEST(OnFailurePause, OnlyWhatWaitsIsResolved) {
  Driver run(paused);
  EXPECT_EQ(resolve(run, "a", Resolve::skip), "not_waiting");
  run.run("a", failure());
  EXPECT_EQ(resolve(run, "b", Resolve::skip), "not_waiting");
  std::string const large(2'000'000, 'x');
  EXPECT_EQ(
      resolve(run, "a", Resolve::complete, json::value(json::string(large))), "output_too_large"
  );
  EXPECT_EQ(resolve(run, "a", Resolve::complete), "done");
  EXPECT_EQ(resolve(run, "a", Resolve::complete), "not_waiting");
}

TEST(OnFailurePause, IsForTheLastTryOnly) {
  Driver run(
      "onFailure: pause\ntasks: {a: {type: work, retry: "
      "{maxAttempts: 2, initialDelay: 1s, jitter: 0}}}"
  );
  run.run("a", failure(ErrorClass::transient));
  EXPECT_EQ(run.status("a"), Status::retrying);
  run.pass_time(1s);
  run.run("a", failure(ErrorClass::transient));
  EXPECT_EQ(run.row("a").hold, Hold::failed);
}

TEST(OnFailurePause, LeavesFailuresAloneThatAreProvidedFor) {
  Driver run(R"(onFailure: pause
tasks:
  a: {type: work}
  b: {type: work, allowFailure: true}
  alarm: {type: work, dependencies: [{taskId: a, type: failure}]})");
  run.run("a", failure());
  run.run("b", failure());
  EXPECT_EQ(run.status("a"), Status::failed);
  EXPECT_EQ(run.status("b"), Status::failed);
  EXPECT_EQ(run.queued(), Ids{"alarm"});
}

TEST(OnFailurePause, OfOneTaskIsSetThere) {
  Driver run("tasks: {a: {type: work, onFailure: pause}, b: {type: work}}");
  run.run("a", failure());
  run.run("b", failure());
  EXPECT_EQ(run.row("a").hold, Hold::failed);
  EXPECT_EQ(run.status("b"), Status::failed);
  EXPECT_EQ(resolve(run, "a", Resolve::complete), "done");
  EXPECT_EQ(run.status(), Status::failed);
}

TEST(OnFailurePause, SurvivesACrash) {
  Driver before(paused);
  before.run("a", failure());
  before.run("apart");
  Driver after(before.flow, before.stored);
  EXPECT_EQ(after.queued(), Ids{}) << "it does not start by itself";
  ASSERT_TRUE(after.machine.hold_reason());
  EXPECT_EQ(resolve(after, "a", Resolve::retry), "done");
  after.run("a");
  after.run("b");
  EXPECT_EQ(after.status(), Status::completed);
}

TEST(OnFailurePause, EndsWithACancel) {
  Driver run(paused);
  run.run("a", failure());
  run.cancel();
  EXPECT_EQ(run.status("a"), Status::cancelled);
  EXPECT_EQ(run.status(), Status::cancelled);
}

TEST(OnFailurePause, OfAListRunsOnlyWhatHasFailedAgain) {
  Driver run(
      "onFailure: pause\ntasks: {a: {type: work, forEach: "
      "{items: [x, y], onItemFailure: finish}}}"
  );
  run.run("a[0]", success("first"));
  run.run("a[1]", failure());
  EXPECT_EQ(run.row("a").hold, Hold::failed);
  EXPECT_EQ(resolve(run, "a", Resolve::retry), "done");
  EXPECT_EQ(run.queued(), Ids{"a[1]"});
  run.run("a[1]", success("second"));
  EXPECT_EQ(run.status(), Status::completed);
  EXPECT_EQ(run.row("a").output, R"(["first","second"])");
}

TEST(OnFailurePause, TheDeadlineDoesNotDecideInstead) {
  Driver run("onFailure: pause\ntasks: {a: {type: work, deadline: 1m}}");
  run.run("a", failure());
  run.pass_time(2min);
  EXPECT_EQ(run.error("a")->code, "broken");
  EXPECT_EQ(resolve(run, "a", Resolve::retry), "done");
  EXPECT_EQ(run.queued(), Ids{"a"});
}

}  // namespace
}  // namespace ropewalk
