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

TEST(CircuitBreaker, WhatAModelWritesSaysNothingOfItsProvider) {
  for (char const* code : {"empty_output", "invalid_output", "malformed_response", "conflict"}) {
    CircuitBreaker breaker{BreakerSettings()};
    Error const error = failure(ErrorClass::transient, code);
    fail(breaker, overloaded(), 4, t0);
    fail(breaker, error, 10, t0);
    EXPECT_EQ(breaker.state(t0), State::closed) << code;
    fail(breaker, overloaded(), 4, t0);
    EXPECT_EQ(breaker.state(t0), State::closed) << code << ": it answered";
  }
  for (char const* code :
       {"timeout_first_byte",
        "timeout_idle",
        "connection_lost",
        "server_error",
        "stream_truncated"}) {
    CircuitBreaker breaker{BreakerSettings()};
    fail(breaker, failure(ErrorClass::transient, code), 5, t0);
    EXPECT_EQ(breaker.state(t0), State::open) << code;
  }
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

TEST(CircuitBreaker, ARefusedKeyOrAccountOpensItAtOnce) {
  for (char const* code : {"quota_exhausted", "auth"}) {
    CircuitBreaker breaker{BreakerSettings()};
    Error const error = refused(code, true);
    breaker.ended(&error, false, t0);
    auto const refusal = breaker.refusal("p", t0 + 1s);
    ASSERT_TRUE(refusal) << code;
    EXPECT_EQ(refusal->code, "provider_unavailable");
    EXPECT_EQ(refusal->error_class, ErrorClass::resource) << "this call was not refused: it waits";
    EXPECT_EQ(refusal->detail.at("cause"), code);
    EXPECT_FALSE(refusal->detail.as_object().contains("retryable"));
    EXPECT_NE(refusal->message.find(error.message), std::string::npos) << refusal->message;
    EXPECT_EQ(refusal->detail.at("retryAfterMs"), 59'000);
    breaker.ended(&error, false, t0 + 2s);  // was under way
    EXPECT_EQ(breaker.state(t0 + 60s), State::half_open) << "not prolonged";
  }
}

TEST(CircuitBreaker, WhatIsRefusedForOneModelIsNoMatterOfTheProvider) {
  for (char const* code : {"quota_exhausted", "auth"}) {
    Error const error = refused(code);
    CircuitBreaker of_provider{BreakerSettings()};
    fail(of_provider, error, 10, t0);
    EXPECT_EQ(of_provider.state(t0), State::closed) << code;
    CircuitBreaker of_model(BreakerSettings(), CircuitBreaker::Scope::model);
    of_model.ended(&error, false, t0);
    auto const refusal = of_model.refusal("p/m", t0 + 1s);
    ASSERT_TRUE(refusal) << code;
    EXPECT_EQ(refusal->detail.at("model"), "p/m");
    EXPECT_NE(refusal->message.find("the model \"p/m\""), std::string::npos) << refusal->message;
  }
}

TEST(CircuitBreaker, AModelDoesNotAnswerForItsProvider) {
  CircuitBreaker breaker(BreakerSettings(), CircuitBreaker::Scope::model);
  fail(breaker, overloaded(), 10, t0);
  fail(breaker, refused("auth", true), 1, t0);
  EXPECT_EQ(breaker.state(t0), State::closed);
  fail(breaker, refused(), 1, t0);
  Instant const now = t0 + 1min;
  ASSERT_TRUE(breaker.start(now));
  Error const error = overloaded();
  breaker.ended(&error, true, now);
  EXPECT_EQ(breaker.state(now), State::half_open) << "it told nothing: another probe";
  EXPECT_FALSE(breaker.refusal("p/m", now));
}

TEST(CircuitBreaker, LateFailuresDoNotProlongThePause) {
  CircuitBreaker breaker{BreakerSettings()};
  fail(breaker, overloaded(), 5, t0);
  fail(breaker, overloaded(), 5, t0 + 4s);
  EXPECT_EQ(breaker.state(t0 + 5s), State::half_open);
}

}  // namespace
}  // namespace ropewalk::ai
