// Mailbox, Signal, with_deadline and on_shard: how coroutines meet.
#include "engine/async/async_scope.hpp"
#include "engine/async/deadline.hpp"
#include "engine/async/mailbox.hpp"
#include "engine/async/shard.hpp"
#include "engine/async/signal.hpp"
#include "engine/async/turns.hpp"
#include "tests/engine/async/run_coro.hpp"

namespace ropewalk {
namespace {

using namespace std::chrono_literals;
using test::run_coro;

Async<Result<int>> value_after(Steady::duration time, int value) {
  co_await sleep_for(time);
  co_return value;
}

Async<Result<int>> throw_after(Steady::duration time) {
  co_await sleep_for(time);
  throw std::runtime_error("boom");
}

/// Says in its own words that it was cut short, or that it had ended before.
Async<Result<int>> own_words(Steady::duration time) {
  Timer timer(co_await asio::this_coro::executor, time);
  auto const [ec] = co_await timer.async_wait(use_tuple);
  if (ec) co_return Error{ErrorClass::permanent, "cancelled", "cut short"};
  co_return Error{ErrorClass::permanent, "broken", "it broke"};
}

Async<> collect(Mailbox<int>& box, std::vector<int>& out) {
  while (auto item = co_await box.pop()) out.push_back(*item);
}

Async<> mailbox_keeps_order() {
  auto const executor = co_await asio::this_coro::executor;
  Mailbox<int> box(executor, 3);
  std::vector<int> out;
  EXPECT_TRUE(box.push(1));
  EXPECT_TRUE(box.push(2));
  EXPECT_TRUE(box.push(3));
  EXPECT_FALSE(box.push(4)) << "full";
  AsyncScope scope(executor);
  scope.spawn(collect(box, out));
  co_await sleep_for(1ms);
  EXPECT_TRUE(box.push(5));
  box.close();
  EXPECT_FALSE(box.push(6)) << "closed";
  co_await scope.join();
  EXPECT_EQ(out, (std::vector{1, 2, 3, 5}));
}

Async<> mailbox_loses_nothing_on_cancel() {
  auto const executor = co_await asio::this_coro::executor;
  Mailbox<int> box(executor, 3);
  std::vector<int> out;
  AsyncScope first(executor);
  first.spawn(collect(box, out));
  co_await sleep_for(1ms);
  first.cancel();
  EXPECT_TRUE(box.push(7));
  co_await first.join();
  AsyncScope second(executor);
  second.spawn(collect(box, out));
  box.close();
  co_await second.join();
  EXPECT_EQ(out, std::vector{7});
}

Async<> signal_is_remembered() {
  Signal signal(co_await asio::this_coro::executor);
  signal.notify();
  co_await signal.wait();
}

Async<> deadline_passes_values_timeouts_and_faults() {
  auto in_time = co_await with_deadline(1s, value_after(1ms, 7));
  EXPECT_EQ(in_time.value(), 7);
  auto late = co_await with_deadline(2ms, value_after(1h, 7));
  EXPECT_EQ(late.error().code, "timeout");
  EXPECT_EQ(late.error().error_class, ErrorClass::transient);
  auto const cut_short = co_await with_deadline(2ms, own_words(1h));
  EXPECT_EQ(cut_short.error().code, "timeout") << "whatever the work makes of it";
  auto const broken = co_await with_deadline(1h, own_words(1ms));
  EXPECT_EQ(broken.error().code, "broken");
  bool threw = false;
  try {
    static_cast<void>(co_await with_deadline(1h, throw_after(1ms)));
  } catch (std::runtime_error const&) {
    threw = true;
  }
  EXPECT_TRUE(threw) << "a fault is not a timeout";
}

Async<int> where(Shard& home) {
  EXPECT_TRUE(home.is_current());
  co_return 42;
}

Async<> crosses_shards(Shard& other) {
  for (int i = 0; i < 200; ++i) {
    auto make = [&other] { return where(other); };
    auto call = on_shard(other, make);
    EXPECT_EQ(co_await std::move(call), 42);
    EXPECT_FALSE(other.is_current()) << "back on its own shard";
  }
}

Async<> take_and_note(Turns<int>& turns, int key, std::vector<int>& order, int name) {
  auto const turn = co_await turns.take(key);
  order.push_back(name);
  co_await sleep_for(2ms);
  order.push_back(name);
}

Async<> turns_come_one_after_the_other() {
  auto const executor = co_await asio::this_coro::executor;
  Turns<int> turns(executor);
  std::vector<int> order;
  AsyncScope calls(executor);
  for (int name = 1; name <= 3; ++name) calls.spawn(take_and_note(turns, 7, order, name));
  co_await calls.join();
  std::vector<int> expected;
  for (int name = 1; name <= 3; ++name) expected.insert(expected.end(), 2, name);
  EXPECT_EQ(order, expected);
  order.clear();
  auto const held = co_await turns.take(7);
  AsyncScope other(executor);
  other.spawn(take_and_note(turns, 7, order, 4));
  calls.spawn(take_and_note(turns, 8, order, 5));
  co_await calls.join();
  EXPECT_EQ(order, std::vector<int>(2, 5)) << "another key does not wait";
  other.cancel();
  co_await other.join();
  EXPECT_EQ(order.size(), 2U) << "who is cancelled leaves the line";
}

TEST(Turns, OneAtATimeForEachKeyInOrder) {
  run_coro(turns_come_one_after_the_other());
}
TEST(Mailbox, KeepsOrderAndItsBound) {
  run_coro(mailbox_keeps_order());
}
TEST(Mailbox, ACancelledPopLosesNothing) {
  run_coro(mailbox_loses_nothing_on_cancel());
}
TEST(Signal, ANoticeBeforeTheWaitCounts) {
  run_coro(signal_is_remembered());
}
TEST(WithDeadline, PassesValuesTimeoutsAndFaults) {
  run_coro(deadline_passes_values_timeouts_and_faults());
}
TEST(OnShard, RunsThereAndResumesHere) {
  Shard other(1);
  other.start();
  run_coro(crosses_shards(other));
}

}  // namespace
}  // namespace ropewalk
