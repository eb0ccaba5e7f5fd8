// Conversations that go on over several tasks: what is sent again, and whose it is.
#include "tests/providers/ai/runner_support.hpp"

#include <gtest/gtest.h>

namespace ropewalk::ai {
namespace {

using namespace test;
using ropewalk::test::run_coro;

TEST(AiHistory, SendsEarlierTurnsOfAConversationAgain) {
  auto body = []() -> Async<> {
    Bench bench(co_await asio::this_coro::executor);
    bench.model("a").scripts = {says("Hello, Ada."), says("Your name is Ada.")};
    std::string const first = R"({"prompt": "My name is Ada", "model": "a/one", "history": "k"})";
    std::string const second = R"({"prompt": "Who am I then?", "model": "a/one", "history": "k"})";
    auto one = bench.run(first);
    co_await std::move(one);
    bench.idempotency_key = "another/ask/1";
    auto two = bench.run(second);
    co_await std::move(two);
    auto const& sent = bench.model("a").requests.at(1).messages;
    EXPECT_EQ(sent.size(), 3U);
    EXPECT_EQ(text_of(sent.at(0)), "My name is Ada");
    EXPECT_EQ(text_of(sent.at(1)), "Hello, Ada.");
  };
  run_coro(body());
}

TEST(AiHistory, AnAttemptThatIsMadeAgainDoesNotHearItself) {
  auto body = []() -> Async<> {
    Bench bench(co_await asio::this_coro::executor);
    bench.model("a").scripts = {says("Hello."), says("Hello again.")};
    std::string const config = R"({"prompt": "I am Ada", "model": "a/one", "history": "k"})";
    for (int i = 0; i < 2; ++i) {
      auto running = bench.run(config);
      co_await std::move(running);
    }
    EXPECT_EQ(bench.model("a").requests.at(1).messages.size(), 1U);
  };
  run_coro(body());
}

TEST(AiHistory, WorkflowsShareAConversationOnlyWhereTheySaySo) {
  auto body = []() -> Async<> {
    Bench bench(co_await asio::this_coro::executor);
    bench.model("a").scripts = {says("1"), says("2"), says("3"), says("4")};
    std::string const own = R"({"prompt": "I am Ada", "model": "a/one", "history": "k"})";
    std::string const shared =
        R"({"prompt": "I am Ada", "model": "a/one", "history": {"key": "k", "shared": true}})";
    std::vector<std::size_t> sent;
    for (auto const& config : {own, own, shared, shared}) {
      bench.workflow += "x";
      bench.idempotency_key += "x";
      auto running = bench.run(config);
      co_await std::move(running);
      sent.push_back(bench.model("a").requests.back().messages.size());
    }
    EXPECT_EQ(sent, (std::vector<std::size_t>{1, 1, 1, 3}));
  };
  run_coro(body());
}

TEST(AiHistory, AnAnswerIsNotLostBecauseItCouldNotBeRemembered) {
  auto body = []() -> Async<> {
    Bench bench(co_await asio::this_coro::executor);
    bench.model("a").scripts = {says("Hello, Ada.")};
    bench.conversations.fails = true;
    std::string const config = R"({"prompt": "I am Ada", "model": "a/one", "history": "k"})";
    auto running = bench.run(config);
    auto const outcome = co_await std::move(running);
    EXPECT_TRUE(outcome.output);
    EXPECT_EQ(outcome.detail.at("notRemembered"), "the database is gone");
  };
  run_coro(body());
}

}  // namespace
}  // namespace ropewalk::ai
