#include "providers/ai/token_bucket.hpp"

#include <algorithm>
#include <cmath>

namespace ropewalk::ai {
namespace {

constexpr double microseconds_per_second = 1e6;
constexpr double slack = 1e-6;  // what adding up small refills may lose
constexpr double wait_max_microseconds = 86'400e6;

}  // namespace

TokenBucket::TokenBucket(double capacity, double per_second, double level, Instant now)
    : is_limited_(true),
      capacity_(capacity),
      per_microsecond_(per_second / microseconds_per_second),
      level_(std::min(level, capacity)),
      at_(now) {}

TokenBucket TokenBucket::per_minute(std::int64_t limit, Duration burst, Instant now) {
  if (limit <= 0) return {};
  double const per_second = static_cast<double>(limit) / 60;
  double const burst_seconds = std::chrono::duration<double>(burst).count();
  double const capacity = std::max(1.0, per_second * burst_seconds);
  return {capacity, per_second, capacity, now};
}

double TokenBucket::level(Instant now) const {
  auto const passed = static_cast<double>(std::max(now - at_, Duration()).count());
  return std::min(capacity_, level_ + passed * per_microsecond_);
}

bool TokenBucket::has(double amount, Instant now) const {
  return !is_limited_ || level(now) + slack >= std::min(amount, capacity_);
}

Instant TokenBucket::ready_at(double amount, Instant now) const {
  if (has(amount, now)) return now;
  double const missing = std::min(amount, capacity_) - level(now);
  double const wait = per_microsecond_ > 0
                          ? std::min(missing / per_microsecond_, wait_max_microseconds)
                          : wait_max_microseconds;
  return now + Duration(static_cast<std::int64_t>(std::ceil(wait)) + 1);
}

void TokenBucket::take(double amount, Instant now) {
  level_ = level(now) - amount;
  at_ = std::max(at_, now);
}

void TokenBucket::give_back(double amount, Instant now) {
  constexpr double minute_microseconds = 60e6;
  double const before = level(now);
  double const floor = -std::max(capacity_, per_microsecond_ * minute_microseconds);
  level_ = std::clamp(before + amount, std::min(before, floor), capacity_);
  at_ = std::max(at_, now);
}

void TokenBucket::lower_to(double level_max, Instant now) {
  level_ = std::min(level(now), level_max);
  at_ = std::max(at_, now);
}

}  // namespace ropewalk::ai
