#pragma once
// CEL's timestamps and durations: text forms, ranges, arithmetic, and parts of the calendar.
//
// Any thread. Zone offsets come from the system's time zone files (/usr/share/zoneinfo), read once
// a zone and kept by the library cctz; that is the only I/O in expressions.

#include "engine/model/cel/value.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ropewalk::cel {

/// RFC 3339, years 0001 to 9999, up to nine fractional digits. nullopt for anything else.
std::optional<Timestamp> parse_timestamp(std::string_view text);
/// RFC 3339 in UTC with 0, 3, 6 or 9 fractional digits.
std::string format_timestamp(Timestamp timestamp);

/// "1h30m", "-1.5s", "20ms", "3us", "4ns"; nullopt for anything else or past 292 years.
std::optional<Nanoseconds> parse_duration_text(std::string_view text);
/// Seconds: "5400s", "-1.5s".
std::string format_duration_text(Nanoseconds duration);

bool is_in_range(Timestamp timestamp);
/// nullopt when the result leaves the range.
std::optional<Timestamp> shift(Timestamp timestamp, Nanoseconds by, bool backwards);
std::optional<Nanoseconds> distance(Timestamp to, Timestamp from);

/// Seconds east of UTC at that time. `zone`: "UTC", "+02:00", "-02:30", "02:00", "Europe/Paris".
/// nullopt when there is no such zone.
std::optional<std::int64_t> zone_offset(std::string_view zone, Timestamp at);

}  // namespace ropewalk::cel
