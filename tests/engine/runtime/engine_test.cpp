// The engine with its ports in memory: durability first, cancellation that arrives, back-pressure,
// an orderly end.
#include "engine/runtime/engine.hpp"

#include "tests/engine/runtime/support.hpp"

namespace ropewalk {
namespace {

using namespace test;

/// GCC 12 cannot have a braced list inside a coroutine.
template <class T>
std::vector<T> just(T one) {
  return std::vector<T>(1, std::move(one));
}

#define CO_ASSERT(condition)     \
  if (!(condition)) {            \
    ADD_FAILURE() << #condition; \
    co_await bench.close();      \
    co_return;                   \
  }

Async<> submit_and_note(Bench& bench, Submission submission, std::optional<Result<>>& out) {
  out = co_await bench.engine.submit(std::move(submission));
}

Async<> runs_a_workflow() {
  Bench bench(co_await asio::this_coro::executor);
  auto submission =
      bench.submission(workflow("tasks: {a: {type: work}, b: {type: pass, needs: [a], value: 1}}"));
  ExecutionId const id = submission.id;
  auto accepted = co_await bench.engine.submit(std::move(submission));
  EXPECT_TRUE(accepted);
  auto const ended = co_await eventually([&] { return !bench.engine.is_live(id); });
  EXPECT_TRUE(ended);
  EXPECT_EQ(bench.runner.started, just(std::string("a")));
  EXPECT_EQ(bench.recorder.tasks_ended, 2);
  EXPECT_EQ(bench.recorder.ends, just(Status::completed));
  co_await bench.close();
}

Async<> nothing_before_the_commit() {
  auto const executor = co_await asio::this_coro::executor;
  Bench bench(executor);
  bench.journal.held = true;
  std::optional<Result<>> accepted;
  AsyncScope calls(executor);
  calls.spawn(
      submit_and_note(bench, bench.submission(workflow("tasks: {a: {type: work}}")), accepted)
  );
  auto const is_under_way = co_await eventually([&] { return bench.journal.begun == 1; });
  EXPECT_TRUE(is_under_way);
  EXPECT_FALSE(accepted) << "not accepted before it is durable";
  EXPECT_TRUE(bench.runner.started.empty()) << "nothing starts before its cause is durable";
  EXPECT_TRUE(bench.recorder.frames.empty()) << "nothing is told before it is durable";
  bench.journal.release();
  co_await calls.join();
  EXPECT_TRUE(accepted && *accepted);
  auto const told = co_await eventually([&] { return bench.recorder.ends.size() == 1; });
  EXPECT_TRUE(told);
  co_await bench.close();
}

Async<> changes_gather_while_a_commit_is_under_way() {
  auto const executor = co_await asio::this_coro::executor;
  Bench bench(executor);
  bench.journal.held = true;
  std::vector<std::optional<Result<>>> accepted(50);
  AsyncScope calls(executor);
  for (auto& out : accepted)
    calls.spawn(submit_and_note(bench, bench.submission(workflow("tasks: {a: {type: pass}}")), out)
    );
  auto const is_under_way = co_await eventually([&] { return bench.journal.begun == 1; });
  EXPECT_TRUE(is_under_way);
  bench.journal.release();
  co_await calls.join();
  EXPECT_LE(bench.journal.commits, 6) << "fifty executions share their commits";
  co_await bench.close();
}

Async<> wait_and_note(Bench& bench, ExecutionId id, std::optional<Status>& out) {
  out = co_await bench.engine.wait_for_end(id);
}

Async<> whoever_waits_is_told_how_it_ended() {
  auto const executor = co_await asio::this_coro::executor;
  Bench bench(executor);
  bench.runner.scripts["a"].hangs = true;
  auto submission = bench.submission(workflow("tasks: {a: {type: work}}"));
  ExecutionId const id = submission.id;
  static_cast<void>(co_await bench.engine.submit(std::move(submission)));
  std::optional<Status> told;
  AsyncScope calls(executor);
  calls.spawn(wait_and_note(bench, id, told));
  static_cast<void>(co_await bench.engine.command(id, Command::cancel));
  co_await calls.join();
  EXPECT_EQ(told, Status::cancelled);
  EXPECT_EQ(co_await bench.engine.wait_for_end(id), std::nullopt) << "it is not here any more";
  co_await bench.close();
}

Async<> cancel_reaches_the_runner() {
  Bench bench(co_await asio::this_coro::executor);
  bench.runner.scripts["a"].hangs = true;
  auto submission = bench.submission(workflow("tasks: {a: {type: work}}"));
  ExecutionId const id = submission.id;
  static_cast<void>(co_await bench.engine.submit(std::move(submission)));
  auto const running = co_await eventually([&] { return bench.runner.started.size() == 1; });
  EXPECT_TRUE(running);
  auto const cancelled = co_await bench.engine.command(id, Command::cancel);
  EXPECT_TRUE(cancelled);
  auto const ended = co_await eventually([&] { return bench.recorder.ends.size() == 1; });
  EXPECT_TRUE(ended);
  EXPECT_EQ(bench.runner.stopped, just(std::string("a")));
  EXPECT_EQ(bench.recorder.ends, just(Status::cancelled));
  auto const again = co_await bench.engine.command(id, Command::cancel);
  EXPECT_EQ(again.error().code, "not_found");
  co_await bench.close();
}

Async<> a_timeout_stops_the_runner() {
  Bench bench(co_await asio::this_coro::executor);
  bench.runner.scripts["a"].hangs = true;
  auto submission = bench.submission(workflow("tasks: {a: {type: work, timeout: 20ms}}"));
  static_cast<void>(co_await bench.engine.submit(std::move(submission)));
  auto const ended = co_await eventually([&] { return bench.recorder.ends.size() == 1; });
  EXPECT_TRUE(ended);
  EXPECT_EQ(bench.recorder.ends, just(Status::failed));
  EXPECT_NE(bench.recorder.frames.find("\"code\":\"timeout\""), std::string::npos);
  co_await bench.close();
}

Async<> streamed_text_goes_to_the_watchers() {
  Bench bench(co_await asio::this_coro::executor);
  bench.runner.scripts["a"].streams = true;
  auto submission = bench.submission(workflow("tasks: {a: {type: work}}"));
  static_cast<void>(co_await bench.engine.submit(std::move(submission)));
  auto const ended = co_await eventually([&] { return bench.recorder.ends.size() == 1; });
  EXPECT_TRUE(ended);
  std::vector<std::string> const told{
      "a/1 text one", "a/1 restart repair", "a/1 text two", "a/1 end stop"};
  EXPECT_EQ(bench.recorder.texts, told);
  co_await bench.close();
}

Async<> logs_wait_for_the_journal() {
  Bench bench(co_await asio::this_coro::executor);
  bench.runner.scripts["a"].log_lines = 4000;  // 4 MiB, four times what may wait
  auto submission = bench.submission(workflow("tasks: {a: {type: work}}"));
  static_cast<void>(co_await bench.engine.submit(std::move(submission)));
  bench.journal.held = true;
  auto const stuck = co_await eventually([&] { return bench.runner.logged > 500; });
  EXPECT_TRUE(stuck);
  co_await sleep_for(20ms);
  EXPECT_LT(bench.runner.logged, 2500U) << "the runner waits for the journal";
  bench.journal.release();
  auto const ended = co_await eventually([&] { return bench.recorder.ends.size() == 1; });
  EXPECT_TRUE(ended);
  EXPECT_EQ(bench.runner.logged, 4000U) << "nothing was dropped";
  co_await bench.close();
}

Async<> a_refused_change_is_the_submitters_error() {
  Bench bench(co_await asio::this_coro::executor);
  bench.journal.reject_creation = true;
  auto const refused =
      co_await bench.engine.submit(bench.submission(workflow("tasks: {a: {type: work}}")));
  EXPECT_FALSE(refused);
  EXPECT_EQ(refused ? std::string() : refused.error().code, "change_rejected");
  EXPECT_EQ(bench.engine.live_count(), 0U);
  EXPECT_EQ(bench.recorder.broken, just(std::string("change_rejected")));
  bench.journal.reject_creation = false;
  auto const fine =
      co_await bench.engine.submit(bench.submission(workflow("tasks: {a: {type: work}}")));
  EXPECT_TRUE(fine);
  co_await bench.close();
}

Async<> fencing_stops_all_work() {
  Bench bench(co_await asio::this_coro::executor);
  bench.runner.scripts["a"].hangs = true;
  static_cast<void>(
      co_await bench.engine.submit(bench.submission(workflow("tasks: {a: {type: work}}")))
  );
  auto const running = co_await eventually([&] { return bench.runner.started.size() == 1; });
  EXPECT_TRUE(running);
  bench.journal.fenced = true;
  auto const refused =
      co_await bench.engine.submit(bench.submission(workflow("tasks: {b: {type: work}}")));
  EXPECT_FALSE(refused);
  co_await bench.scope.join();
  EXPECT_TRUE(bench.ended && !*bench.ended);
  EXPECT_EQ(bench.runner.stopped, just(std::string("a"))) << "an old owner's attempts do not go on";
}

Async<> stop_gives_grace_and_writes_down_the_rest() {
  Bench bench(co_await asio::this_coro::executor);
  bench.runner.scripts["a"].hangs = true;
  static_cast<void>(co_await bench.engine.submit(
      bench.submission(workflow("tasks: {a: {type: work}, b: {type: work, needs: [a]}}"))
  ));
  auto const running = co_await eventually([&] { return bench.runner.started.size() == 1; });
  EXPECT_TRUE(running);
  bench.engine.stop(5ms);
  co_await bench.scope.join();
  EXPECT_TRUE(bench.ended && *bench.ended);
  EXPECT_EQ(bench.runner.stopped, just(std::string("a")));
  TaskRecord last;
  for (auto const& change : bench.journal.changes)
    for (auto const& task : change.tasks) last = task;
  EXPECT_EQ(last.task, "a");
  EXPECT_EQ(last.status, Status::retrying) << "the next start goes on with it";
  EXPECT_EQ(last.interruptions, 1U);
}

std::map<std::string, std::uint64_t> one_slot() {
  return {{"default", 1}};
}

Async<> why_names_the_pool_and_the_dependency() {
  Bench bench(co_await asio::this_coro::executor, one_slot());
  bench.runner.scripts["a"].hangs = true;
  auto submission = bench.submission(
      workflow("tasks: {a: {type: work}, b: {type: work}, c: {type: work, needs: [b]}}")
  );
  ExecutionId const id = submission.id;
  static_cast<void>(co_await bench.engine.submit(std::move(submission)));
  auto const running = co_await eventually([&] { return bench.runner.started.size() == 1; });
  EXPECT_TRUE(running);
  auto const why = co_await bench.engine.why(id, "");
  CO_ASSERT(why);
  auto const& lines = why->as_array();
  EXPECT_EQ(lines.at(0).at("reason"), json::value("running"));
  EXPECT_EQ(lines.at(1).at("reason"), json::value("pool"));
  EXPECT_EQ(lines.at(1).at("detail").at("holders").at(0).at("task"), json::value("a"));
  EXPECT_EQ(lines.at(2).at("reason"), json::value("dependencies"));
  auto const unknown = co_await bench.engine.why(id, "nope");
  EXPECT_EQ(unknown.error().code, "not_found");
  co_await bench.close();
}

Async<> the_concurrency_limit_holds() {
  Bench bench(co_await asio::this_coro::executor);
  auto const flow = workflow("concurrency: {limit: 1}\ntasks: {a: {type: work}}");
  bench.runner.scripts["a"].hangs = true;
  auto first = bench.submission(flow);
  auto second = bench.submission(flow);
  ExecutionId const first_id = first.id;
  ExecutionId const second_id = second.id;
  static_cast<void>(co_await bench.engine.submit(std::move(first)));
  static_cast<void>(co_await bench.engine.submit(std::move(second)));
  auto const running = co_await eventually([&] { return bench.runner.started.size() == 1; });
  EXPECT_TRUE(running);
  auto const why = co_await bench.engine.why(second_id, "a");
  CO_ASSERT(why);
  EXPECT_EQ(why->at(0).at("reason"), json::value("concurrency"));
  static_cast<void>(co_await bench.engine.command(first_id, Command::cancel));
  auto const next = co_await eventually([&] { return bench.runner.started.size() == 2; });
  EXPECT_TRUE(next) << "its place came free";
  co_await bench.close();
}

Async<> command_and_note(
    Bench& bench, ExecutionId id, Command command, std::optional<Result<>>& out
) {
  out = co_await bench.engine.command(id, command);
}

Async<> a_command_that_comes_too_late_is_refused() {
  auto const executor = co_await asio::this_coro::executor;
  Bench bench(executor);
  auto submission = bench.submission(workflow("tasks: {a: {type: wait, duration: 10m}}"));
  ExecutionId const id = submission.id;
  static_cast<void>(co_await bench.engine.submit(std::move(submission)));
  co_await bench.close();
  CO_ASSERT(bench.engine.is_live(id));
  std::optional<Result<>> told;
  AsyncScope calls(executor);
  calls.spawn(command_and_note(bench, id, Command::pause, told));
  auto const answered = co_await eventually([&] { return told.has_value(); });
  EXPECT_TRUE(answered) << "it waits for a commit that nobody makes";
  EXPECT_EQ(answered && !*told ? told->error().code : "", "shutting_down");
  calls.cancel();
  co_await calls.join();
}

Async<> a_commit_that_is_cut_off_answers_whoever_waits_for_it() {
  auto const executor = co_await asio::this_coro::executor;
  Bench bench(executor);
  bench.journal.held = true;
  std::optional<Result<>> accepted;
  AsyncScope calls(executor);
  calls.spawn(
      submit_and_note(bench, bench.submission(workflow("tasks: {a: {type: work}}")), accepted)
  );
  auto const is_under_way = co_await eventually([&] { return bench.journal.begun == 1; });
  EXPECT_TRUE(is_under_way);
  bench.scope.cancel();
  auto const answered = co_await eventually([&] { return accepted.has_value(); });
  EXPECT_TRUE(answered);
  EXPECT_FALSE(answered && *accepted);
  bench.journal.release();
  calls.cancel();
  co_await calls.join();
  co_await bench.scope.join();
}

Async<> timeouts_hold_while_it_stops() {
  Bench bench(co_await asio::this_coro::executor);
  bench.runner.scripts["a"].hangs = true;
  auto submission = bench.submission(workflow("tasks: {a: {type: work, timeout: 30ms}}"));
  static_cast<void>(co_await bench.engine.submit(std::move(submission)));
  auto const running = co_await eventually([&] { return bench.runner.started.size() == 1; });
  EXPECT_TRUE(running);
  bench.engine.stop(1min);
  auto const ended = co_await eventually([&] { return bench.ended.has_value(); });
  EXPECT_TRUE(ended);
  EXPECT_EQ(bench.recorder.ends, just(Status::failed));
  bench.engine.stop(Duration(0));
  co_await bench.scope.join();
}

Async<> the_same_submission_twice_has_one_place() {
  auto const executor = co_await asio::this_coro::executor;
  Bench bench(executor);
  bench.runner.scripts["a"].hangs = true;
  auto const flow = workflow("concurrency: {limit: 1}\ntasks: {a: {type: work}}");
  auto first = bench.submission(flow);
  std::vector<std::optional<Result<>>> told(3);
  AsyncScope calls(executor);
  for (auto& out : told) {
    auto again = first;
    calls.spawn(submit_and_note(bench, std::move(again), out));
  }
  co_await calls.join();
  EXPECT_TRUE(*told[0]);
  EXPECT_EQ(*told[1] ? "" : told[1]->error().code, "already_exists");
  EXPECT_EQ(*told[2] ? "" : told[2]->error().code, "already_exists");
  auto next = bench.submission(flow);
  ExecutionId const next_id = next.id;
  static_cast<void>(co_await bench.engine.submit(std::move(next)));
  auto const why = co_await bench.engine.why(next_id, "a");
  CO_ASSERT(why);
  EXPECT_EQ(why->at(0).at("reason"), json::value("concurrency")) << "the first has its place";
  co_await bench.close();
}

Async<> a_command_that_was_not_stored_is_an_error() {
  Bench bench(co_await asio::this_coro::executor);
  auto submission = bench.submission(workflow("tasks: {a: {type: wait, duration: 10m}}"));
  ExecutionId const id = submission.id;
  static_cast<void>(co_await bench.engine.submit(std::move(submission)));
  bench.journal.reject_changes = true;
  auto const refused = co_await bench.engine.command(id, Command::pause);
  EXPECT_EQ(refused ? "" : refused.error().code, "change_rejected");
  EXPECT_FALSE(bench.engine.is_live(id)) << "nobody knows any more how it stands";
  co_await bench.close();
}

TEST(Engine, RunsAWorkflowToItsEnd) {
  run_coro(runs_a_workflow());
}
TEST(Engine, NothingIsToldOrStartedBeforeItIsDurable) {
  run_coro(nothing_before_the_commit());
}
TEST(Engine, ChangesGatherWhileACommitIsUnderWay) {
  run_coro(changes_gather_while_a_commit_is_under_way());
}
TEST(Engine, WhoeverWaitsIsToldHowItEnded) {
  run_coro(whoever_waits_is_told_how_it_ended());
}
TEST(Engine, CancelReachesTheRunningAttempt) {
  run_coro(cancel_reaches_the_runner());
}
TEST(Engine, ATimeoutStopsTheRunningAttempt) {
  run_coro(a_timeout_stops_the_runner());
}
TEST(Engine, StreamedTextGoesToTheWatchers) {
  run_coro(streamed_text_goes_to_the_watchers());
}

TEST(Engine, LogLinesWaitForTheJournalAndNoneIsDropped) {
  run_coro(logs_wait_for_the_journal());
}
TEST(Engine, AChangeThatCannotBeStoredIsTheSubmittersError) {
  run_coro(a_refused_change_is_the_submitters_error());
}
TEST(Engine, FencingStopsAllWork) {
  run_coro(fencing_stops_all_work());
}
TEST(Engine, StoppingGivesGraceAndWritesDownTheRest) {
  run_coro(stop_gives_grace_and_writes_down_the_rest());
}
TEST(Engine, WhyNamesThePoolAndTheDependency) {
  run_coro(why_names_the_pool_and_the_dependency());
}
TEST(Engine, TheConcurrencyLimitHolds) {
  run_coro(the_concurrency_limit_holds());
}

TEST(Engine, ACommandThatComesAfterTheLastCommitIsRefused) {
  run_coro(a_command_that_comes_too_late_is_refused());
}
TEST(Engine, ACommitThatIsCutOffAnswersWhoeverWaitsForIt) {
  run_coro(a_commit_that_is_cut_off_answers_whoever_waits_for_it());
}
TEST(Engine, TimeoutsHoldWhileItStops) {
  run_coro(timeouts_hold_while_it_stops());
}
TEST(Engine, TheSameSubmissionTwiceHasOnePlace) {
  run_coro(the_same_submission_twice_has_one_place());
}
TEST(Engine, ACommandThatWasNotStoredIsAnError) {
  run_coro(a_command_that_was_not_stored_is_an_error());
}

}  // namespace
}  // namespace ropewalk
