// Whether and when a failed attempt is tried again.
#include "engine/schedule/retry.hpp"

#include "tests/engine/schedule/support.hpp"

#include <limits>

namespace ropewalk {
namespace {

using namespace test;

RetryConfig config(std::uint32_t max_attempts = 5) {
  RetryConfig retry;
  retry.max_attempts = max_attempts;
  retry.initial_delay = 1s;
  retry.backoff_factor = 2;
  retry.max_delay = 10s;
  retry.jitter = 0;
  return retry;
}

Error error(ErrorClass error_class, json::object detail = {}) {
  return Error{error_class, "code", "message", "", std::move(detail)};
}

TEST(BackoffDelay, GrowsByTheFactorUpToTheCap) {
  EXPECT_EQ(backoff_delay(config(), 1, 0.5), 1s);
  EXPECT_EQ(backoff_delay(config(), 2, 0.5), 2s);
  EXPECT_EQ(backoff_delay(config(), 4, 0.5), 8s);
  EXPECT_EQ(backoff_delay(config(), 5, 0.5), 10s);
  EXPECT_EQ(backoff_delay(config(), std::numeric_limits<std::uint32_t>::max(), 0.5), 10s);
}

TEST(BackoffDelay, JitterSpreadsAroundTheDelayButNotPastTheCap) {
  RetryConfig retry = config();
  retry.jitter = 0.5;
  EXPECT_EQ(backoff_delay(retry, 1, 0), 500ms);
  EXPECT_EQ(backoff_delay(retry, 1, 0.5), 1s);
  EXPECT_LE(backoff_delay(retry, 1, 0.999999), 1500ms);
  EXPECT_EQ(backoff_delay(retry, 5, 0.999999), 10s);
}

TEST(NextTry, ByDefaultTransientAndResourceErrorsAreTriedAgain) {
  EXPECT_TRUE(next_try(config(), error(ErrorClass::transient), 1, 0.5));
  EXPECT_TRUE(next_try(config(), error(ErrorClass::resource), 1, 0.5));
  EXPECT_FALSE(next_try(config(), error(ErrorClass::permanent), 1, 0.5));
  EXPECT_FALSE(next_try(config(), error(ErrorClass::dependency), 1, 0.5));
}

TEST(NextTry, StopsAtMaxAttempts) {
  EXPECT_TRUE(next_try(config(3), error(ErrorClass::transient), 2, 0.5));
  EXPECT_FALSE(next_try(config(3), error(ErrorClass::transient), 3, 0.5));
}

TEST(NextTry, ExitCodesDecideWhereTheyAreListed) {
  RetryConfig retry = config();
  retry.on_exit_codes = {{3, 3}, {10, 19}};
  EXPECT_TRUE(next_try(retry, error(ErrorClass::permanent, {{"exitCode", 3}}), 1, 0.5));
  EXPECT_TRUE(next_try(retry, error(ErrorClass::permanent, {{"exitCode", 15}}), 1, 0.5));
  EXPECT_FALSE(next_try(retry, error(ErrorClass::transient, {{"exitCode", 4}}), 1, 0.5));
  EXPECT_TRUE(next_try(retry, error(ErrorClass::transient), 1, 0.5))
      << "no exit code: the class decides";
}

TEST(NextTry, AStatedDelayIsHonouredWhenItIsLonger) {
  EXPECT_EQ(
      next_try(config(), error(ErrorClass::resource, {{"retryAfterMs", 90'000}}), 1, 0.5), 90s
  );
  EXPECT_EQ(next_try(config(), error(ErrorClass::resource, {{"retryAfterMs", 10}}), 1, 0.5), 1s);
  EXPECT_FALSE(next_try(config(), error(ErrorClass::resource, {{"retryAfterMs", 1e12}}), 1, 0.5));
}

TEST(NextTry, AnErrorThatSaysItIsFinalIsFinal) {
  EXPECT_FALSE(next_try(config(), error(ErrorClass::resource, {{"retryable", false}}), 1, 0.5));
}

}  // namespace
}  // namespace ropewalk
