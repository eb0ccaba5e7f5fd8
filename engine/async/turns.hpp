#pragma once
// One at a time for each key: who has the turn may await what it likes, and nobody else does the
// same thing to the same key meanwhile.
//
// Owner:  must outlive every turn and every waiting take().
// Shard:  all calls on one shard.
// Cancel: take() throws operation_aborted and leaves the line.
// Limits: bounded by the callers; first come, first served.

#include "engine/async/async.hpp"

#include <boost/system/system_error.hpp>

#include <list>
#include <map>
#include <utility>

namespace ropewalk {

template <class Key>
class Turns {
 public:
  /// Held until it is destroyed.
  class Turn {
   public:
    Turn(Turns& turns, Key key) : turns_(&turns), key_(std::move(key)) {}
    Turn(Turn&& other) noexcept
        : turns_(std::exchange(other.turns_, nullptr)), key_(std::move(other.key_)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (turns_) turns_->pass_on(key_);
    }

   private:
    Turns* turns_;
    Key key_;
  };

  explicit Turns(Executor executor) : executor_(executor) {}
  Turns(Turns const&) = delete;
  Turns& operator=(Turns const&) = delete;

  Async<Turn> take(Key key) {
    auto const [line, is_free] = lines_.try_emplace(key);
    if (!is_free) {
      Waiting waiting(*this, key, line->second);
      co_await waiting.wait();
    }
    co_return Turn(*this, std::move(key));
  }

 private:
  struct Place {
    Timer timer;
    bool is_next = false;
  };
  using Line = std::list<Place*>;

  class Waiting {
   public:
    Waiting(Turns& turns, Key const& key, Line& line)
        : turns_(turns), key_(key), place_{Timer(turns.executor_, Timer::time_point::max())} {
      line.push_back(&place_);
    }
    Waiting(Waiting const&) = delete;
    Waiting& operator=(Waiting const&) = delete;
    ~Waiting() {
      if (is_over_) return;
      if (place_.is_next)
        turns_.pass_on(key_);
      else
        turns_.lines_.at(key_).remove(&place_);
    }
    Async<> wait() {
      while (!place_.is_next) {
        co_await place_.timer.async_wait(use_tuple);
        auto const state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none)
          throw boost::system::system_error(asio::error::operation_aborted);
      }
      is_over_ = true;
    }

   private:
    Turns& turns_;
    Key key_;
    Place place_;
    bool is_over_ = false;
  };

  void pass_on(Key const& key) {
    auto const line = lines_.find(key);
    if (line->second.empty()) {
      lines_.erase(line);
      return;
    }
    Place& next = *line->second.front();
    line->second.pop_front();
    next.is_next = true;
    next.timer.cancel();
  }

  Executor executor_;
  std::map<Key, Line> lines_;  // of each turn that is taken, who waits for it
};

}  // namespace ropewalk
