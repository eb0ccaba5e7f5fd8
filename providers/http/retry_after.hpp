#pragma once
// How long a server asks to be left alone, out of the headers of its answer.
//
// Pure but for the wall clock, which stands in where an answer has no `Date` header. What cannot be
// read is absent.

#include "engine/base/time.hpp"
#include "providers/http/http_client.hpp"

#include <optional>
#include <string_view>

namespace ropewalk {

/// "12ms", "6m0s", "1h2m3s", "2m59.56s", "150µs"; a bare number is seconds. At most a year.
std::optional<Duration> parse_reset(std::string_view text);
/// "Sun, 06 Nov 1994 08:49:37 GMT".
std::optional<Instant> parse_http_date(std::string_view text);

/// retry-after-ms, else retry-after (seconds, also fractional, or a date). Never negative.
std::optional<Duration> retry_after(HttpHeaders const& headers);
/// Now, as the server has it: its dates and ours then agree however wrong our clock is.
Instant server_time(HttpHeaders const& headers);

}  // namespace ropewalk
