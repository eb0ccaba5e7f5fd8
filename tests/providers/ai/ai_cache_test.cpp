// Answers that are kept (`cache: true`): only those that were found good.
#include "tests/providers/ai/runner_support.hpp"

#include <gmock/gmock.h>

namespace ropewalk::ai {
namespace {

using namespace test;
using ropewalk::test::run_coro;

constexpr auto wants_json = R"({"prompt": "How urgent is it?", "model": "a/one", "repair": 0,
    "cache": true, "output": {"schema": {"type": "object", "required": ["urgency"]}}})";

/// What the first run of `config` with these answers gives, on a bench that stays.
Async<> run_on(Bench& bench, std::string config, std::deque<Script> scripts, AttemptOutcome& out) {
  bench.model("a").scripts = std::move(scripts);
  auto running = bench.run(config);
  out = co_await std::move(running);
}

/// Calls made in two runs, the first of which is answered with `first`, the second with `second`.
void expect_two_runs(
    std::string config,
    std::deque<Script> first,
    std::deque<Script> second,
    std::function<void(Bench&, AttemptOutcome&)> check
) {
  auto body = [](std::string text,
                 std::deque<Script> before,
                 std::deque<Script> after,
                 std::function<void(Bench&, AttemptOutcome&)> then) -> Async<> {
    Bench bench(co_await asio::this_coro::executor);
    AttemptOutcome outcome;
    auto one = run_on(bench, text, std::move(before), outcome);
    co_await std::move(one);
    auto two = run_on(bench, text, std::move(after), outcome);
    co_await std::move(two);
    then(bench, outcome);
  };
  run_coro(body(std::move(config), std::move(first), std::move(second), std::move(check)));
}

TEST(AiCache, DoesNotKeepWhatWasRejected) {
  expect_two_runs(
      wants_json,
      {says("It is urgent!")},
      {says("{\"urgency\": 9}")},
      [](Bench& bench, AttemptOutcome& outcome) {
        ASSERT_TRUE(outcome.output) << outcome.output.error().message;
        EXPECT_EQ(outcome.output->at("urgency"), 9);
        EXPECT_EQ(bench.cache.values.size(), 1U) << "the good one";
      }
  );
}

TEST(AiCache, DoesNotKeepWhatWasCutShort) {
  auto cut = says("Once upon a");
  std::get<ChatFinish>(cut.events.back()).reason = FinishReason::length;
  expect_two_runs(
      R"({"prompt": "Tell me a story", "model": "a/one", "cache": true})",
      {cut},
      {says("Once upon a time.")},
      [](Bench& bench, AttemptOutcome& outcome) {
        EXPECT_EQ(outcome.output->at("text"), "Once upon a time.");
        EXPECT_EQ(bench.model("a").requests.size(), 2U);
      }
  );
}

TEST(AiCache, IgnoresWhatIsKeptAndNoGood) {
  auto body = [](std::string text) -> Async<> {
    Bench bench(co_await asio::this_coro::executor);
    AttemptOutcome outcome;
    std::deque<Script> const first(1, says("{\"urgency\": 9}"));
    std::deque<Script> const second(1, says("{\"urgency\": 7}"));
    auto one = run_on(bench, text, first, outcome);
    co_await std::move(one);
    for (auto& [key, value] : bench.cache.values)
      if (auto const at = value.find("urgency"); at != std::string::npos) value[at] = 'x';
    auto two = run_on(bench, text, second, outcome);
    co_await std::move(two);
    EXPECT_TRUE(outcome.output);
    EXPECT_EQ(outcome.output->at("urgency"), 7);
    EXPECT_EQ(bench.model("a").requests.size(), 2U);
  };
  run_coro(body(wants_json));
}

TEST(AiCache, KeepsTheRoundsThatLedToAGoodAnswer) {
  constexpr auto config = R"({"prompt": "Is it raining in Oslo?", "model": "a/one", "cache": true,
      "tools": [{"name": "get_weather", "task": "weather", "description": "The weather",
                 "parameters": {"type": "object"}}]})";
  auto body = [](std::string text) -> Async<> {
    Bench bench(co_await asio::this_coro::executor);
    bench.sink.answers["weather"] = "rain";
    AttemptOutcome outcome;
    std::deque<Script> first(1, calls_tool("get_weather", "{}"));
    first.push_back(says("Yes."));
    std::deque<Script> const second(1, says("nobody asks me"));
    auto one = run_on(bench, text, first, outcome);
    co_await std::move(one);
    auto two = run_on(bench, text, second, outcome);
    co_await std::move(two);
    EXPECT_EQ(outcome.output->at("text"), "Yes.");
    EXPECT_EQ(bench.model("a").requests.size(), 2U);
    EXPECT_TRUE(outcome.spend.empty());
  };
  run_coro(body(config));
}

}  // namespace
}  // namespace ropewalk::ai
