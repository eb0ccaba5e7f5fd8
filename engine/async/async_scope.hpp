#pragma once
// Owns coroutines on one shard: nothing it starts outlives it.
//
// Owner:   whoever constructs it, and that one joins it on every path; the destructor checks.
// Shard:   all calls on the constructing shard.
// Cancel:  cancel() reaches every child (terminal cancellation); a cancelled joiner cancels them
// and still waits.

#include "engine/async/async.hpp"

#include <boost/asio/cancellation_signal.hpp>

#include <cstddef>
#include <exception>
#include <list>
#include <memory>

namespace ropewalk {

class AsyncScope {
 public:
  explicit AsyncScope(Executor executor);
  AsyncScope(AsyncScope const&) = delete;
  AsyncScope& operator=(AsyncScope const&) = delete;
  ~AsyncScope();

  /// Starts `work` on this shard. The first child that throws cancels the rest; join() rethrows it.
  void spawn(Async<> work);
  /// The same, with a signal by which the caller can cancel this one child alone. The scope keeps
  /// it until the child has really ended: Asio looks at it once more after the coroutine's last
  /// line.
  void spawn(Async<> work, std::shared_ptr<asio::cancellation_signal> signal);
  void cancel();
  Async<> join();
  std::size_t size() const { return children_.size(); }

 private:
  void finished(std::exception_ptr fault);

  Executor executor_;
  Timer idle_;
  std::list<std::shared_ptr<asio::cancellation_signal>> children_;
  std::exception_ptr first_fault_;
};

}  // namespace ropewalk
