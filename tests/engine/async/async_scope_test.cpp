// AsyncScope: nothing that it starts outlives it, and cancelling reaches everything.
#include "engine/async/async_scope.hpp"

#include "engine/async/deadline.hpp"
#include "tests/engine/async/run_coro.hpp"

#include <boost/system/system_error.hpp>

namespace ropewalk {
namespace {

using namespace std::chrono_literals;
using test::run_coro;

Async<> count_after(Steady::duration time, int& count) {
  co_await sleep_for(time);
  ++count;
}

Async<> throw_after(Steady::duration time) {
  co_await sleep_for(time);
  throw std::runtime_error("boom");
}

Async<> joins_all() {
  int count = 0;
  AsyncScope scope(co_await asio::this_coro::executor);
  for (int i = 0; i < 100; ++i) scope.spawn(count_after(std::chrono::milliseconds(i % 5), count));
  co_await scope.join();
  EXPECT_EQ(count, 100);
}

Async<> cancels_all() {
  int count = 0;
  AsyncScope scope(co_await asio::this_coro::executor);
  for (int i = 0; i < 100; ++i) scope.spawn(count_after(1h, count));
  co_await sleep_for(1ms);
  scope.cancel();
  co_await scope.join();
  EXPECT_EQ(count, 0);
}

Async<> fault_cancels_siblings() {
  int count = 0;
  AsyncScope scope(co_await asio::this_coro::executor);
  scope.spawn(count_after(1h, count));
  scope.spawn(throw_after(1ms));
  std::string what;
  try {
    co_await scope.join();
  } catch (std::runtime_error const& error) {
    what = error.what();
  }
  EXPECT_EQ(what, "boom");
}

/// Its last line is reached without a wait: Asio's own wait behind it finds it cancelled.
Async<> end_scope_at_once(AsyncScope& scope, bool throws) {
  scope.cancel();
  if (throws) throw std::runtime_error("boom");
  co_return;
}

Async<> ended_by_a_child_that_never_waits(bool throws) {
  int count = 0;
  std::string what;
  AsyncScope scope(co_await asio::this_coro::executor);
  scope.spawn(count_after(1h, count));
  scope.spawn(end_scope_at_once(scope, throws));
  try {
    co_await scope.join();
  } catch (std::runtime_error const& error) {
    what = error.what();
  }
  EXPECT_EQ(count, 0);
  EXPECT_EQ(what, throws ? "boom" : "");
}

Async<> one_by_its_signal() {
  int count = 0;
  auto const signal = std::make_shared<asio::cancellation_signal>();
  AsyncScope scope(co_await asio::this_coro::executor);
  scope.spawn(count_after(1h, count), signal);
  scope.spawn(count_after(2ms, count));
  co_await sleep_for(1ms);
  signal->emit(asio::cancellation_type::terminal);
  co_await scope.join();
  EXPECT_EQ(count, 1);
}

Async<> ends_at_once(std::shared_ptr<asio::cancellation_signal>& owned) {
  owned.reset();  // its owner lets go before the coroutine has returned
  co_return;
}

Async<> a_child_that_lets_go_of_its_signal() {
  AsyncScope scope(co_await asio::this_coro::executor);
  std::vector<std::shared_ptr<asio::cancellation_signal>> signals(100);
  for (auto& signal : signals) {
    signal = std::make_shared<asio::cancellation_signal>();
    scope.spawn(ends_at_once(signal), signal);
  }
  co_await scope.join();
  EXPECT_EQ(scope.size(), 0U);
}

Async<> inner(bool& restored) {
  int count = 0;
  AsyncScope scope(co_await asio::this_coro::executor);
  scope.spawn(count_after(1h, count));
  co_await scope.join();
  restored = co_await asio::this_coro::throw_if_cancelled();
}

Async<> a_cancelled_joiner_cancels_its_children() {
  bool restored = false;
  AsyncScope outer(co_await asio::this_coro::executor);
  outer.spawn(inner(restored));
  co_await sleep_for(1ms);
  outer.cancel();
  co_await outer.join();
  EXPECT_TRUE(restored) << "the throw flag is the whole coroutine's: join gives it back as it was";
}

TEST(AsyncScope, AChildThatNeverWaitsMayEndIt) {
  run_coro(ended_by_a_child_that_never_waits(false));
  run_coro(ended_by_a_child_that_never_waits(true));
}

TEST(AsyncScope, JoinWaitsForEveryChild) {
  run_coro(joins_all());
}
TEST(AsyncScope, CancelReachesEveryChild) {
  run_coro(cancels_all());
}
TEST(AsyncScope, TheFirstFaultCancelsTheRestAndIsRethrown) {
  run_coro(fault_cancels_siblings());
}
TEST(AsyncScope, OneChildCanBeCancelledAlone) {
  run_coro(one_by_its_signal());
}
TEST(AsyncScope, KeepsASignalUntilTheChildHasEnded) {
  run_coro(a_child_that_lets_go_of_its_signal());
}
TEST(AsyncScope, ACancelledJoinerCancelsItsChildren) {
  run_coro(a_cancelled_joiner_cancels_its_children());
}

}  // namespace
}  // namespace ropewalk
