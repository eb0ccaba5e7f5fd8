#pragma once
// Two calls for one answer: the second begins when the first is late, and whichever says something
// first is listened to. The other is cancelled. What the first waits for its turn is not late.
//
// Shard: that of the caller. Owner: whoever awaits run(); both calls have ended when it returns.

#include "engine/async/async_scope.hpp"
#include "engine/async/signal.hpp"
#include "engine/base/error.hpp"
#include "engine/base/time.hpp"
#include "providers/ai/model_client.hpp"

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace ropewalk::ai {

template <class T>
class HedgeRace {
 public:
  using Start = std::function<Async<Result<T>>(ChatListener const& listener)>;

  /// `listener` gets the events of the call that won.
  HedgeRace(Executor executor, ChatListener listener)
      : scope_(executor), changed_(executor), listener_(std::move(listener)) {}

  /// The first has its turn: from now on it can be late. While it never is, the second never
  /// begins.
  void first_began() {
    if (!began_at_) began_at_ = Steady::now();
    changed_.notify();
  }

  /// The result of the call that won; where none said anything, that of the first.
  Async<Result<T>> run(Duration hedge_after, Start first, Start second) {
    bool const throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);  // both calls are awaited on every path
    begin(0, first);
    bool is_cancelled = false;
    while (!is_cancelled && !is_over()) {
      bool const may_hedge = winner_ < 0 && !entrants_[1].is_started && began_at_;
      auto const hedge_at = may_hedge ? *began_at_ + hedge_after : Steady::time_point::max();
      if (Steady::now() >= hedge_at) {
        begin(1, second);
        continue;
      }
      co_await changed_.wait_until(hedge_at);
      auto const state = co_await asio::this_coro::cancellation_state;
      is_cancelled = state.cancelled() != asio::cancellation_type::none;
    }
    scope_.cancel();
    co_await scope_.join();
    co_await asio::this_coro::throw_if_cancelled(throws);
    if (is_cancelled) co_return Error{ErrorClass::transient, "cancelled", "the call was cancelled"};
    co_return std::move(*entrants_[static_cast<std::size_t>(std::max(winner_, 0))].result);
  }

 private:
  struct Entrant {
    bool is_started = false;
    std::optional<Result<T>> result{};
    std::shared_ptr<asio::cancellation_signal> signal{};
    ChatListener listener{};
  };

  static bool says_something(ChatEvent const& event) {
    return std::holds_alternative<TextDelta>(event) ||
           std::holds_alternative<ReasoningDelta>(event) ||
           std::holds_alternative<ToolCallStarted>(event);
  }

  bool is_over() const {
    if (winner_ >= 0) return entrants_[static_cast<std::size_t>(winner_)].result.has_value();
    // The first has failed without a word: the chain decides what follows, not the hedge.
    return entrants_[0].result.has_value() &&
           (!entrants_[1].is_started || entrants_[1].result.has_value());
  }

  void begin(std::size_t index, Start const& start) {
    Entrant& entrant = entrants_[index];
    entrant.is_started = true;
    entrant.signal = std::make_shared<asio::cancellation_signal>();
    entrant.listener = [this, index](ChatEvent const& event) { hear(index, event); };
    auto call = start(entrant.listener);
    auto running = run_to_its_end(index, std::move(call));
    scope_.spawn(std::move(running), entrant.signal);
  }

  Async<> run_to_its_end(std::size_t index, Async<Result<T>> call) {
    auto result = co_await std::move(call);
    finish(index, std::move(result));
  }

  void finish(std::size_t index, Result<T> result) {
    // An answer without a word is an answer too.
    if (result && winner_ < 0) win(index);
    entrants_[index].result.emplace(std::move(result));
    changed_.notify();
  }

  void hear(std::size_t index, ChatEvent const& event) {
    if (winner_ < 0 && says_something(event)) win(index);
    if (winner_ == static_cast<int>(index)) listener_(event);
  }

  void win(std::size_t index) {
    winner_ = static_cast<int>(index);
    Entrant const& other = entrants_[1 - index];
    if (other.is_started && !other.result) other.signal->emit(asio::cancellation_type::terminal);
    changed_.notify();
  }

  AsyncScope scope_;
  Signal changed_;
  ChatListener listener_;
  std::array<Entrant, 2> entrants_{};
  std::optional<Steady::time_point> began_at_{};
  int winner_ = -1;
};

}  // namespace ropewalk::ai
