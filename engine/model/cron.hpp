#pragma once
// When a schedule is due: cron expressions of five fields, as crontab(5) has them.
//
//   minute (0-59)  hour (0-23)  day of the month (1-31)  month (1-12, jan-dec)
//   day of the week (0-7, sun-sat; 0 and 7 are Sunday)
//
// Each is `*`, a number, a range `a-b`, a step `*/n`, `a-b/n` or `a/n`, or a list of these; instead
// of all five: @hourly, @daily (@midnight), @weekly, @monthly, @yearly (@annually). Where
// neither kind of day is `*`, one of them is enough.
//
// When clocks change: a schedule for every hour follows real time. One for certain hours runs once
// for each time it names: at the first of two equal ones, and where the clocks jump over it, as
// long after the jump as it would have been after the jump's beginning.
//
// Any thread: pure functions.

#include "engine/base/error.hpp"
#include "engine/model/time_zone.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ropewalk {

class Cron {
 public:
  /// Errors: invalid_cron, which names the field.
  static Result<Cron> parse(std::string_view text);

  /// The first time later than `after`, to the minute; nullopt when none comes within 40 years.
  std::optional<std::chrono::sys_seconds> next(std::chrono::sys_seconds after, TimeZone const& zone)
      const;

 private:
  bool has_day(std::chrono::local_days day) const;
  std::optional<std::chrono::sys_seconds> next_of_every_hour(
      std::chrono::sys_seconds after, TimeZone const& zone
  ) const;
  std::optional<std::chrono::sys_seconds> next_of_hours(
      std::chrono::sys_seconds after, TimeZone const& zone
  ) const;
  std::optional<std::chrono::sys_seconds> first_on(
      std::chrono::local_days day, std::chrono::sys_seconds after, TimeZone const& zone
  ) const;

  // Bit n: n is one of them.
  std::uint64_t minutes_ = 0;
  std::uint64_t hours_ = 0;
  std::uint64_t days_ = 0;
  std::uint64_t months_ = 0;
  std::uint64_t weekdays_ = 0;  // Sunday is 0
  bool either_day_ = false;     // neither kind is `*`
};

}  // namespace ropewalk
