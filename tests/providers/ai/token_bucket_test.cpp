// Buckets: what may be taken at once, how they refill, and the exact time at which there is enough.
#include "providers/ai/token_bucket.hpp"

#include "tests/providers/ai/limits_support.hpp"

namespace ropewalk::ai {
namespace {

using namespace test;
using namespace std::chrono_literals;

TEST(TokenBucket, WithoutALimitThereIsAlwaysEnough) {
  TokenBucket bucket = TokenBucket::per_minute(0, 15s, t0);
  bucket.take(1e9, t0);
  EXPECT_TRUE(bucket.has(1e9, t0));
  EXPECT_TRUE(bucket.is_full(t0));
}

TEST(TokenBucket, GivesABurstAndThenRefillsContinuously) {
  TokenBucket bucket = TokenBucket::per_minute(60, 15s, t0);
  for (int i = 0; i < 15; ++i) {
    ASSERT_TRUE(bucket.has(1, t0));
    bucket.take(1, t0);
  }
  EXPECT_FALSE(bucket.has(1, t0));
  EXPECT_FALSE(bucket.has(1, t0 + 999ms));
  EXPECT_TRUE(bucket.has(1, t0 + 1s));
  EXPECT_TRUE(bucket.is_full(t0 + 15s));
}

TEST(TokenBucket, SaysWhenThereWillBeEnoughAndKeepsItsWord) {
  TokenBucket bucket = TokenBucket::per_minute(7, 60s, t0);
  bucket.take(7, t0);
  for (double amount = 1; amount <= 7; ++amount) {
    Instant const at = bucket.ready_at(amount, t0);
    EXPECT_TRUE(bucket.has(amount, at));
    EXPECT_FALSE(bucket.has(amount, at - 1ms));
  }
}

TEST(TokenBucket, WhatIsLargerThanItTakesAllAndMakesOthersWaitLonger) {
  TokenBucket bucket = TokenBucket::per_minute(60, 15s, t0);
  EXPECT_TRUE(bucket.has(45, t0));
  bucket.take(45, t0);
  EXPECT_DOUBLE_EQ(bucket.level(t0), -30);
  EXPECT_FALSE(bucket.has(1, t0 + 30s));
  EXPECT_TRUE(bucket.has(1, t0 + 31s));
}

TEST(TokenBucket, TakesBackNoMoreThanItHolds) {
  TokenBucket bucket = TokenBucket::per_minute(60, 15s, t0);
  bucket.take(10, t0);
  bucket.give_back(4, t0);
  EXPECT_DOUBLE_EQ(bucket.level(t0), 9);
  bucket.give_back(400, t0);
  EXPECT_DOUBLE_EQ(bucket.level(t0), 15);
  bucket.give_back(-20, t0);
  EXPECT_DOUBLE_EQ(bucket.level(t0), -5);
}

TEST(TokenBucket, WhatWasUsedTooMuchShutsNobodyOutForLong) {
  TokenBucket bucket = TokenBucket::per_minute(60, 15s, t0);
  bucket.take(10, t0);
  bucket.give_back(-9e8, t0);
  EXPECT_DOUBLE_EQ(bucket.level(t0), -60);
  EXPECT_TRUE(bucket.has(1, t0 + 61s));
  bucket.take(30, t0);
  bucket.give_back(-9e8, t0);
  EXPECT_DOUBLE_EQ(bucket.level(t0), -90) << "what was taken stays taken";
}

TEST(TokenBucket, ASmallLimitIsStillOneAtATime) {
  TokenBucket bucket = TokenBucket::per_minute(1, 15s, t0);
  EXPECT_TRUE(bucket.has(1, t0));
  bucket.take(1, t0);
  EXPECT_FALSE(bucket.has(1, t0 + 59s));
  EXPECT_TRUE(bucket.has(1, t0 + 60s));
}

}  // namespace
}  // namespace ropewalk::ai
