#pragma once
// Stops calling a provider, or one model of it, that does not work, and finds out with single calls
// when it does again.
//
// That of a provider opens after a row of failures of the provider itself within a time, and at
// once when its key is refused or what the whole account may spend is used up. That of a model
// opens when the key may not use this model, or the model's own quota is used up: other models do
// not suffer for it. When the pause is over, one call probes: it closes the circuit or opens it for
// longer. A rate limit does not open it: that is what the limits are for.
//
// Pure: time is an argument. One per provider (and so per key), one per model.

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
  enum class Scope : unsigned char { provider, model };

  explicit CircuitBreaker(BreakerSettings settings, Scope scope = Scope::provider)
      : settings_(settings), scope_(scope) {}

  State state(Instant now) const;
  /// nullopt: a call may start (half-open: the one probe). Else provider_unavailable with
  /// detail.retryAfterMs: transient, or resource where a key or a quota is the reason. It is never
  /// permanent: this call was not the one that was refused, and another model may do.
  /// `who`: the provider's name, or that of the model.
  std::optional<Error> refusal(std::string_view who, Instant now) const;

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
  /// What the end of a call says about the one that this circuit protects.
  enum class Meaning : unsigned char { nothing, answered, busy, broken, refused };
  Meaning meaning(Error const* error) const;
  void open(Error cause, bool is_refused, Instant now);
  void close();

  BreakerSettings settings_;
  Scope scope_;
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
