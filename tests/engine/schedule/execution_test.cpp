// One execution: dependencies, conditions, failures, retries, timeouts, cancel, pause.
#include "engine/schedule/execution.hpp"

#include "tests/engine/schedule/support.hpp"

namespace ropewalk {
namespace {

using namespace test;
using Ids = std::vector<std::string>;

TEST(Execution, RunsTasksInTheOrderOfTheirDependencies) {
  Driver run(R"(
tasks:
  fetch: {type: work}
  left: {type: work, needs: [fetch]}
  right: {type: work, needs: [fetch]}
  join: {type: work, needs: [left, right]}
)");
  EXPECT_EQ(run.queued(), Ids{"fetch"});
  run.run("fetch");
  EXPECT_EQ(run.queued(), (Ids{"left", "right"}));
  run.run("right");
  EXPECT_EQ(run.queued(), Ids{"left"});
  run.run("left");
  run.run("join");
  EXPECT_EQ(run.status(), Status::completed);
  EXPECT_TRUE(run.ended);
}

TEST(Execution, PassShapesDataFromUpstream) {
  Driver run(R"(
tasks:
  numbers: {type: work}
  sum:
    type: pass
    needs: [numbers]
    value: "${{ tasks.numbers.output.a + tasks.numbers.output.b }}"
)");
  run.run("numbers", success(json::object{{"a", 2}, {"b", 3}}));
  EXPECT_EQ(*run.machine.task_output(run.index("sum")), json::value(5));
  EXPECT_EQ(run.status(), Status::completed);
}

TEST(Execution, AFailureSkipsWhatNeedsSuccessAndRunsItsHandler) {
  Driver run(R"(
tasks:
  build: {type: work}
  deploy: {type: work, needs: [build]}
  announce: {type: work, needs: [deploy]}
  alarm: {type: work, dependencies: [{taskId: build, type: failure}]}
  cleanup: {type: work, dependencies: [{taskId: deploy, type: completion}]}
)");
  run.run("build", failure());
  EXPECT_EQ(run.status("deploy"), Status::skipped);
  EXPECT_EQ(run.status("announce"), Status::skipped);
  EXPECT_EQ(run.queued(), (Ids{"alarm", "cleanup"})) << "completion: whichever way it ended";
  run.run("alarm");
  run.run("cleanup");
  EXPECT_EQ(run.status(), Status::completed) << "the failure was handled";
}

TEST(Execution, AnUnhandledFailureFailsItAfterTheRestHasRun) {
  Driver run(R"(
tasks:
  a: {type: work}
  b: {type: work}
  c: {type: work, needs: [b]}
)");
  run.start("a");
  run.finish("a", failure());
  EXPECT_EQ(run.status(), Status::running);
  run.run("b");
  run.run("c");
  EXPECT_EQ(run.status(), Status::failed);
  EXPECT_NE(run.stored.state.error.find("\\\"a\\\""), std::string::npos) << run.stored.state.error;
}

TEST(Execution, OnFailureCancelStopsTheRest) {
  Driver run(R"(
onFailure: cancel
tasks:
  a: {type: work}
  b: {type: work}
  c: {type: work}
  d: {type: work, needs: [c]}
)");
  run.start("a");
  run.start("b");
  run.finish("a", failure());
  EXPECT_EQ(run.stopped, Ids{"b"});
  EXPECT_EQ(run.status("c"), Status::cancelled);
  EXPECT_EQ(run.status("d"), Status::cancelled);
  EXPECT_EQ(run.status(), Status::running) << "b is still being stopped";
  run.finish("b", success());
  EXPECT_EQ(run.status("b"), Status::cancelled)
      << "what it says after it was stopped does not count";
  EXPECT_EQ(run.status(), Status::failed);
}

TEST(Execution, OnFailureCancelAlsoEndsWhatJustRanIntoItsTimeout) {
  Driver run(R"(
onFailure: cancel
tasks:
  breaks: {type: work}
  slow: {type: work, timeout: 1s, retry: {maxAttempts: 9}}
)");
  run.start("breaks");
  run.start("slow");
  run.pass_time(1s);
  run.finish("breaks", failure());
  run.finish("slow", failure());
  EXPECT_EQ(run.status("slow"), Status::cancelled);
  EXPECT_EQ(run.stopped, Ids{"slow"}) << "it is told once";
  EXPECT_EQ(run.status(), Status::failed);
}

TEST(Execution, AllowFailureDoesNotFailIt) {
  Driver run("tasks: {a: {type: work, allowFailure: true}, b: {type: work, needs: [a]}}");
  run.run("a", failure());
  EXPECT_EQ(run.status("b"), Status::skipped);
  EXPECT_EQ(run.status(), Status::completed);
}

TEST(Execution, ConditionsOnEdgesAndTasksDecide) {
  Driver run(
      R"(
tasks:
  score: {type: work}
  high: {type: work, dependencies: [{taskId: score, condition: "tasks.score.output > 7"}]}
  low: {type: work, dependencies: [{taskId: score, condition: "tasks.score.output <= 7"}]}
  never: {type: work, needs: [score], when: "inputs.force == true"}
)",
      {{"force", false}}
  );
  run.run("score", success(9));
  EXPECT_EQ(run.queued(), Ids{"high"});
  EXPECT_EQ(run.status("low"), Status::skipped);
  EXPECT_EQ(run.status("never"), Status::skipped);
}

TEST(Execution, ABrokenConditionFailsItsTaskWithWordsThatHelp) {
  Driver run(R"(
tasks:
  score: {type: work}
  high: {type: work, dependencies: [{taskId: score, condition: "tasks.score.output.value > 7"}]}
)");
  run.run("score", success(json::object{{"other", 1}}));
  ASSERT_EQ(run.status("high"), Status::failed);
  EXPECT_NE(run.error("high")->message.find("value"), std::string::npos)
      << run.error("high")->message;
  EXPECT_EQ(run.status(), Status::failed);
}

TEST(Execution, FailWhenTurnsASuccessIntoAFailure) {
  Driver run(R"(tasks: {a: {type: work, failWhen: "tasks.a.output.status != 'ok'"}})");
  run.run("a", success(json::object{{"status", "degraded"}}));
  EXPECT_EQ(run.status("a"), Status::failed);
  EXPECT_EQ(run.error("a")->code, "fail_when");
}

TEST(Execution, TriesAgainAfterTheDelay) {
  Driver run(
      "tasks: {a: {type: work, retry: {maxAttempts: 3, initialDelay: 1s, backoffFactor: 2, jitter: "
      "0}}}"
  );
  run.run("a", failure(ErrorClass::transient));
  EXPECT_EQ(run.status("a"), Status::retrying);
  run.pass_time(999ms);
  EXPECT_EQ(run.queued(), Ids{});
  run.pass_time(1ms);
  EXPECT_EQ(run.queued(), Ids{"a"});
  run.run("a", failure(ErrorClass::transient));
  run.pass_time(2s);
  run.run("a", success(1));
  EXPECT_EQ(run.status(), Status::completed);
  ASSERT_EQ(run.attempts.size(), 2U) << "each attempt that failed is kept";
  EXPECT_EQ(run.attempts[1].attempt, 2U);
  EXPECT_EQ(run.stored.tasks[0].attempt, 3U);
  EXPECT_EQ(run.stored.tasks[0].error, "") << "the failures before are not the task's";
}

TEST(Execution, PermanentErrorsAreNotTriedAgain) {
  Driver run("tasks: {a: {type: work, retry: {maxAttempts: 3}}}");
  run.run("a", failure(ErrorClass::permanent));
  EXPECT_EQ(run.status("a"), Status::failed);
}

TEST(Execution, TheIdempotencyKeyStaysTheSameOverRetries) {
  Driver run("tasks: {a: {type: work, retry: {maxAttempts: 3, initialDelay: 1s, jitter: 0}}}");
  auto const first = run.start("a");
  run.finish("a", failure(ErrorClass::transient));
  run.pass_time(1s);
  auto const second = run.start("a");
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->idempotency_key, second->idempotency_key);
  EXPECT_NE(first->attempt, second->attempt);
}

TEST(Execution, AnAttemptThatTakesTooLongIsStoppedAndTriedAgain) {
  Driver run(
      "tasks: {a: {type: work, timeout: 5s, retry: {maxAttempts: 2, initialDelay: 1s, jitter: 0}}}"
  );
  run.start("a");
  run.pass_time(5s);
  EXPECT_EQ(run.stopped, Ids{"a"});
  EXPECT_EQ(run.status("a"), Status::running) << "until it has really stopped";
  run.finish("a", success());
  ASSERT_EQ(run.status("a"), Status::retrying);
  EXPECT_EQ(run.error("a")->code, "timeout");
  EXPECT_EQ(run.error("a")->error_class, ErrorClass::transient);
}

TEST(Execution, TheDeadlineCoversAllAttempts) {
  Driver run(
      "tasks: {a: {type: work, deadline: 10s, retry: {maxAttempts: 9, initialDelay: 4s, "
      "backoffFactor: 1, jitter: 0}}}"
  );
  run.run("a", failure(ErrorClass::transient));
  run.pass_time(4s);
  run.run("a", failure(ErrorClass::transient));
  run.pass_time(4s);
  run.start("a");
  run.pass_time(2s);
  EXPECT_EQ(run.stopped, Ids{"a"});
  run.finish("a", failure(ErrorClass::transient));
  EXPECT_EQ(run.status("a"), Status::failed);
  EXPECT_EQ(run.error("a")->code, "deadline_exceeded");
}

TEST(Execution, NoRetryIsPlannedPastTheDeadline) {
  Driver run(
      "tasks: {a: {type: work, deadline: 3s, retry: {maxAttempts: 9, initialDelay: 4s, jitter: 0}}}"
  );
  run.run("a", failure(ErrorClass::transient));
  EXPECT_EQ(run.status("a"), Status::failed);
}

TEST(Execution, AWaitForASlotThatIsTooLongFailsTheTask) {
  Driver run("tasks: {a: {type: work, queueTimeout: 5s}}");
  run.pass_time(5s);
  EXPECT_EQ(run.status("a"), Status::failed);
  EXPECT_EQ(run.error("a")->code, "queue_timeout");
  EXPECT_EQ(run.error("a")->error_class, ErrorClass::resource);
}

TEST(Execution, TheWaitForASlotBeginsAnewWhenItIsResumed) {
  Driver run("tasks: {a: {type: work, queueTimeout: 5s}}");
  run.pass_time(3s);
  run.machine.pause(run.now);
  run.settle();
  run.pass_time(10s);
  EXPECT_EQ(run.status("a"), Status::pending);
  run.machine.resume(run.now, run.fx);
  run.settle();
  run.pass_time(4999ms);
  EXPECT_EQ(run.status("a"), Status::pending);
  run.pass_time(1ms);
  EXPECT_EQ(run.status("a"), Status::failed);
  EXPECT_EQ(run.error("a")->code, "queue_timeout");
}

TEST(Execution, ATaskThatBecomesReadyInAPauseWaitsForItsSlotFromItsEndOn) {
  Driver run("tasks: {a: {type: work}, b: {type: work, needs: [a], queueTimeout: 5s}}");
  run.start("a");
  run.machine.pause(run.now);
  run.finish("a");
  run.pass_time(6s);
  run.machine.resume(run.now, run.fx);
  run.settle();
  run.pass_time(4s);
  EXPECT_EQ(run.status("b"), Status::pending);
  run.pass_time(1s);
  EXPECT_EQ(run.status("b"), Status::failed);
}

TEST(Execution, AttemptsShareTheLogOfTheirTask) {
  Driver run("tasks: {a: {type: work, retry: {maxAttempts: 3, initialDelay: 1s, jitter: 0}}}");
  EXPECT_EQ(run.start("a")->log_bytes_used, 0U);
  run.machine.log(run.index("a"), LogLine{LogLevel::info, std::string(968, 'x')}, run.now);
  run.finish("a", failure(ErrorClass::transient));
  run.pass_time(1s);
  EXPECT_EQ(run.start("a")->log_bytes_used, 1000U);
  run.machine.log(run.index("a"), LogLine{LogLevel::info, std::string(68, 'x')}, run.now);
  run.finish("a", failure(ErrorClass::transient));
  Driver after(run.flow, run.stored);
  after.pass_time(1min);
  EXPECT_EQ(after.start("a")->log_bytes_used, 1100U);
}

TEST(Execution, WaitTakesItsTimeAndNoSlot) {
  Driver run(
      "tasks: {nap: {type: wait, duration: 10s}, after: {type: pass, needs: [nap], value: 1}}"
  );
  EXPECT_EQ(run.status("nap"), Status::running);
  run.pass_time(9999ms);
  EXPECT_EQ(run.status("nap"), Status::running);
  run.pass_time(1ms);
  EXPECT_EQ(run.status(), Status::completed);
}

TEST(Execution, CancelStopsWhatRunsAndEndsWhenItHasStopped) {
  Driver run(
      "tasks: {a: {type: work}, nap: {type: wait, duration: 1h}, b: {type: work, needs: [a]}}"
  );
  run.start("a");
  run.cancel();
  EXPECT_EQ(run.stopped, Ids{"a"});
  EXPECT_EQ(run.status("nap"), Status::cancelled);
  EXPECT_FALSE(run.ended);
  run.finish("a", failure());
  EXPECT_EQ(run.status("a"), Status::cancelled);
  EXPECT_EQ(run.status("b"), Status::cancelled);
  EXPECT_EQ(run.status(), Status::cancelled);
}

TEST(Execution, PauseStartsNothingAndResumeGoesOn) {
  Driver run("tasks: {a: {type: work}, b: {type: work, needs: [a]}}");
  run.start("a");
  run.machine.pause(run.now);
  run.finish("a");
  EXPECT_FALSE(run.start("b"));
  EXPECT_EQ(run.queued(), Ids{"b"});
  run.machine.resume(run.now, run.fx);
  run.settle();
  run.run("b");
  EXPECT_EQ(run.status(), Status::completed);
}

TEST(Execution, AnOutputPastTheLimitIsAClearError) {
  Driver run("tasks: {a: {type: work}}");
  run.run("a", success(json::string(2 * 1024 * 1024, 'x')));
  EXPECT_EQ(run.status("a"), Status::failed);
  EXPECT_EQ(run.error("a")->code, "output_too_large");
}

TEST(Execution, ATemplateThatCannotBeEvaluatedFailsTheAttempt) {
  Driver run(R"(tasks: {a: {type: work, text: "${{ inputs.missing }}"}})");
  EXPECT_FALSE(run.start("a"));
  EXPECT_EQ(run.status("a"), Status::failed);
  EXPECT_NE(run.error("a")->message.find("missing"), std::string::npos);
}

TEST(Execution, EventsAreNumberedWithoutGapsAndTellTheWholeStory) {
  Driver run("tasks: {a: {type: work, retry: {maxAttempts: 2, initialDelay: 1s, jitter: 0}}}");
  run.start("a");
  run.machine.log(0, {LogLevel::warn, "half \"way\"", false}, run.now);
  run.finish("a", failure(ErrorClass::transient));
  run.pass_time(1s);
  run.run("a", success(json::object{{"n", 1}}));
  Ids kinds;
  std::uint64_t seq = 0;
  for (auto const& frame : run.events) {
    auto const event = parse_json(frame).value();
    EXPECT_EQ(event.at("seq").to_number<std::uint64_t>(), ++seq);
    auto const* status = event.as_object().if_contains("status");
    kinds.push_back(
        std::string(event.at("kind").as_string()) +
        (status ? " " + std::string(status->as_string()) : "")
    );
  }
  EXPECT_EQ(
      kinds,
      (Ids{
          "execution.status PENDING",
          "execution.status RUNNING",
          "task.status RUNNING",
          "task.log",
          "task.status RETRYING",
          "task.status RUNNING",
          "task.status COMPLETED",
          "task.output",
          "execution.status COMPLETED"})
  );
  EXPECT_EQ(run.stored.state.last_seq, seq);
}

TEST(Execution, TheContextHoldsWhatATaskMaySee) {
  Driver run(
      R"(
variables: {team: support}
tasks: {a: {type: work}, b: {type: work, needs: [a]}}
)",
      {{"ticket", "T-1"}}
  );
  run.run("a", success(41));
  auto const request = run.start("b");
  ASSERT_TRUE(request);
  auto const context = parse_json(request->context()).value();
  EXPECT_EQ(context.at("taskId"), json::value("b"));
  EXPECT_EQ(
      context.at("dependencies"), parse_json(R"({"a":{"status":"COMPLETED","output":41}})").value()
  );
  EXPECT_EQ(context.at("inputs").at("ticket"), json::value("T-1"));
  EXPECT_EQ(context.at("variables").at("team"), json::value("support"));
}

TEST(Execution, AChainOf100000SkipsNeedsNoStack) {
  json::object tasks;
  tasks["t0"] = json::object{{"type", "work"}};
  for (int i = 1; i < 100'000; ++i)
    tasks["t" + std::to_string(i)] =
        json::object{{"type", "work"}, {"needs", json::array{"t" + std::to_string(i - 1)}}};
  WorkflowLimits limits;
  limits.bytes_max = 100'000'000;
  auto loaded = load_workflow(
      json::value(json::object{{"name", "test"}, {"tasks", std::move(tasks)}}), types(), limits
  );
  ASSERT_TRUE(loaded.workflow);
  Driver run(loaded.workflow, {}, {});
  run.run("t0", failure());
  EXPECT_EQ(run.status("t99999"), Status::skipped);
  EXPECT_EQ(run.status(), Status::failed);
}

TEST(Execution, AFailureAtTheBeginningCancelsWhatHasNotBegun) {
  Driver run("onFailure: cancel\ntasks: {a: {type: work, when: inputs.none}, b: {type: work}}");
  EXPECT_EQ(run.status("a"), Status::failed);
  EXPECT_EQ(run.status("b"), Status::cancelled);
  EXPECT_EQ(run.status(), Status::failed);
}

}  // namespace
}  // namespace ropewalk
