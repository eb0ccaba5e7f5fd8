#pragma once
// One thread, one io_context: where a share of the executions and of the connections live.
//
// What runs on a shard is touched by no other thread. Shards talk by post(); nothing on a shard
// blocks.

#include "engine/async/async.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/executor_work_guard.hpp>

#include <cstdint>
#include <thread>
#include <type_traits>
#include <utility>

namespace ropewalk {

class Shard {
 public:
  explicit Shard(std::uint32_t index);
  Shard(Shard const&) = delete;
  Shard& operator=(Shard const&) = delete;
  /// Waits for everything that still runs on it.
  ~Shard();

  std::uint32_t index() const { return index_; }
  Executor executor() { return io_.get_executor(); }
  asio::io_context& context() { return io_; }
  bool is_current() { return io_.get_executor().running_in_this_thread(); }

  /// Starts the thread.
  void start();
  /// Lets the thread end once nothing is left to do, and waits for it.
  void join();

 private:
  asio::io_context io_{1};
  asio::executor_work_guard<Executor> work_;
  std::uint32_t index_;
  std::thread thread_;
};

/// The only way to await work on another shard: runs `make_work()` on `home`, then resumes the
/// caller on its own shard. Cancellation does not cross: the call always finishes. Send a message
/// to stop remote work.
template <class MakeWork>
auto on_shard(Executor home, MakeWork make_work) -> std::invoke_result_t<MakeWork> {
  auto remote = asio::co_spawn(home, std::move(make_work), asio::deferred);
  asio::cancellation_slot none;
  co_return co_await std::move(remote)(asio::bind_cancellation_slot(none, use_async));
}

template <class MakeWork>
auto on_shard(Shard& home, MakeWork make_work) -> std::invoke_result_t<MakeWork> {
  return on_shard(home.executor(), std::move(make_work));
}

}  // namespace ropewalk
