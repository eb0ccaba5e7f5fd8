// Budgets across shards: reserved, waited for, refused, taken back by cancellation.
#include "providers/ai/budget_service.hpp"

#include "engine/async/async_scope.hpp"
#include "engine/async/shard.hpp"
#include "tests/engine/async/run_coro.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::ai {
namespace {

using ropewalk::test::eventually;
using ropewalk::test::run_coro;
using testing::HasSubstr;

/// Sends 10 tokens of 100, and may be answered with 90.
BudgetRequest asks() {
  SpendLimit limit;
  limit.max_tokens = 100;
  BudgetRequest out;
  out.shares.push_back({"e", execution_budget(limit), {}});
  out.call.sends = {10, 0};
  out.call.most = {100, 0};
  return out;
}

struct Seen {
  std::optional<BudgetService::Answer> answer{};
  std::string reason{};
};

Async<> reserve_into(BudgetService& service, Seen& seen) {
  auto wanted = asks();
  BudgetWaitListener listener = [&seen](std::string reason) { seen.reason = std::move(reason); };
  auto reserving = service.reserve(std::move(wanted), std::move(listener));
  seen.answer.emplace(co_await std::move(reserving));
}

Async<> waits_until_the_other_has_ended(std::int64_t used, bool is_allowed) {
  auto const executor = co_await asio::this_coro::executor;
  BudgetService service(executor);
  AsyncScope scope(executor);
  Seen first;
  Seen second;
  scope.spawn(reserve_into(service, first));
  scope.spawn(reserve_into(service, second));
  auto const told = co_await eventually([&] { return !second.reason.empty(); });
  EXPECT_TRUE(told);
  EXPECT_THAT(second.reason, HasSubstr("the budget of the execution"));
  EXPECT_TRUE(first.answer && first.answer->hold);
  EXPECT_FALSE(second.answer);
  first.answer->hold->settle({used, 0});
  co_await scope.join();
  EXPECT_EQ(second.answer->hold.has_value(), is_allowed);
  EXPECT_EQ(second.answer->refused.has_value(), !is_allowed);
}

TEST(BudgetService, ACallWaitsForWhatIsUnderWayAndIsAllowed) {
  run_coro(waits_until_the_other_has_ended(20, true));
}

TEST(BudgetService, ACallWaitsForWhatIsUnderWayAndIsRefused) {
  run_coro(waits_until_the_other_has_ended(95, false));
}

Async<> cancelled_ones_give_back() {
  auto const executor = co_await asio::this_coro::executor;
  BudgetService service(executor);
  AsyncScope given_up(executor);
  AsyncScope scope(executor);
  Seen first;
  Seen second;
  Seen third;
  scope.spawn(reserve_into(service, first));
  auto const begun = co_await eventually([&] { return first.answer.has_value(); });
  EXPECT_TRUE(begun);
  given_up.spawn(reserve_into(service, second));
  auto const waits = co_await eventually([&] { return !second.reason.empty(); });
  EXPECT_TRUE(waits);
  scope.spawn(reserve_into(service, third));
  given_up.cancel();
  co_await given_up.join();
  first.answer.reset();  // dropped: nothing was used
  co_await scope.join();
  EXPECT_TRUE(third.answer->hold);
}

TEST(BudgetService, WhoGivesUpHoldsNobodyUp) {
  run_coro(cancelled_ones_give_back());
}

Async<> without_budgets() {
  BudgetService service(co_await asio::this_coro::executor);
  BudgetRequest nothing;
  auto reserving = service.reserve(std::move(nothing));
  auto const answer = co_await std::move(reserving);
  EXPECT_TRUE(answer.hold);
}

TEST(BudgetService, WithoutBudgetsNothingIsAsked) {
  run_coro(without_budgets());
}

Async<> from_another_shard(Shard& home) {
  BudgetService service(home.executor());
  Seen first;
  Seen second;
  auto reserving = reserve_into(service, first);
  co_await std::move(reserving);
  first.answer->hold->settle({95, 0});
  auto again = reserve_into(service, second);
  co_await std::move(again);
  EXPECT_TRUE(second.answer->refused);
}

TEST(BudgetService, TheHomeMayBeAnotherShard) {
  Shard home(1);
  home.start();
  run_coro(from_another_shard(home));
  home.join();
}

}  // namespace
}  // namespace ropewalk::ai
