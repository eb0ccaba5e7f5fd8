// What a call took, by what came of it.
#include "providers/ai/call_account.hpp"

#include <gtest/gtest.h>

namespace ropewalk::ai {
namespace {

constexpr ModelPrice price{1'000'000, {}, {}, 4'000'000};  // $1 and $4 a million

CallFacts facts() {
  CallFacts out;
  out.model = "gpt-4o-mini";
  out.input = 1000;
  out.price = price;
  return out;
}

ChatOutcome whole(std::optional<std::int64_t> input, std::optional<std::int64_t> output) {
  ChatOutcome out;
  out.answer.text = "Hello, Ada.";
  out.answer.usage.input = input;
  out.answer.usage.output = output;
  out.first_token = out.total = std::chrono::milliseconds(5);
  return out;
}

ChatOutcome broken(ChatOutcome outcome, std::string code) {
  outcome.ended = Error{ErrorClass::transient, std::move(code), "it broke off"};
  return outcome;
}

TEST(CallAccount, WhatIsCountedIsChargedAsItIs) {
  auto const account = account_of(facts(), whole(900, 50));
  EXPECT_DOUBLE_EQ(*account.cost_usd, 0.0011);
  EXPECT_DOUBLE_EQ(account.charged_usd, 0.0011);
  EXPECT_EQ(account.charged_tokens, 950);
  EXPECT_EQ(account.tokens_used, 950);
  EXPECT_FALSE(account.was_left);
}

TEST(CallAccount, AnAnswerThatBrokeOffIsEstimatedForBudgetsOnly) {
  auto outcome = broken(whole({}, {}), "stream_truncated");
  outcome.answer.text.clear();
  for (int i = 0; i < 1000; ++i) outcome.answer.text += "rope ";
  auto const account = account_of(facts(), outcome);
  EXPECT_FALSE(account.cost_usd);
  EXPECT_TRUE(account.was_left);
  EXPECT_EQ(account.usage, ChatUsage{});
  EXPECT_NEAR(static_cast<double>(account.charged_tokens), 2000, 200);
  EXPECT_NEAR(account.charged_usd, 0.005, 0.001);
  EXPECT_FALSE(account.tokens_used) << "limits keep what was reserved";
}

TEST(CallAccount, TheFirstWordsOfACountAreNoCount) {
  // Anthropic tells at the start what was sent, and one token of output.
  auto const account = account_of(facts(), broken(whole(700, 1), "connection_lost"));
  EXPECT_EQ(account.usage.input, 700);
  EXPECT_FALSE(account.usage.output);
  EXPECT_FALSE(account.cost_usd);
  EXPECT_GT(account.charged_tokens, 700);
}

TEST(CallAccount, WhatCountsNothingIsNotFreeForBudgets) {
  auto const account = account_of(facts(), whole({}, {}));
  EXPECT_FALSE(account.cost_usd);
  EXPECT_GE(account.charged_tokens, 1000);
  EXPECT_GT(account.charged_usd, 0.001);
}

TEST(CallAccount, ARefusedCallTookNothing) {
  ChatOutcome refused;
  refused.total = std::chrono::milliseconds(5);
  auto const account = account_of(facts(), broken(refused, "rate_limited"));
  EXPECT_FALSE(account.was_left);
  EXPECT_EQ(account.charged_tokens, 0);
  EXPECT_EQ(account.charged_usd, 0);
}

TEST(CallAccount, ACallThatNeverBeganTookNothing) {
  auto const account = account_of(facts(), broken(ChatOutcome{}, "cancelled"));
  EXPECT_FALSE(account.was_left);
  EXPECT_EQ(account.charged_tokens, 0);
}

TEST(CallAccount, TheSimulationCostsNothingButItsTokensCount) {
  auto simulated = facts();
  simulated.costs_nothing = true;
  auto const account = account_of(simulated, whole(900, 50));
  EXPECT_EQ(account.cost_usd, 0.0);
  EXPECT_EQ(account.charged_usd, 0);
  EXPECT_EQ(account.charged_tokens, 950);
  EXPECT_FALSE(account_of(simulated, broken(whole({}, {}), "cancelled")).was_left);
}

}  // namespace
}  // namespace ropewalk::ai
