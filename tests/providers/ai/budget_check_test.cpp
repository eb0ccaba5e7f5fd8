// Budgets: what fits, and how it is said when it does not.
#include "providers/ai/budget_check.hpp"

#include <boost/json/object.hpp>

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
CallEstimate sends(std::int64_t count, double cost = 0) {
  CallEstimate out;
  out.sends = {count, cost};
  out.most = {count * 2, cost * 2};
  return out;
}

TEST(BudgetCheck, TokensAreCountedToTheLast) {
  EXPECT_FALSE(is_exceeded(tokens(100), {60, 0}, sends(40)));
  EXPECT_TRUE(is_exceeded(tokens(100), {61, 0}, sends(40)));
  auto const told = exceeded(task_budget(tokens(100)), {61, 0}, sends(40));
  EXPECT_EQ(told.error.code, "budget_exceeded");
  EXPECT_EQ(told.error.error_class, ErrorClass::resource);
  EXPECT_EQ(told.error.detail.at("retryable"), false);
  EXPECT_EQ(told.error.detail.at("budget"), "task");
  EXPECT_THAT(told.error.message, HasSubstr("61 of 100 tokens"));
  EXPECT_EQ(told.then, OnExceeded::fail);
}

TEST(BudgetCheck, MoneyIsCountedWithWhatIsSent) {
  EXPECT_FALSE(is_exceeded(dollars(1.0), {0, 0.9}, sends(10, 0.05)));
  EXPECT_TRUE(is_exceeded(dollars(1.0), {0, 0.9}, sends(10, 0.2)));
  auto const told = exceeded(execution_budget(dollars(1.0)), {0, 0.9}, sends(10, 0.2));
  EXPECT_THAT(told.error.message, HasSubstr("the budget of the execution"));
  EXPECT_THAT(told.error.message, HasSubstr("$0.9 of $1 are spent"));
  EXPECT_EQ(told.error.detail.at("budget"), "execution");
}

TEST(BudgetCheck, AnUnknownPriceStopsOnceTheBudgetIsGone) {
  auto call = sends(10);
  call.is_price_known = false;
  EXPECT_FALSE(is_exceeded(dollars(1.0), {0, 0.99}, call));
  EXPECT_TRUE(is_exceeded(dollars(1.0), {0, 1.0}, call));
  auto const told = exceeded(execution_budget(dollars(1.0)), {0, 1.0}, call);
  EXPECT_THAT(told.error.message, Not(HasSubstr("sending it costs")));
}

TEST(BudgetCheck, ADaySaysWhoseAndWhichAndWhenTheNextBegins) {
  auto limit = tokens(1);
  limit.on_exceeded = OnExceeded::pause;
  auto const told = exceeded(day_budget(limit, "triage", "2026-01-31"), {1, 0}, sends(1));
  EXPECT_EQ(told.then, OnExceeded::pause);
  EXPECT_EQ(told.error.detail.at("budget"), "perDay");
  EXPECT_THAT(told.error.message, HasSubstr("workflow \"triage\" for 2026-01-31 (UTC)"));
  EXPECT_THAT(told.error.hint, HasSubstr("resume the execution"));
  EXPECT_THAT(told.error.hint, HasSubstr("midnight UTC"));
}

TEST(BudgetCheck, WithoutLimitsEverythingIsAllowed) {
  EXPECT_FALSE(is_exceeded({}, {1'000'000, 1000}, sends(1'000'000, 1000.0)));
}

}  // namespace
}  // namespace ropewalk::ai
