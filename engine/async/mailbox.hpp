#pragma once
// Bounded queue between coroutines of one shard.
//
// Why:    Asio's channel loses messages when a receive is cancelled.
// Owner:  whoever constructs it; must outlive every pop().
// Shard:  all calls on the constructing shard.
// Cancel: pop() returns nullopt; no item is lost.
// Limits: items_max, fixed at construction; push() fails when full: a full box is the sender's
// decision to make.

#include "engine/async/async.hpp"

#include <boost/asio/cancellation_state.hpp>

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

namespace ropewalk {

template <class T>
class Mailbox {
 public:
  Mailbox(Executor executor, std::size_t items_max)
      : wake_(executor, Timer::time_point::max()), items_max_(items_max) {}

  [[nodiscard]] bool push(T item) {
    if (closed_ || items_.size() >= items_max_) return false;
    items_.push_back(std::move(item));
    wake_.cancel_one();
    return true;
  }

  void close() {
    closed_ = true;
    wake_.cancel();
  }

  bool is_closed() const { return closed_; }
  std::size_t size() const { return items_.size(); }

  /// Next item; nullopt once closed and drained, or when the caller is cancelled.
  Async<std::optional<T>> pop() {
    while (items_.empty() && !closed_) {
      co_await wake_.async_wait(use_tuple);
      auto state = co_await asio::this_coro::cancellation_state;
      if (state.cancelled() != asio::cancellation_type::none) co_return std::nullopt;
    }
    if (items_.empty()) co_return std::nullopt;
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    co_return item;
  }

 private:
  Timer wake_;
  std::deque<T> items_;
  std::size_t items_max_;
  bool closed_ = false;
};

}  // namespace ropewalk
