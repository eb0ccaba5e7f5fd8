#pragma once
// What response headers say about limits, and how long to wait.
//
// Pure but for the wall clock (retry_after.hpp). What cannot be read is absent.

#include "providers/ai/chat.hpp"
#include "providers/http/http_client.hpp"
#include "providers/http/retry_after.hpp"

#include <optional>
#include <string_view>

namespace ropewalk::ai {

/// "… try again in 5.289s", "… retry in 300ms": the last place to look.
std::optional<Duration> retry_after_in_words(std::string_view message);

/// x-ratelimit-{limit,remaining,reset}-{requests,tokens}: OpenAI and those who speak like it.
RateLimitState openai_rate_limits(HttpHeaders const& headers);
/// anthropic-ratelimit-{requests,tokens,input-tokens}-{limit,remaining,reset}.
RateLimitState anthropic_rate_limits(HttpHeaders const& headers);

}  // namespace ropewalk::ai
