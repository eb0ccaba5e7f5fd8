#pragma once
// What a call has to pass to reach a provider, or one model of it: how many at once, requests and
// tokens of a minute, and what the provider itself said about that.
//
// What the provider says only tightens: a limit in its headers never raises a configured one. Where
// it refuses a call (429), the number of calls at once is halved, once for all calls that were
// under way, and grows by one with every call that began after that and went well.
//
// Pure: time is an argument.

#include "engine/base/time.hpp"
#include "providers/ai/chat.hpp"
#include "providers/ai/token_bucket.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace ropewalk::ai {

/// 0: no limit.
struct LimitSettings {
  std::int64_t max_concurrent = 0;
  std::int64_t requests_per_minute = 0;
  std::int64_t tokens_per_minute = 0;
  /// How much of a minute's allowance may be used at once after a quiet time.
  Duration burst = std::chrono::seconds(15);
};

/// What a call waits for.
struct Obstacle {
  enum class Kind : unsigned char {
    concurrency,
    requests,
    tokens,
    provider_requests,  // by the provider's own headers
    provider_tokens,
    retry_after,
  };
  Kind kind = Kind::concurrency;
  std::int64_t needs = 0;
  std::int64_t free = 0;
  std::int64_t limit = 0;
  std::optional<Instant> until{};  // absent: until another call ends
};

class LimitGate {
 public:
  LimitGate(LimitSettings settings, Instant now);

  /// nullopt: a call that needs `tokens` may start. Else what holds it up longest.
  std::optional<Obstacle> obstacle(std::int64_t tokens, Instant now) const;

  void start(std::int64_t tokens, Instant now);
  /// It ended, having used `used` of the `reserved` tokens.
  void end(std::int64_t reserved, std::int64_t used, Instant now);
  /// It never began: everything is given back.
  void undo(std::int64_t reserved, Instant now);

  // What the provider said.
  void observe(RateLimitState const& state, Instant now);
  void hold_until(Instant until);
  void went_well(Instant started_at);
  /// REQUIRES: called before end() of the same call.
  void refused(Instant started_at, Instant now);

  std::int64_t running_count() const { return running_; }
  /// At once, at present; 0: any number.
  std::int64_t concurrency() const;
  std::optional<Instant> held_until(Instant now) const;
  /// What headers of answers said last, and when. nullopt: nothing yet.
  struct Said {
    RateLimitState state{};
    Instant at{};
  };
  std::optional<Said> const& said() const { return said_; }
  std::optional<std::int64_t> requests_free(Instant now) const;
  std::optional<std::int64_t> tokens_free(Instant now) const;
  LimitSettings const& settings() const { return settings_; }
  /// It remembers nothing that a new one would not know.
  bool is_idle(Instant now) const;

 private:
  LimitSettings settings_;
  TokenBucket requests_;
  TokenBucket tokens_;
  TokenBucket provider_requests_;
  TokenBucket provider_tokens_;
  std::int64_t running_ = 0;
  std::optional<std::int64_t> cut_;  // concurrency after a refusal
  std::int64_t cut_ceiling_ = 0;     // where the cut is forgotten
  Instant cut_at_{};
  Instant held_until_{};
  std::optional<Said> said_;
};

/// "maxConcurrent", "requestsPerMinute", …: the limit as it is configured or known.
std::string_view to_string(Obstacle::Kind kind);

}  // namespace ropewalk::ai
