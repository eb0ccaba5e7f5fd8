#pragma once
// An amount that refills continuously: requests or tokens of a minute.
//
// An amount larger than the bucket is granted when the bucket is full, which leaves it below zero:
// those who come later wait longer. So in any minute at most
//
//   capacity + refill of a minute + (largest amount − capacity, if positive)
//
// is taken. Pure: time is an argument and never goes back.

#include "engine/base/time.hpp"

#include <cstdint>

namespace ropewalk::ai {

class TokenBucket {
 public:
  /// No limit at all.
  TokenBucket() = default;
  TokenBucket(double capacity, double per_second, double level, Instant now);
  /// Full; `limit` a minute, of which what `burst` brings (at least one) may be taken at once.
  /// `limit` 0: no limit.
  static TokenBucket per_minute(std::int64_t limit, Duration burst, Instant now);

  bool is_limited() const { return is_limited_; }
  bool has(double amount, Instant now) const;
  /// When has() will be true if nothing else is taken; `now` when it is already.
  Instant ready_at(double amount, Instant now) const;
  /// May be below zero.
  double level(Instant now) const;
  double capacity() const { return capacity_; }
  bool is_full(Instant now) const { return !is_limited_ || level(now) >= capacity_; }

  void take(double amount, Instant now);
  /// What was taken and not used; never above the capacity. Negative: more was used than taken,
  /// which leaves it at worst a minute's refill below zero: nobody is shut out for a wrong count.
  void give_back(double amount, Instant now);
  void lower_to(double level, Instant now);

 private:
  bool is_limited_ = false;
  double capacity_ = 0;
  double per_microsecond_ = 0;
  double level_ = 0;
  Instant at_{};  // of level_
};

}  // namespace ropewalk::ai
