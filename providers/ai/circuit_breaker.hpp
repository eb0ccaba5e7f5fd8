#pragma once
// Stops calling a provider that does not work, and finds out with single calls when it does again.
//
// It opens after a row of transient failures within a time, and at once when the key is refused or
// its quota is used up. When its pause is over, one call probes: it closes the circuit or opens it
// for longer. A rate limit does not open it: that is what the limits are for.
//
// Pure: time is an argument. One per provider (and so per key).

#include "engine/base/error.hpp"
#include "engine/base/time.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace ropewalk::ai {

struct BreakerSettings {
  std::size_t failures_max = 5;  // in a row; 0: never opens for transient failures
  Duration within = std::chrono::seconds(30);
  Duration pause = std::chrono::seconds(5);  // doubles with each probe that fails
  Duration pause_max = std::chrono::minutes(2);
  Duration refused_pause = std::chrono::minutes(1);  // quota and key: nobody mends these in seconds
  Duration refused_pause_max = std::chrono::minutes(15);
};

class CircuitBreaker {
 public:
  enum class State : unsigned char { closed, open, half_open };

  explicit CircuitBreaker(BreakerSettings settings) : settings_(settings) {}

  State state(Instant now) const;
  /// nullopt: a call may start (half-open: the one probe). Else provider_unavailable (transient,
  /// detail.retryAfterMs), or, where the key was refused or its quota used up, what the provider
  /// said.
  std::optional<Error> refusal(std::string_view provider, Instant now) const;

  /// A call starts: true when it is the probe. REQUIRES: refusal() is nullopt.
  bool start(Instant now);
  /// How it ended; nullptr: well.
  void ended(Error const* error, bool is_probe, Instant now);
  /// It told nothing: cancelled, or never sent.
  void abandoned(bool is_probe);

  std::size_t failures_count() const { return failures_.size(); }
  /// The failure that opened it; nullopt when it is closed.
  std::optional<Error> const& cause() const { return cause_; }
  Instant open_until() const { return open_until_; }

 private:
  void open(Error cause, bool is_refused, Instant now);
  void close();

  BreakerSettings settings_;
  std::deque<Instant> failures_;  // since the last success; at most failures_max
  std::optional<Error> cause_;
  bool is_refused_ = false;  // by quota or key
  bool is_probing_ = false;
  Duration pause_{};
  Instant open_until_{};
};

/// "closed", "open" or "half_open".
std::string_view to_string(CircuitBreaker::State state);

}  // namespace ropewalk::ai
