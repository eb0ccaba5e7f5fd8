#pragma once
// Points in time and durations as the engine records them, and their text forms.
//
// Any thread: pure functions.

#include "engine/base/error.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace ropewalk {

/// Microseconds, signed: the resolution that PostgreSQL keeps.
using Duration = std::chrono::microseconds;
/// A point in wall time as recorded in events and rows (UTC). Where it comes from is the Clock's
/// business (ports/clock.hpp).
using Instant = std::chrono::sys_time<Duration>;

/// "500ms", "1s", "5m", "2h", "1d", "1.5s", "1h30m"; no sign, no blanks. Errors: invalid_duration.
Result<Duration> parse_duration(std::string_view text);
/// Shortest exact form that parse_duration reads: "1s", "1h30m", "250ms", "10us".
std::string format_duration(Duration duration);

/// RFC 3339 in UTC with microseconds: "2026-01-31T08:15:00.000250Z".
std::string format_instant(Instant instant);
/// RFC 3339 with any offset and up to nine fractional digits (cut to microseconds). Errors:
/// invalid_timestamp.
Result<Instant> parse_instant(std::string_view text);

}  // namespace ropewalk
