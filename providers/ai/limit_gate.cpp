#include "providers/ai/limit_gate.hpp"

#include "engine/base/error.hpp"

#include <algorithm>
#include <cmath>

namespace ropewalk::ai {
namespace {

constexpr Duration reset_max = std::chrono::hours(24);

std::int64_t whole(double amount) {
  return static_cast<std::int64_t>(std::floor(std::clamp(amount, -1e15, 1e15) + 1e-6));
}

/// A bucket as the provider's headers describe it: `remaining` now, full again after `reset`.
/// Returns `known` when they say nothing new.
TokenBucket observed(
    TokenBucket const& known,
    std::optional<std::int64_t> limit,
    std::optional<std::int64_t> remaining,
    std::optional<Duration> reset,
    Instant now
) {
  if (!remaining || *remaining < 0) return known;
  auto const left = static_cast<double>(*remaining);
  // Calls that began later may have been counted by us and not yet by that answer.
  double const level = known.is_full(now) ? left : std::min(left, known.level(now));
  double const full = std::max(static_cast<double>(limit.value_or(0)), std::max(left, 1.0));
  Duration const until_full =
      std::clamp(reset.value_or(std::chrono::minutes(1)), Duration(1), reset_max);
  double const seconds = std::chrono::duration<double>(until_full).count();
  double const refill = std::max(full - left, 1.0) / seconds;
  return {full, refill, level, now};
}

}  // namespace

std::string_view to_string(Obstacle::Kind kind) {
  switch (kind) {
    case Obstacle::Kind::requests:
      return "requestsPerMinute";
    case Obstacle::Kind::tokens:
      return "tokensPerMinute";
    case Obstacle::Kind::provider_requests:
      return "providerRequests";
    case Obstacle::Kind::provider_tokens:
      return "providerTokens";
    case Obstacle::Kind::retry_after:
      return "retryAfter";
    case Obstacle::Kind::concurrency:
      break;
  }
  return "maxConcurrent";
}

LimitGate::LimitGate(LimitSettings settings, Instant now)
    : settings_(settings),
      requests_(TokenBucket::per_minute(settings.requests_per_minute, settings.burst, now)),
      tokens_(TokenBucket::per_minute(settings.tokens_per_minute, settings.burst, now)) {}

std::int64_t LimitGate::concurrency() const {
  if (!cut_) return settings_.max_concurrent;
  return settings_.max_concurrent > 0 ? std::min(*cut_, settings_.max_concurrent) : *cut_;
}

std::optional<Obstacle> LimitGate::obstacle(std::int64_t tokens, Instant now) const {
  std::optional<Obstacle> worst;
  auto const consider = [&](Obstacle candidate) {
    if (!worst || candidate.until > worst->until) worst = candidate;
  };
  auto const bucket =
      [&](TokenBucket const& of, Obstacle::Kind kind, std::int64_t needs, std::int64_t limit) {
        auto const amount = static_cast<double>(needs);
        if (of.has(amount, now)) return;
        consider({kind, needs, whole(of.level(now)), limit, of.ready_at(amount, now)});
      };
  if (now < held_until_) consider({Obstacle::Kind::retry_after, 1, 0, 0, held_until_});
  bucket(requests_, Obstacle::Kind::requests, 1, settings_.requests_per_minute);
  bucket(tokens_, Obstacle::Kind::tokens, tokens, settings_.tokens_per_minute);
  bucket(
      provider_requests_, Obstacle::Kind::provider_requests, 1, whole(provider_requests_.capacity())
  );
  bucket(
      provider_tokens_, Obstacle::Kind::provider_tokens, tokens, whole(provider_tokens_.capacity())
  );
  // A time is known for the others only: they are told first.
  if (auto const limit = concurrency(); !worst && limit > 0 && running_ >= limit)
    worst = Obstacle{Obstacle::Kind::concurrency, 1, 0, limit, std::nullopt};
  return worst;
}

void LimitGate::start(std::int64_t tokens, Instant now) {
  ++running_;
  requests_.take(1, now);
  provider_requests_.take(1, now);
  tokens_.take(static_cast<double>(tokens), now);
  provider_tokens_.take(static_cast<double>(tokens), now);
}

void LimitGate::end(std::int64_t reserved, std::int64_t used, Instant now) {
  ROPEWALK_CHECK(running_ > 0);
  --running_;
  tokens_.give_back(static_cast<double>(reserved - used), now);
  provider_tokens_.give_back(static_cast<double>(reserved - used), now);
}

void LimitGate::undo(std::int64_t reserved, Instant now) {
  end(reserved, 0, now);
  requests_.give_back(1, now);
  provider_requests_.give_back(1, now);
}

void LimitGate::observe(RateLimitState const& state, Instant now) {
  if (state == RateLimitState{}) return;
  said_ = Said{state, now};
  provider_requests_ = observed(
      provider_requests_, state.requests_limit, state.requests_remaining, state.requests_reset, now
  );
  provider_tokens_ = observed(
      provider_tokens_, state.tokens_limit, state.tokens_remaining, state.tokens_reset, now
  );
}

void LimitGate::hold_until(Instant until) {
  held_until_ = std::max(held_until_, until);
}

void LimitGate::refused(Instant started_at, Instant now) {
  if (cut_ && started_at <= cut_at_) return;  // under way when the first one was refused
  std::int64_t const before = concurrency() > 0 ? std::min(concurrency(), running_) : running_;
  if (!cut_)
    cut_ceiling_ =
        settings_.max_concurrent > 0 ? settings_.max_concurrent : std::max(before, std::int64_t{2});
  cut_ = std::max<std::int64_t>(before / 2, 1);
  cut_at_ = now;
}

void LimitGate::went_well(Instant started_at) {
  if (!cut_ || started_at < cut_at_) return;
  if (++*cut_ >= cut_ceiling_) cut_.reset();
}

std::optional<Instant> LimitGate::held_until(Instant now) const {
  if (now >= held_until_) return std::nullopt;
  return held_until_;
}

std::optional<std::int64_t> LimitGate::requests_free(Instant now) const {
  if (!requests_.is_limited()) return std::nullopt;
  return whole(requests_.level(now));
}

std::optional<std::int64_t> LimitGate::tokens_free(Instant now) const {
  if (!tokens_.is_limited()) return std::nullopt;
  return whole(tokens_.level(now));
}

bool LimitGate::is_idle(Instant now) const {
  return running_ == 0 && !cut_ && now >= held_until_ && requests_.is_full(now) &&
         tokens_.is_full(now) && provider_requests_.is_full(now) && provider_tokens_.is_full(now);
}

}  // namespace ropewalk::ai
