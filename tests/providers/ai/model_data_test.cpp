// Goal: the table of models is right in form, found by pattern, and costs are exact. Method: the
// built-in table; small tables of users; calls with honest and lying counts.
#include "providers/ai/model_data.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::ai {
namespace {

using testing::HasSubstr;

TEST(ModelTable, BuiltIn) {
  auto const table = ModelTable::built_in();
  EXPECT_GT(table->size(), 40U);
  EXPECT_EQ(table->updated().size(), 10U);
  ModelInfo const mini = table->find("openai", "openai", "gpt-4o-mini");
  EXPECT_EQ(mini.context_window, 128000);
  EXPECT_EQ(mini.price->input, 150'000);
  EXPECT_EQ(mini.price->cached_input, 75'000);
  EXPECT_EQ(mini.price->output, 600'000);
  EXPECT_EQ(table->find("my-azure", "azure", "gpt-4o-2024-08-06").price->input, 2'500'000);
  EXPECT_EQ(table->find("openai", "openai", "gpt-4o-2024-05-13").price->input, 5'000'000);
  EXPECT_EQ(table->find("openai", "openai", "o3").temperature, false);
  EXPECT_EQ(table->find("x", "anthropic", "claude-sonnet-4-5-20250929").price->output, 15'000'000);
  EXPECT_EQ(table->find("sim", "sim", "anything").price->output, 0);
}

TEST(ModelTable, WhatIsNotKnownIsAbsent) {
  auto const table = ModelTable::built_in();
  ModelInfo const info = table->find("openai", "openai", "no-such-model");
  EXPECT_FALSE(info.price);
  EXPECT_FALSE(info.context_window);
  EXPECT_FALSE(table->find("openai", "openai", "gpt-4o-audio-preview").price);
  EXPECT_FALSE(table->find("local", "ollama", "llama3.1:8b").price);
  EXPECT_EQ(table->find("local", "ollama", "llama3.1:8b").context_window, 131072);
  EXPECT_FALSE(table->find("local", "ollama", "gpt-4o").price);  // somebody else's
}

TEST(ModelTable, TheUsersWinsFieldByField) {
  auto const table = ModelTable::with(R"(models:
  - { match: gpt-4o-mini, price: { input: 1, output: 2 } }
  - { match: "own-*", contextWindow: 5000 }
  - { match: own-large, contextWindow: 9000 }
)");
  ASSERT_TRUE(table) << table.error().message;
  ModelInfo const mini = (*table)->find("openai", "openai", "gpt-4o-mini");
  EXPECT_EQ(mini.price->output, 2'000'000);
  EXPECT_FALSE(mini.price->cached_input);
  EXPECT_EQ(mini.context_window, 128000);
  EXPECT_EQ((*table)->find("a", "b", "own-small").context_window, 5000);
  EXPECT_EQ((*table)->find("a", "b", "own-large").context_window, 9000);
  EXPECT_EQ((*table)->updated(), ModelTable::built_in()->updated());
}

TEST(ModelTable, AllProblemsOfAFileAtOnce) {
  auto const table = ModelTable::with(R"(models:
  - { contextWindow: 1 }
  - { match: a, contxtWindow: 5, price: { input: -1 }, tools: maybe }
  - 7
moddels: []
)");
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().code, "invalid_models");
  EXPECT_EQ(table.error().detail.at("problems").as_array().size(), 7U);
  EXPECT_THAT(table.error().message, HasSubstr("models[1].price.input"));
  EXPECT_EQ(ModelTable::with("models: [").error().code, "invalid_yaml");
  EXPECT_EQ(ModelTable::with("7").error().code, "invalid_models");
  EXPECT_EQ(ModelTable::with("a: &x 1\nb: *x").error().code, "yaml_alias");
}

TEST(Patterns, Match) {
  EXPECT_TRUE(matches_pattern("a*c*", "abcabc"));
  EXPECT_TRUE(matches_pattern("*", ""));
  EXPECT_TRUE(matches_pattern("a", "a"));
  EXPECT_FALSE(matches_pattern("a", "ab"));
  EXPECT_FALSE(matches_pattern("a*b", "ac"));
  EXPECT_FALSE(matches_pattern("*a*a*a*a*a*b", std::string(256, 'a')));
}

ChatUsage usage(std::int64_t input, std::int64_t output) {
  ChatUsage out;
  out.input = input;
  out.output = output;
  return out;
}

TEST(Cost, IsExact) {
  ModelPrice price;
  price.input = 150'000;
  price.output = 600'000;
  EXPECT_EQ(cost_usd(price, usage(1'000'000, 0)), 0.15);
  EXPECT_EQ(cost_usd(price, usage(12, 5)), 0.0000048);
  EXPECT_EQ(cost_usd(price, usage(0, 0)), 0.0);
  price.input = 37'500;  // half a billionth is rounded up
  EXPECT_EQ(cost_usd(price, usage(1, 0)), 0.000000038);
}

TEST(Cost, CachedAndWrittenTokens) {
  ModelPrice price;
  price.input = 3'000'000;
  price.output = 15'000'000;
  ChatUsage counted = usage(1000, 100);
  counted.cached_input = 600;
  counted.cache_write = 300;
  EXPECT_EQ(cost_usd(price, counted), 0.0045);  // without prices of their own: as input
  price.cached_input = 300'000;
  price.cache_write = 3'750'000;
  EXPECT_EQ(cost_usd(price, counted), 0.000300 + 0.000180 + 0.001125 + 0.0015);
}

TEST(Cost, WhatWasNotCountedHasNoCost) {
  ModelPrice const price;
  ChatUsage counted;
  EXPECT_FALSE(cost_usd(price, counted));
  counted.input = 5;
  EXPECT_FALSE(cost_usd(price, counted));
}

TEST(Cost, LyingCountsAreBounded) {
  ModelPrice price;
  price.input = 10'000'000'000;
  price.output = 10'000'000'000;
  price.cached_input = 0;
  ChatUsage counted = usage(10, -5);
  counted.cached_input = 1000;
  EXPECT_EQ(cost_usd(price, counted), 0.0);
  std::int64_t const huge = std::numeric_limits<std::int64_t>::max();
  EXPECT_GT(cost_usd(price, usage(huge, huge)).value(), 0.0);
}

}  // namespace
}  // namespace ropewalk::ai
