// Goal: an execution that begins later is accepted at once, begins when its time has come, says why
// it waits until then, and can be cancelled or give its place to a later one.
#include "tests/engine/runtime/support.hpp"

namespace ropewalk {
namespace {

using namespace test;

std::shared_ptr<Workflow const> flow() {
  return workflow("tasks: {a: {type: work}}");
}

Submission held(Bench& bench, std::shared_ptr<Workflow const> workflow, Duration wait) {
  auto out = bench.submission(std::move(workflow));
  out.hold = StartHold{bench.clock.now() + wait, "rateLimit"};
  return out;
}

Async<> begins_when_its_time_has_come() {
  Bench bench(co_await asio::this_coro::executor);
  auto later = held(bench, flow(), 300ms);
  auto const id = later.id;
  auto accepted = co_await bench.engine.submit(std::move(later));
  EXPECT_TRUE(accepted) << "it is durable before it begins";
  EXPECT_TRUE(bench.runner.started.empty());
  auto const why = co_await bench.engine.why(id, "");
  EXPECT_TRUE(why);
  if (why) {
    auto const text = to_text(*why);
    EXPECT_NE(text.find("\"reason\":\"rateLimit\""), std::string::npos) << text;
    EXPECT_NE(text.find("startsAt"), std::string::npos) << text;
  }
  auto sooner = bench.submission(flow());
  auto const other = sooner.id;
  accepted = co_await bench.engine.submit(std::move(sooner));
  EXPECT_TRUE(accepted);
  auto const passed = co_await eventually([&] { return !bench.engine.is_live(other); });
  EXPECT_TRUE(passed) << "others need not wait for it";
  auto const ended = co_await eventually([&] { return !bench.engine.is_live(id); });
  EXPECT_TRUE(ended);
  EXPECT_EQ(bench.runner.started.size(), 2U);
  co_await bench.close();
}

Async<> enters_its_concurrency_limit_when_it_begins() {
  Bench bench(co_await asio::this_coro::executor);
  bench.runner.scripts["a"].hangs = true;
  auto const limited = workflow("concurrency: {limit: 1}\ntasks: {a: {type: work}}");
  auto later = held(bench, limited, 50ms);
  auto const id = later.id;
  auto accepted = co_await bench.engine.submit(std::move(later));
  EXPECT_TRUE(accepted);
  auto now = bench.submission(limited);
  auto const first = now.id;
  accepted = co_await bench.engine.submit(std::move(now));
  EXPECT_TRUE(accepted);
  bool queued = false;
  for (int i = 0; i < 2000 && !queued; ++i) {
    auto const why = co_await bench.engine.why(id, "");
    queued = why && to_text(*why).find("\"reason\":\"concurrency\"") != std::string::npos;
    co_await sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_TRUE(queued);
  auto const cancelled = co_await bench.engine.command(first, Command::cancel);
  EXPECT_TRUE(cancelled);
  auto const begun = co_await eventually([&] { return bench.runner.started.size() == 2; });
  EXPECT_TRUE(begun);
  co_await bench.close();
}

Async<> gives_its_place_to_a_later_one() {
  Bench bench(co_await asio::this_coro::executor);
  auto earlier = held(bench, flow(), std::chrono::hours(1));
  auto const id = earlier.id;
  auto const accepted = co_await bench.engine.submit(std::move(earlier));
  EXPECT_TRUE(accepted);
  Error reason{ErrorClass::permanent, "debounced", "a later call came"};
  auto const done = co_await bench.engine.supersede(id, reason);
  EXPECT_TRUE(done);
  EXPECT_FALSE(bench.engine.is_live(id));
  EXPECT_EQ(bench.recorder.ends, std::vector<Status>(1, Status::cancelled));
  EXPECT_NE(bench.journal.changes.back().state->error.find("debounced"), std::string::npos);
  auto const again = co_await bench.engine.supersede(id, reason);
  EXPECT_EQ(again.error().code, "not_found");
  auto running = bench.submission(flow());
  auto const other = running.id;
  bench.runner.scripts["a"].hangs = true;
  auto const submitted = co_await bench.engine.submit(std::move(running));
  EXPECT_TRUE(submitted);
  auto const refused = co_await bench.engine.supersede(other, reason);
  EXPECT_EQ(refused.error().code, "not_found") << "one that has begun runs on";
  EXPECT_TRUE(bench.runner.stopped.empty());
  co_await bench.close();
}

Async<> waits_on_after_a_takeover() {
  Bench bench(co_await asio::this_coro::executor);
  StoredExecution stored;
  stored.execution = execution_id(77);
  stored.created.workflow = "test";
  StartHold hold{bench.clock.now() + 200ms, "debounce"};
  auto adopting = bench.engine.adopt(flow(), stored, hold);
  co_await std::move(adopting);
  EXPECT_TRUE(bench.engine.is_live(stored.execution));
  EXPECT_TRUE(bench.runner.started.empty());
  auto const ended = co_await eventually([&] { return !bench.engine.is_live(stored.execution); });
  EXPECT_TRUE(ended);
  EXPECT_EQ(bench.runner.started.size(), 1U);
  co_await bench.close();
}

Async<> a_stop_leaves_it_to_the_next_server() {
  Bench bench(co_await asio::this_coro::executor);
  auto later = held(bench, flow(), 50ms);
  auto const id = later.id;
  auto const accepted = co_await bench.engine.submit(std::move(later));
  EXPECT_TRUE(accepted);
  co_await bench.close();
  EXPECT_TRUE(bench.runner.started.empty());
  EXPECT_TRUE(bench.recorder.ends.empty());
  EXPECT_TRUE(bench.engine.is_live(id));
}

TEST(EngineHolds, BeginsWhenItsTimeHasCome) {
  run_coro(begins_when_its_time_has_come());
}
TEST(EngineHolds, EntersItsConcurrencyLimitWhenItBegins) {
  run_coro(enters_its_concurrency_limit_when_it_begins());
}
TEST(EngineHolds, GivesItsPlaceToALaterOne) {
  run_coro(gives_its_place_to_a_later_one());
}
TEST(EngineHolds, WaitsOnAfterATakeover) {
  run_coro(waits_on_after_a_takeover());
}
TEST(EngineHolds, AStopLeavesItToTheNextServer) {
  run_coro(a_stop_leaves_it_to_the_next_server());
}

}  // namespace
}  // namespace ropewalk
