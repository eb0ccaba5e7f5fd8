// Goal: what headers say about limits is read, and what cannot be read is absent. Method: tables.
#include "providers/ai/dialects/rate_limits.hpp"

#include <gtest/gtest.h>

namespace ropewalk::ai {
namespace {

using namespace std::chrono_literals;

TEST(RateLimits, Durations) {
  EXPECT_EQ(parse_reset("12ms"), 12ms);
  EXPECT_EQ(parse_reset("1s"), 1s);
  EXPECT_EQ(parse_reset("6m0s"), 6min);
  EXPECT_EQ(parse_reset("1h2m3s"), 3723s);
  EXPECT_EQ(parse_reset("2m59.56s"), 179560ms);
  EXPECT_EQ(parse_reset("150\xC2\xB5s"), 150us);
  EXPECT_EQ(parse_reset("7.5"), 7500ms);
  EXPECT_EQ(parse_reset("0"), 0s);
  for (std::string_view const bad :
       {"", "-1s", "s", "1x", "1s2", "1e9", "nan", "1.2.3s", "99999999999999s", "1h 2m", "soon"})
    EXPECT_FALSE(parse_reset(bad)) << bad;
}

TEST(RateLimits, HttpDates) {
  auto const date = parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT");
  ASSERT_TRUE(date);
  EXPECT_EQ(format_instant(*date), "1994-11-06T08:49:37.000000Z");
  for (std::string_view const bad :
       {"",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nox 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 25:49:37 GMT",
        "Sun, -6 Nov 1994 08:49:37 GMT"})
    EXPECT_FALSE(parse_http_date(bad)) << bad;
}

TEST(RateLimits, RetryAfter) {
  EXPECT_EQ(retry_after({{"retry-after-ms", "1500"}, {"retry-after", "60"}}), 1500ms);
  EXPECT_EQ(retry_after({{"retry-after-ms", "x"}, {"retry-after", "60"}}), 60s);
  EXPECT_EQ(retry_after({{"Retry-After", "0.25"}}), 250ms);
  HttpHeaders const past{
      {"Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"}, {"Date", "Sun, 06 Nov 1994 08:50:00 GMT"}};
  EXPECT_EQ(retry_after(past), 0s);
  EXPECT_FALSE(retry_after({{"Retry-After", "-5"}}));
  EXPECT_FALSE(retry_after({{"Retry-After", "later"}}));
  EXPECT_FALSE(retry_after({}));
}

TEST(RateLimits, OpenAi) {
  auto const state = openai_rate_limits(
      {{"x-ratelimit-limit-requests", "60"},
       {"X-RateLimit-Remaining-Requests", "59"},
       {"x-ratelimit-reset-requests", "1s"},
       {"x-ratelimit-limit-tokens", "150000"},
       {"x-ratelimit-remaining-tokens", "149984"},
       {"x-ratelimit-reset-tokens", "6m0s"}}
  );
  EXPECT_EQ(state.requests_limit, 60);
  EXPECT_EQ(state.requests_remaining, 59);
  EXPECT_EQ(state.requests_reset, 1s);
  EXPECT_EQ(state.tokens_limit, 150000);
  EXPECT_EQ(state.tokens_remaining, 149984);
  EXPECT_EQ(state.tokens_reset, 6min);
}

TEST(RateLimits, AzureThatDoesNotKnow) {
  auto const state = openai_rate_limits(
      {{"x-ratelimit-limit-requests", "-1"},
       {"x-ratelimit-remaining-requests", "many"},
       {"x-ratelimit-limit-tokens", "0"},
       {"x-ratelimit-remaining-tokens", "0"}}
  );
  EXPECT_FALSE(state.requests_limit);
  EXPECT_FALSE(state.requests_remaining);
  EXPECT_FALSE(state.tokens_limit);
  EXPECT_FALSE(state.tokens_remaining);
}

TEST(RateLimits, Anthropic) {
  HttpHeaders headers{
      {"date", "Mon, 23 Nov 2026 10:00:00 GMT"},
      {"anthropic-ratelimit-requests-limit", "50"},
      {"anthropic-ratelimit-requests-remaining", "49"},
      {"anthropic-ratelimit-requests-reset", "2026-11-23T10:00:30Z"},
      {"anthropic-ratelimit-input-tokens-limit", "1000"},
      {"anthropic-ratelimit-input-tokens-remaining", "900"},
      {"anthropic-ratelimit-input-tokens-reset", "2026-11-23T09:00:00Z"}};
  auto state = anthropic_rate_limits(headers);
  EXPECT_EQ(state.requests_limit, 50);
  EXPECT_EQ(state.requests_remaining, 49);
  EXPECT_EQ(state.requests_reset, 30s);
  EXPECT_EQ(state.tokens_limit, 1000);
  EXPECT_EQ(state.tokens_reset, 0s);  // already over
  headers.push_back({"anthropic-ratelimit-tokens-limit", "800"});
  headers.push_back({"anthropic-ratelimit-tokens-reset", "not a time"});
  state = anthropic_rate_limits(headers);
  EXPECT_EQ(state.tokens_limit, 800);
  EXPECT_FALSE(state.tokens_remaining);
  EXPECT_FALSE(state.tokens_reset);
}

}  // namespace
}  // namespace ropewalk::ai
