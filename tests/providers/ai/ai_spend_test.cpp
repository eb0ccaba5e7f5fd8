// What attempts leave behind of the calls that they made, however they end.
#include "engine/async/async_scope.hpp"
#include "tests/providers/ai/runner_support.hpp"

#include <gmock/gmock.h>

namespace ropewalk::ai {
namespace {

using namespace test;
using ropewalk::test::run_coro;

/// Runs `config` and cancels it once `is_there(bench)`.
Async<> run_cancelled(
    Bench& bench, std::string config, std::function<bool(Bench&)> is_there, AttemptOutcome& out
) {
  auto run_into = [](Bench& on, std::string const& text, AttemptOutcome& into) -> Async<> {
    auto running = on.run(text);
    into = co_await std::move(running);
  };
  auto const signal = std::make_shared<asio::cancellation_signal>();
  AsyncScope scope(co_await asio::this_coro::executor);
  auto work = run_into(bench, config, out);
  scope.spawn(std::move(work), signal);
  auto waiting = ropewalk::test::eventually([&] { return is_there(bench); });
  EXPECT_TRUE(co_await std::move(waiting));
  signal->emit(asio::cancellation_type::terminal);
  co_await scope.join();
}

Script counted(Script script) {
  ChatUsage usage;
  usage.input = 1000;
  usage.output = 20;
  script.events.insert(script.events.begin(), UsageReported{usage});
  return script;
}

TEST(AiSpend, StaysWhenTheAttemptIsStoppedDuringATool) {
  auto body = []() -> Async<> {
    Bench bench(co_await asio::this_coro::executor);
    bench.model("a").scripts = {counted(calls_tool("get_weather", "{}"))};
    bench.sink.hanging_task = "weather";
    AttemptOutcome outcome;
    auto running = run_cancelled(
        bench,
        R"({"prompt": "Is it raining in Oslo?", "model": "a/one",
            "tools": [{"name": "get_weather", "task": "weather", "description": "The weather",
                       "parameters": {"type": "object"}}]})",
        [](Bench& on) { return !on.sink.calls.empty(); },
        outcome
    );
    co_await std::move(running);
    EXPECT_EQ(outcome.output.error().code, "cancelled") << outcome.output.error().message;
    EXPECT_EQ(outcome.usage.at("inputTokens"), 1000);
    EXPECT_EQ(outcome.spend.size(), 1U);
    EXPECT_EQ(outcome.spend.at(0).output_tokens, 20);
    EXPECT_EQ(outcome.detail.at("calls").as_array().size(), 1U);
  };
  run_coro(body());
}

constexpr auto priced =
    R"({"prompt": "Say hello to Ada",
    "model": ["a/gpt-4o-mini", "b/gpt-4o-mini"], "budget": {"maxCostUsd": 0.0001}})";

TEST(AiSpend, ABudgetNoticesCallsThatBrokeOff) {
  auto body = []() -> Async<> {
    Bench bench(co_await asio::this_coro::executor);
    std::string words;
    for (int i = 0; i < 1000; ++i) words += "rope ";
    bench.model("a").scripts = {fails(ErrorClass::transient, "stream_truncated", words)};
    bench.model("b").scripts = {says("Hello.")};
    std::string const config = priced;
    auto running = bench.run(config);
    auto const outcome = co_await std::move(running);
    EXPECT_TRUE(bench.model("b").requests.empty()) << "about $0.0006 are gone already";
    EXPECT_EQ(outcome.output.error().code, "budget_exceeded");
    EXPECT_TRUE(outcome.usage.at("costUsd").is_null()) << "what it cost nobody knows";
    EXPECT_EQ(outcome.spend.size(), 1U);
    EXPECT_FALSE(outcome.spend.at(0).cost_usd);
  };
  run_coro(body());
}

TEST(AiSpend, ACountThatCannotBeTrueIsNeitherMoneyNorALimit) {
  auto body = []() -> Async<> {
    Bench bench(co_await asio::this_coro::executor);
    auto lies = says("Hello.");
    ChatUsage usage;
    usage.input = 900'000'000;
    usage.output = 5;
    lies.events.insert(lies.events.end() - 1, UsageReported{usage});
    bench.model("a").scripts = {lies};
    std::string const config = R"({"prompt": "Say hello to Ada", "model": "a/gpt-4o-mini"})";
    auto running = bench.run(config);
    auto const outcome = co_await std::move(running);
    EXPECT_TRUE(outcome.output);
    EXPECT_TRUE(outcome.usage.at("costUsd").is_null());
    EXPECT_FALSE(outcome.usage.as_object().contains("inputTokens"));
    EXPECT_TRUE(outcome.detail.at("calls").at(0).as_object().contains("warning"));
    EXPECT_EQ(outcome.spend.size(), 1U);
    EXPECT_EQ(outcome.spend.at(0).input_tokens, 0);
  };
  run_coro(body());
}

TEST(AiSpend, AReplayNeedsNoKeyNoLimitAndNoMoney) {
  auto body = []() -> Async<> {
    Bench bench(co_await asio::this_coro::executor);
    ProviderConfig paid;
    paid.settings.name = "paid";  // of which the limits know nothing
    paid.settings.type = "openai";
    paid.needs_key = true;
    bench.providers.emplace("paid", std::move(paid));
    bench.model("paid").scripts = {says("Hello.")};
    std::string const config = R"({"prompt": "Say hello to Ada", "model": "paid/gpt-4o-mini"})";
    auto called = bench.run(config);
    auto const refused = co_await std::move(called);
    EXPECT_EQ(refused.output.error().code, "auth");
    bench.clients.replays = true;
    auto replayed = bench.run(config);
    auto const outcome = co_await std::move(replayed);
    EXPECT_TRUE(outcome.output);
    EXPECT_TRUE(outcome.spend.empty());
    EXPECT_EQ(outcome.usage.at("costUsd"), 0.0);
    EXPECT_EQ(outcome.detail.at("calls").at(0).at("replayed"), true);
    EXPECT_EQ(bench.observer.calls, 0);
  };
  run_coro(body());
}

TEST(AiSpend, ABudgetOfMoneyNeedsAPrice) {
  auto body = []() -> Async<> {
    Bench bench(co_await asio::this_coro::executor);
    bench.model("b").scripts = {says("Hello.")};
    std::string const alone = R"({"prompt": "Say hello to Ada", "model": "a/nobody-knows-it",
        "budget": {"maxCostUsd": 0.05}})";
    auto one = bench.run(alone);
    auto const refused = co_await std::move(one);
    EXPECT_EQ(refused.output.error().code, "price_unknown");
    EXPECT_THAT(refused.output.error().hint, testing::HasSubstr("modelsFile"));
    EXPECT_TRUE(bench.model("a").requests.empty());
    std::string const chain = R"({"prompt": "Say hello to Ada",
        "model": ["a/nobody-knows-it", "b/gpt-4o-mini"], "budget": {"maxCostUsd": 0.05}})";
    auto two = bench.run(chain);
    auto const answered = co_await std::move(two);
    EXPECT_TRUE(answered.output);
  };
  run_coro(body());
}

}  // namespace
}  // namespace ropewalk::ai
