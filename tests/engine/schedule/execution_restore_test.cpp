// Going on after a crash, and running on by hand from what failed.
#include "engine/schedule/execution.hpp"
#include "tests/engine/schedule/support.hpp"

#include <algorithm>

namespace ropewalk {
namespace {

using namespace test;
using Ids = std::vector<std::string>;

constexpr char const* chain = R"(
tasks:
  a: {type: work}
  b: {type: work, needs: [a], when: "tasks.a.output == 1"}
  c: {type: work, needs: [b]}
)";

TEST(ExecutionRestore, FinishedTasksDoNotRunAgainAndInterruptedOnesDo) {
  Driver before(chain);
  before.run("a", success(1));
  before.start("b");
  Driver after(before.flow, before.stored);
  EXPECT_EQ(after.status("a"), Status::completed);
  EXPECT_EQ(after.status("b"), Status::retrying);
  EXPECT_EQ(after.error("b")->code, "interrupted");
  after.pass_time(0s);
  EXPECT_EQ(after.queued(), Ids{"b"});
  after.run("b");
  after.run("c");
  EXPECT_EQ(after.status(), Status::completed);
  EXPECT_EQ(std::count(after.written.begin(), after.written.end(), "a"), 0);
}

TEST(ExecutionRestore, AnInterruptionDoesNotCountAgainstMaxAttempts) {
  Driver before(chain);  // maxAttempts is 1
  before.start("a");
  StoredExecution known = before.stored;
  for (int crash = 0; crash < 5; ++crash) {
    Driver after(before.flow, known);
    after.pass_time(0s);
    ASSERT_TRUE(after.start("a"));
    for (auto& record : after.stored.tasks) known.tasks = {record};
    known.state = after.stored.state;
  }
  EXPECT_EQ(known.tasks[0].attempt, 6U);
  EXPECT_EQ(known.tasks[0].tries, 1U);
  EXPECT_EQ(known.tasks[0].interruptions, 5U);
}

TEST(ExecutionRestore, ATaskThatKeepsTakingTheServerDownFailsInTheEnd) {
  Driver before(chain);
  before.start("a");
  StoredExecution known = before.stored;
  known.tasks[0].interruptions = 100;
  Driver after(before.flow, known);
  EXPECT_EQ(after.status("a"), Status::failed);
  EXPECT_EQ(after.error("a")->code, "interrupted_too_often");
}

TEST(ExecutionRestore, WhatWasReadyIsReadyAgain) {
  Driver before(chain);
  before.run("a", success(1));
  Driver after(before.flow, before.stored);
  EXPECT_EQ(after.queued(), Ids{"b"});
}

TEST(ExecutionRestore, ADeadlineIsNotExtendedByACrash) {
  Driver before(
      "tasks: {a: {type: work, deadline: 10s, retry: {maxAttempts: 9, initialDelay: 1s, "
      "backoffFactor: 1, jitter: 0}}}"
  );
  before.pass_time(3s);
  before.run("a", failure(ErrorClass::transient));
  before.pass_time(1s);
  before.start("a");
  before.pass_time(1s);  // 5 s are gone
  Driver after(before.flow, before.stored);
  after.now = before.now;
  after.pass_time(1s);
  ASSERT_TRUE(after.start("a"));
  after.pass_time(3999ms);
  EXPECT_EQ(after.stopped, Ids{});
  after.pass_time(1ms);
  EXPECT_EQ(after.stopped, Ids{"a"});
}

TEST(ExecutionRestore, ADeadlineGoesOnWhileATaskIsQueued) {
  Driver before("tasks: {a: {type: work, deadline: 10s}}");
  before.pass_time(6s);
  Driver after(before.flow, before.stored);
  after.now = before.now;
  EXPECT_EQ(after.queued(), Ids{"a"});
  after.pass_time(4s);
  EXPECT_EQ(after.status("a"), Status::failed);
  EXPECT_EQ(after.error("a")->code, "deadline_exceeded");
}

TEST(ExecutionRestore, APlannedRetryKeepsItsTime) {
  Driver before("tasks: {a: {type: work, retry: {maxAttempts: 2, initialDelay: 10s, jitter: 0}}}");
  before.run("a", failure(ErrorClass::transient));
  Driver after(before.flow, before.stored);
  after.pass_time(9s);
  EXPECT_EQ(after.queued(), Ids{});
  after.pass_time(1s);
  EXPECT_EQ(after.queued(), Ids{"a"});
}

TEST(ExecutionRestore, AWaitGoesOnAndEndsWhenItWouldHave) {
  Driver before("tasks: {nap: {type: wait, duration: 10s}}");
  Driver after(before.flow, before.stored);
  EXPECT_EQ(after.status("nap"), Status::running);
  after.pass_time(10s);
  EXPECT_EQ(after.status(), Status::completed);
}

TEST(ExecutionRestore, ACancelThatWasUnderWayIsCarriedOut) {
  Driver before(chain);
  before.start("a");
  before.cancel();
  Driver after(before.flow, before.stored);
  EXPECT_EQ(after.status(), Status::cancelled);
}

TEST(ExecutionRestore, EventNumbersGoOnWhereTheyWere) {
  Driver before(chain);
  before.start("a");
  Driver after(before.flow, before.stored);
  EXPECT_EQ(
      parse_json(after.events.at(0)).value().at("seq").to_number<std::uint64_t>(),
      before.stored.state.last_seq + 1
  );
}

TEST(ExecutionRetry, RunsFailedTasksAndAllDownstreamOfThemAgain) {
  Driver before(R"(
tasks:
  good: {type: work}
  bad: {type: work}
  after: {type: work, needs: [good, bad]}
  alone: {type: work, needs: [good]}
)");
  before.run("good", success(1));
  before.run("bad", failure());
  before.run("alone");
  ASSERT_EQ(before.status(), Status::failed);

  Execution again(before.flow, before.stored, {});
  Effects fx;
  ASSERT_TRUE(again.retry_failed(t0 + 1h, fx));
  ASSERT_EQ(fx.ready.size(), 1U);
  EXPECT_EQ(before.flow->tasks[fx.ready[0]].id, "bad");
  EXPECT_EQ(again.task_status(*before.flow->find("after")), Status::pending);
  EXPECT_EQ(again.task_status(*before.flow->find("alone")), Status::completed);
  auto const request = again.start_attempt(fx.ready[0], t0 + 1h, 0.5, fx);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->attempt, 2U);
}

TEST(ExecutionRetry, AConditionThatDidNotHoldStaysDecided) {
  Driver before(R"(
tasks:
  score: {type: work}
  bad: {type: work}
  joined:
    type: work
    dependencies: [{taskId: score, condition: "tasks.score.output > 7"}, {taskId: bad}]
)");
  before.run("score", success(3));
  before.run("bad", failure());
  ASSERT_EQ(before.status(), Status::failed);
  Execution again(before.flow, before.stored, {});
  Effects fx;
  ASSERT_TRUE(again.retry_failed(t0 + 1h, fx));
  EXPECT_EQ(again.task_status(*before.flow->find("joined")), Status::skipped);
}

TEST(ExecutionRetry, ACancelledTaskIsDecidedByHowItsDependenciesEnded) {
  Driver before(R"(
tasks:
  a: {type: work}
  b: {type: work}
  handler: {type: work, dependencies: [{taskId: a, type: failure}, {taskId: b, type: completion}]}
)");
  before.run("a", failure());
  before.start("b");
  before.cancel();
  before.finish("b");
  StoredExecution known = before.stored;
  for (auto& record : known.tasks)
    if (record.task == "a") record.status = Status::completed;
  Execution again(before.flow, known, {});
  Effects fx;
  ASSERT_TRUE(again.retry_failed(t0 + 1h, fx));
  EXPECT_EQ(again.task_status(*before.flow->find("handler")), Status::skipped) << "a did not fail";
}

TEST(ExecutionRetry, AnAttemptIsKeptOnceEvenIfTheTaskWasCancelledBetweenTwo) {
  Driver before("tasks: {a: {type: work, retry: {maxAttempts: 3, initialDelay: 1h}}}");
  before.run("a", failure(ErrorClass::transient));
  before.cancel();
  ASSERT_EQ(before.attempts.size(), 1U);
  Execution again(before.flow, before.stored, {});
  Effects fx;
  ASSERT_TRUE(again.retry_failed(t0 + 1h, fx));
  EXPECT_TRUE(again.take_change().attempts.empty());
}

TEST(ExecutionRetry, ThereMustBeSomethingToRetry) {
  Driver before("tasks: {a: {type: work}}");
  before.run("a");
  Execution again(before.flow, before.stored, {});
  Effects fx;
  EXPECT_EQ(again.retry_failed(t0, fx).error().code, "nothing_to_retry");
}

TEST(ExecutionRestore, ADeadlineCountsFromTheFirstTimeInTheQueueWhateverHappensSince) {
  Driver before(
      "tasks: {a: {type: work, deadline: 60s,"
      " retry: {maxAttempts: 9, initialDelay: 20s, backoffFactor: 1, jitter: 0}}}"
  );
  before.run("a", failure(ErrorClass::transient));
  before.pass_time(20s);
  before.start("a");
  Driver after(before.flow, before.stored);
  after.now = before.now;
  after.pass_time(39s);
  EXPECT_EQ(after.queued(), Ids{"a"});
  after.pass_time(1s);
  ASSERT_EQ(after.status("a"), Status::failed);
  EXPECT_EQ(after.error("a")->code, "deadline_exceeded");
}

TEST(ExecutionRestore, ADeadlineGoesOnForATaskThatNeverStarted) {
  Driver before("tasks: {a: {type: work, deadline: 60s}}");
  before.pass_time(50s);
  Driver after(before.flow, before.stored);
  after.now = before.now;
  EXPECT_EQ(after.queued(), Ids{"a"});
  after.pass_time(10s);
  EXPECT_EQ(after.status("a"), Status::failed);
}

TEST(ExecutionRestore, OnFailureCancelIsNotForgotten) {
  Driver before(R"(
onFailure: cancel
tasks:
  breaks: {type: work}
  talks: {type: work}
  naps: {type: wait, duration: 1h}
  after: {type: work, needs: [talks]}
)");
  before.start("talks");
  before.start("breaks");
  before.finish("breaks", failure());
  ASSERT_EQ(before.status("talks"), Status::running) << "it has been told to stop";
  Driver after(before.flow, before.stored);
  EXPECT_EQ(after.status("talks"), Status::cancelled);
  EXPECT_EQ(after.status("after"), Status::cancelled);
  EXPECT_EQ(after.queued(), Ids{});
  EXPECT_EQ(after.status(), Status::failed);
}

}  // namespace
}  // namespace ropewalk
