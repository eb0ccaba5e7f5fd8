// Budgets of a task, an execution and a workflow's day, seen from an attempt.
#include "engine/async/async_scope.hpp"
#include "tests/providers/ai/runner_support.hpp"

#include <gmock/gmock.h>

namespace ropewalk::ai {
namespace {

using namespace test;
using ropewalk::test::eventually;
using ropewalk::test::run_coro;
using testing::HasSubstr;

constexpr auto question = R"({"prompt": "Say hello to Ada", "model": "a/one"})";

/// Runs `check(bench, outcome)` on what `config` comes to.
void expect_run(
    std::string config,
    std::function<void(Bench&)> prepare,
    std::function<void(Bench&, AttemptOutcome&)> check
) {
  auto body = [](std::string text,
                 std::function<void(Bench&)> before,
                 std::function<void(Bench&, AttemptOutcome&)> after) -> Async<> {
    Bench bench(co_await asio::this_coro::executor);
    before(bench);
    auto running = bench.run(text);
    auto outcome = co_await std::move(running);
    after(bench, outcome);
  };
  run_coro(body(std::move(config), std::move(prepare), std::move(check)));
}

TEST(AiBudget, StopsBeforeABudgetIsPassed) {
  constexpr auto config =
      R"({"prompt": "Say hello to Ada", "model": "a/one", "budget": {"maxTokens": 100}})";
  expect_run(
      config,
      [](Bench& bench) { bench.spend.task.tokens = 99; },
      [](Bench& bench, AttemptOutcome& outcome) {
        ASSERT_FALSE(outcome.output);
        EXPECT_EQ(outcome.output.error().code, "budget_exceeded");
        EXPECT_FALSE(outcome.hold);
        EXPECT_TRUE(bench.model("a").requests.empty());
      }
  );
}

TEST(AiBudget, HoldsForAPersonWhereTheBudgetSaysSo) {
  constexpr auto config = R"({"prompt": "Say hello to Ada", "model": "a/one",
      "budget": {"maxTokens": 100, "onExceeded": "pause"}})";
  expect_run(
      config,
      [](Bench& bench) { bench.spend.task.tokens = 99; },
      [](Bench&, AttemptOutcome& outcome) {
        ASSERT_TRUE(outcome.hold);
        EXPECT_EQ(outcome.hold->code, "budget_exceeded");
      }
  );
  expect_run(
      config,
      [](Bench& bench) {
        bench.spend.task.tokens = 99;
        bench.approved = true;
        bench.model("a").scripts = {says("Hello.")};
      },
      [](Bench&, AttemptOutcome& outcome) { EXPECT_TRUE(outcome.output); }
  );
}

SpendLimit tokens(std::int64_t most, OnExceeded then = OnExceeded::fail) {
  SpendLimit out;
  out.max_tokens = most;
  out.on_exceeded = then;
  return out;
}

TEST(AiBudget, AnExecutionsBudgetStopsItsTasks) {
  expect_run(
      question,
      [](Bench& bench) {
        bench.budget.execution = tokens(100);
        bench.spend.execution.tokens = 99;
      },
      [](Bench& bench, AttemptOutcome& outcome) {
        ASSERT_FALSE(outcome.output);
        EXPECT_EQ(outcome.output.error().code, "budget_exceeded");
        EXPECT_EQ(outcome.output.error().detail.at("budget"), "execution");
        EXPECT_FALSE(outcome.hold);
        EXPECT_TRUE(bench.model("a").requests.empty());
      }
  );
}

TEST(AiBudget, AWorkflowsDayHoldsForAPerson) {
  expect_run(
      question,
      [](Bench& bench) {
        bench.budget.execution = tokens(1000);
        bench.budget.day = tokens(100, OnExceeded::pause);
        bench.spend.today.tokens = 99;
      },
      [](Bench&, AttemptOutcome& outcome) {
        ASSERT_TRUE(outcome.hold);
        EXPECT_EQ(outcome.hold->detail.at("budget"), "perDay");
        EXPECT_THAT(outcome.hold->message, HasSubstr("workflow \"w\""));
      }
  );
}

TEST(AiBudget, WhatAPersonAllowedCountsForTheOthers) {
  auto body = []() -> Async<> {
    Bench bench(co_await asio::this_coro::executor);
    bench.budget.execution = tokens(100);
    bench.spend.execution.tokens = 80;
    bench.model("a").scripts = {says("Hello.")};
    bench.approved = true;
    std::string const config = question;
    auto allowed = bench.run(config);
    auto const first = co_await std::move(allowed);
    EXPECT_TRUE(first.output);
    bench.approved = false;
    auto running = bench.run(config);
    auto const second = co_await std::move(running);
    EXPECT_FALSE(second.output);
    if (second.output) co_return;
    EXPECT_THAT(second.output.error().message, HasSubstr("95 of 100 tokens are used"));
  };
  run_coro(body());
}

Async<> run_into(Bench& bench, std::optional<AttemptOutcome>& into) {
  std::string const config = question;
  auto running = bench.run(config);
  into = co_await std::move(running);
}

TEST(AiBudget, ATaskWaitsForThoseThatMayUseItUp) {
  auto body = []() -> Async<> {
    auto const executor = co_await asio::this_coro::executor;
    Bench bench(executor);
    bench.budget.execution = tokens(1000);
    Script hangs;
    hangs.hangs = true;
    bench.model("a").scripts = {hangs, says("Hello.")};
    AsyncScope first_scope(executor);
    AsyncScope scope(executor);
    std::optional<AttemptOutcome> first;
    std::optional<AttemptOutcome> second;
    first_scope.spawn(run_into(bench, first));
    auto const begun = co_await eventually([&] { return bench.model("a").requests.size() == 1; });
    EXPECT_TRUE(begun);
    scope.spawn(run_into(bench, second));
    auto const waits = co_await eventually([&] {
      return !bench.sink.waits.empty() && !bench.sink.waits.back().empty();
    });
    EXPECT_TRUE(waits);
    EXPECT_THAT(bench.sink.waits.back(), HasSubstr("the budget of the execution"));
    EXPECT_EQ(bench.model("a").requests.size(), 1U);
    first_scope.cancel();
    co_await first_scope.join();
    co_await scope.join();
    EXPECT_TRUE(second && second->output);
  };
  run_coro(body());
}

}  // namespace
}  // namespace ropewalk::ai
