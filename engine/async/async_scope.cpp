#include "engine/async/async_scope.hpp"

#include "engine/base/error.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>

namespace ropewalk {
namespace {

/// A child that ends because it was cancelled has not failed.
bool is_cancellation(std::exception_ptr const& fault) {
  try {
    std::rethrow_exception(fault);
  } catch (boost::system::system_error const& e) {
    return e.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;  // not ours to judge: the joiner gets it
  }
}

}  // namespace

AsyncScope::AsyncScope(Executor executor)
    : executor_(executor), idle_(executor, Timer::time_point::max()) {}

AsyncScope::~AsyncScope() {
  ROPEWALK_CHECK(children_count_ == 0);
}

void AsyncScope::finished(std::exception_ptr fault) {
  --children_count_;
  if (fault && !first_fault_ && !is_cancellation(fault)) {
    first_fault_ = fault;
    cancel();
  }
  if (children_count_ == 0) idle_.cancel();
}

void AsyncScope::spawn(Async<> work) {
  auto const child = signals_.emplace(signals_.end());
  ++children_count_;
  auto done = [this, child](std::exception_ptr fault) {
    signals_.erase(child);
    finished(fault);
  };
  asio::co_spawn(
      executor_, std::move(work), asio::bind_cancellation_slot(child->slot(), std::move(done))
  );
}

void AsyncScope::spawn(Async<> work, asio::cancellation_signal& signal) {
  auto const child = borrowed_.insert(borrowed_.end(), &signal);
  ++children_count_;
  auto done = [this, child](std::exception_ptr fault) {
    borrowed_.erase(child);
    finished(fault);
  };
  asio::co_spawn(
      executor_, std::move(work), asio::bind_cancellation_slot(signal.slot(), std::move(done))
  );
}

void AsyncScope::cancel() {
  for (auto it = signals_.begin(); it != signals_.end();)
    (it++)->emit(asio::cancellation_type::terminal);
  for (auto it = borrowed_.begin(); it != borrowed_.end();)
    (*it++)->emit(asio::cancellation_type::terminal);
}

Async<> AsyncScope::join() {
  bool const throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  while (children_count_ > 0) {
    auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) cancel();
    co_await idle_.async_wait(use_tuple);
  }
  co_await asio::this_coro::throw_if_cancelled(throws);  // the flag belongs to the whole co_spawn
  if (first_fault_) std::rethrow_exception(first_fault_);
}

}  // namespace ropewalk
