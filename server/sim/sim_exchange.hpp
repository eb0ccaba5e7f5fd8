#pragma once
// One call of the simulation while it runs, between the model, which says things at their time, and
// the connection, which takes them when it can.
//
// Owner: SimExchange by the coroutine that runs it and by its SimCall. Shard: one.
// Limits: pieces_max pieces wait; what comes then is joined to the last one. The texts are bounded
// by the request's size, which they are made from.

#include "engine/async/async_scope.hpp"
#include "engine/async/signal.hpp"
#include "providers/ai/model_client.hpp"

#include <deque>
#include <memory>
#include <optional>

namespace ropewalk::server {

class SimExchange {
 public:
  static constexpr std::size_t pieces_max = 1024;

  SimExchange(Executor executor, ai::ChatRequest request)
      : request_(std::move(request)), news_(executor) {}

  /// To the end of the call; never throws for it.
  static Async<> run(std::shared_ptr<SimExchange> self, ai::ModelClient& client);

  /// Until something can be taken, or all is over; or the caller is cancelled.
  Async<> wait();
  /// Until all is over; or the caller is cancelled.
  Async<> wait_for_end();
  bool has_news() const { return !pieces_.empty() || outcome_; }
  /// All has been said and taken.
  bool is_over() const { return pieces_.empty() && outcome_; }
  std::optional<ai::ChatEvent> take();
  /// What take() would give; nullptr when it is nothing.
  ai::ChatEvent const* peek() const { return pieces_.empty() ? nullptr : &pieces_.front(); }
  /// Set once the call has ended.
  ai::ChatOutcome const* outcome() const { return outcome_ ? &*outcome_ : nullptr; }

 private:
  void add(ai::ChatEvent const& event);

  ai::ChatRequest request_;
  Signal news_;
  std::deque<ai::ChatEvent> pieces_;
  std::optional<ai::ChatOutcome> outcome_;
};

/// Whoever waits for the answer holds this: without it the call is cancelled.
class SimCall {
 public:
  /// Starts it in `scope`, which is joined before `client` goes.
  SimCall(Executor executor, AsyncScope& scope, ai::ModelClient& client, ai::ChatRequest request);
  SimCall(SimCall const&) = delete;
  SimCall& operator=(SimCall const&) = delete;
  ~SimCall();

  SimExchange& exchange() { return *exchange_; }

 private:
  std::shared_ptr<SimExchange> exchange_;
  std::shared_ptr<asio::cancellation_signal> cancel_;
};

}  // namespace ropewalk::server
