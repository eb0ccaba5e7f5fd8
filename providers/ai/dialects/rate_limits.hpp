#pragma once
// What response headers say about limits, and how long to wait.
//
// Pure but for the wall clock, which stands in where an answer has no `Date` header. What cannot be
// read is absent.

#include "engine/base/time.hpp"
#include "providers/ai/chat.hpp"
#include "providers/http/http_client.hpp"

#include <optional>
#include <string_view>

namespace ropewalk::ai {

/// "12ms", "6m0s", "1h2m3s", "2m59.56s", "150µs"; a bare number is seconds. At most a year.
std::optional<Duration> parse_reset(std::string_view text);
/// "Sun, 06 Nov 1994 08:49:37 GMT".
std::optional<Instant> parse_http_date(std::string_view text);

/// retry-after-ms, else retry-after (seconds, also fractional, or a date). Never negative.
std::optional<Duration> retry_after(HttpHeaders const& headers);
/// "… try again in 5.289s", "… retry in 300ms": the last place to look.
std::optional<Duration> retry_after_in_words(std::string_view message);

/// x-ratelimit-{limit,remaining,reset}-{requests,tokens}: OpenAI and those who speak like it.
RateLimitState openai_rate_limits(HttpHeaders const& headers);
/// anthropic-ratelimit-{requests,tokens,input-tokens}-{limit,remaining,reset}.
RateLimitState anthropic_rate_limits(HttpHeaders const& headers);

}  // namespace ropewalk::ai
