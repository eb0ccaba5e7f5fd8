#pragma once
// A wake-up that is remembered: wait() returns at once when notify() came first. One shard, any
// number of waiters.

#include "engine/async/async.hpp"

namespace ropewalk {

class Signal {
 public:
  explicit Signal(Executor executor) : timer_(executor, Timer::time_point::max()) {}

  void notify() {
    raised_ = true;
    timer_.cancel();
  }

  /// Returns when notified (taking the notice), or when the caller is cancelled.
  Async<> wait() {
    if (!raised_) co_await timer_.async_wait(use_tuple);
    raised_ = false;
  }

  /// The same, but returns at `limit` at the latest. One waiter at a time.
  Async<> wait_until(Steady::time_point limit) {
    if (!raised_) {
      timer_.expires_at(limit);
      co_await timer_.async_wait(use_tuple);
      timer_.expires_at(Timer::time_point::max());
    }
    raised_ = false;
  }

 private:
  Timer timer_;
  bool raised_ = false;
};

}  // namespace ropewalk
