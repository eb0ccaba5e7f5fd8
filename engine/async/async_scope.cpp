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

/// Asio waits once more behind the last line of a coroutine that never waited. Should it be
/// cancelled by then (by itself, when it ends its scope), that wait throws, with nobody to catch
/// it.
Async<> not_thrown_at_its_end(Async<> work) {
  std::exception_ptr fault;
  try {
    co_await std::move(work);
  } catch (...) {
    fault = std::current_exception();
  }
  co_await asio::this_coro::throw_if_cancelled(false);
  if (fault) std::rethrow_exception(fault);
}

}  // namespace

AsyncScope::AsyncScope(Executor executor)
    : executor_(executor), idle_(executor, Timer::time_point::max()) {}

AsyncScope::~AsyncScope() {
  ROPEWALK_CHECK(children_.empty());
}

void AsyncScope::finished(std::exception_ptr fault) {
  if (fault && !first_fault_ && !is_cancellation(fault)) {
    first_fault_ = fault;
    cancel();
  }
  if (children_.empty()) idle_.cancel();
}

void AsyncScope::spawn(Async<> work) {
  spawn(std::move(work), std::make_shared<asio::cancellation_signal>());
}

void AsyncScope::spawn(Async<> work, std::shared_ptr<asio::cancellation_signal> signal) {
  auto const child = children_.insert(children_.end(), std::move(signal));
  auto done = [this, child](std::exception_ptr fault) {
    children_.erase(child);
    finished(fault);
  };
  auto whole = not_thrown_at_its_end(std::move(work));
  asio::co_spawn(
      executor_, std::move(whole), asio::bind_cancellation_slot((*child)->slot(), std::move(done))
  );
}

void AsyncScope::cancel() {
  for (auto it = children_.begin(); it != children_.end();)
    (*it++)->emit(asio::cancellation_type::terminal);
}

Async<> AsyncScope::join() {
  bool const throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  while (!children_.empty()) {
    auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) cancel();
    co_await idle_.async_wait(use_tuple);
  }
  co_await asio::this_coro::throw_if_cancelled(throws);  // the flag belongs to the whole co_spawn
  if (first_fault_) std::rethrow_exception(first_fault_);
}

}  // namespace ropewalk
