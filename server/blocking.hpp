#pragma once
// A few threads for work that would hold a shard up: reading large definitions, starting a
// database.
//
// Owner: the node. Everything given to it is awaited before it is destroyed.

#include "engine/async/async.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace ropewalk::server {

class BlockingPool {
 public:
  explicit BlockingPool(std::size_t threads_count) : threads_(threads_count) {}
  ~BlockingPool() { threads_.join(); }

  /// Runs `work()` on one of the threads, then resumes the caller on its own shard. Not cut short
  /// by cancellation. `work` must not touch what belongs to a shard.
  template <class Work>
  Async<std::invoke_result_t<Work>> run(Work work) {
    using Value = std::invoke_result_t<Work>;
    struct State {
      std::optional<Value> value{};
      std::exception_ptr fault{};
    };
    auto const state = std::make_shared<State>();
    auto const home = co_await asio::this_coro::executor;
    auto const done = std::make_shared<Timer>(home, Timer::time_point::max());
    // The job gives its part of the timer away: a timer must end on its shard, and not after it.
    auto job = [state, given = done, home, task = std::move(work)]() mutable {
      try {
        state->value.emplace(task());
      } catch (...) {
        state->fault = std::current_exception();  // rethrown to the caller
      }
      asio::post(home, [timer = std::move(given)] { timer->expires_at(Timer::time_point::min()); });
    };
    asio::post(threads_, std::move(job));
    bool const throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    while (done->expiry() != Timer::time_point::min()) co_await done->async_wait(use_tuple);
    co_await asio::this_coro::throw_if_cancelled(throws);
    if (state->fault) std::rethrow_exception(state->fault);
    co_return std::move(*state->value);
  }

 private:
  asio::thread_pool threads_;
};

}  // namespace ropewalk::server
