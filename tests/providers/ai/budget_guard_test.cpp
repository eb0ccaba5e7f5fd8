// Budgets: asked before a call, told what it took.
#include "providers/ai/budget_guard.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::ai {
namespace {

using testing::HasSubstr;

SpendLimit tokens(std::int64_t most) {
  SpendLimit out;
  out.max_tokens = most;
  return out;
}
SpendLimit dollars(double most) {
  SpendLimit out;
  out.max_cost_usd = most;
  return out;
}

TEST(BudgetGuard, CountsWhatWasSpentBeforeAndSince) {
  BudgetGuard guard;
  guard.add("task", tokens(100), {60, 0});
  EXPECT_FALSE(guard.exceeded_by(40, std::nullopt));
  guard.spent(1, 0);
  auto const exceeded = guard.exceeded_by(40, std::nullopt);
  ASSERT_TRUE(exceeded);
  EXPECT_EQ(exceeded->error.code, "budget_exceeded");
  EXPECT_EQ(exceeded->error.error_class, ErrorClass::resource);
  EXPECT_EQ(exceeded->error.detail.at("retryable"), false);
  EXPECT_THAT(exceeded->error.message, HasSubstr("61 of 100 tokens"));
}

TEST(BudgetGuard, CountsMoney) {
  BudgetGuard guard;
  guard.add("execution", dollars(1.0), {0, 0.9});
  EXPECT_FALSE(guard.exceeded_by(10, 0.05));
  auto const exceeded = guard.exceeded_by(10, 0.2);
  ASSERT_TRUE(exceeded);
  EXPECT_THAT(exceeded->error.message, HasSubstr("$0.9 of $1 are spent"));
}

TEST(BudgetGuard, AnUnknownPriceStopsOnceTheBudgetIsGone) {
  BudgetGuard guard;
  guard.add("execution", dollars(1.0), {0, 1.0});
  EXPECT_TRUE(guard.exceeded_by(10, std::nullopt));
}

TEST(BudgetGuard, SaysWhetherAPersonIsToDecide) {
  auto limit = tokens(1);
  limit.on_exceeded = OnBudget::pause;
  BudgetGuard guard;
  guard.add("task", limit, {});
  EXPECT_EQ(guard.exceeded_by(2, std::nullopt)->then, OnBudget::pause);
}

TEST(BudgetGuard, WithoutLimitsEverythingIsAllowed) {
  BudgetGuard guard;
  guard.add("task", {}, {1'000'000, 1000});
  EXPECT_FALSE(guard.exceeded_by(1'000'000, 1000.0));
}

}  // namespace
}  // namespace ropewalk::ai
