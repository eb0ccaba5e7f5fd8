// The circuit breaker: what opens it, how long, the one probe, and what it tells those it refuses.
#include "providers/ai/circuit_breaker.hpp"

#include "tests/providers/ai/limits_support.hpp"

namespace ropewalk::ai {
namespace {

using namespace test;
using namespace std::chrono_literals;
using State = CircuitBreaker::State;

void fail(CircuitBreaker& breaker, Error const& error, int times, Instant now) {
  for (int i = 0; i < times; ++i) breaker.ended(&error, false, now);
}

TEST(CircuitBreaker, OpensAfterARowOfTransientFailures) {
  CircuitBreaker breaker{BreakerSettings()};
  fail(breaker, overloaded(), 4, t0);
  EXPECT_EQ(breaker.state(t0), State::closed);
  fail(breaker, overloaded(), 1, t0 + 1s);
  EXPECT_EQ(breaker.state(t0 + 1s), State::open);
  auto const refusal = breaker.refusal("openai", t0 + 2s);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code, "provider_unavailable");
  EXPECT_EQ(refusal->error_class, ErrorClass::transient);
  EXPECT_EQ(refusal->detail.at("retryAfterMs"), 4000);
  EXPECT_NE(refusal->message.find("it said overloaded"), std::string::npos) << refusal->message;
}

TEST(CircuitBreaker, ASuccessBreaksTheRow) {
  CircuitBreaker breaker{BreakerSettings()};
  fail(breaker, overloaded(), 4, t0);
  breaker.ended(nullptr, false, t0);
  fail(breaker, overloaded(), 4, t0);
  EXPECT_EQ(breaker.state(t0), State::closed);
  Error const bad_request = failure(ErrorClass::permanent, "invalid_request");
  fail(breaker, bad_request, 1, t0);  // it answered
  fail(breaker, overloaded(), 4, t0);
  EXPECT_EQ(breaker.state(t0), State::closed);
}

TEST(CircuitBreaker, FailuresThatAreFarApartAreNoRow) {
  CircuitBreaker breaker{BreakerSettings()};
  for (int i = 0; i < 50; ++i) fail(breaker, overloaded(), 1, t0 + i * 8s);
  EXPECT_EQ(breaker.state(t0 + 400s), State::closed);
}

TEST(CircuitBreaker, ARateLimitDoesNotOpenIt) {
  CircuitBreaker breaker{BreakerSettings()};
  fail(breaker, rate_limited(), 100, t0);
  EXPECT_EQ(breaker.state(t0), State::closed);
}

TEST(CircuitBreaker, OneProbeDecidesAndThePauseDoubles) {
  CircuitBreaker breaker{BreakerSettings()};
  fail(breaker, overloaded(), 5, t0);
  Instant now = t0 + 5s;
  EXPECT_EQ(breaker.state(now), State::half_open);
  ASSERT_FALSE(breaker.refusal("p", now));
  EXPECT_TRUE(breaker.start(now));
  EXPECT_TRUE(breaker.refusal("p", now)) << "one at a time";
  Error const error = overloaded();
  breaker.ended(&error, true, now);
  EXPECT_EQ(breaker.state(now + 9s), State::open);
  now += 10s;
  ASSERT_FALSE(breaker.refusal("p", now));
  EXPECT_TRUE(breaker.start(now));
  breaker.abandoned(true);
  ASSERT_FALSE(breaker.refusal("p", now)) << "a probe that told nothing: another one";
  EXPECT_TRUE(breaker.start(now));
  breaker.ended(nullptr, true, now);
  EXPECT_EQ(breaker.state(now), State::closed);
  EXPECT_FALSE(breaker.start(now)) << "an ordinary call again";
}

TEST(CircuitBreaker, AUsedUpQuotaOpensItAtOnceAndSpeaksForItself) {
  for (auto const& [error_class, code] :
       {std::pair{ErrorClass::resource, "quota_exhausted"}, {ErrorClass::permanent, "auth"}}) {
    CircuitBreaker breaker{BreakerSettings()};
    Error const error = failure(error_class, code);
    breaker.ended(&error, false, t0);
    auto const refusal = breaker.refusal("p", t0 + 1s);
    ASSERT_TRUE(refusal) << code;
    EXPECT_EQ(refusal->code, code);
    EXPECT_EQ(refusal->error_class, error_class);
    EXPECT_EQ(refusal->message, error.message);
    EXPECT_EQ(refusal->detail.at("retryAfterMs"), 59'000);
    breaker.ended(&error, false, t0 + 2s);  // was under way
    EXPECT_EQ(breaker.state(t0 + 60s), State::half_open) << "not prolonged";
  }
}

TEST(CircuitBreaker, LateFailuresDoNotProlongThePause) {
  CircuitBreaker breaker{BreakerSettings()};
  fail(breaker, overloaded(), 5, t0);
  fail(breaker, overloaded(), 5, t0 + 4s);
  EXPECT_EQ(breaker.state(t0 + 5s), State::half_open);
}

}  // namespace
}  // namespace ropewalk::ai
