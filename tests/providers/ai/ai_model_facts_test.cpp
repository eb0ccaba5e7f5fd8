// What is known of a model decides what it is sent.
#include "tests/providers/ai/runner_support.hpp"

#include <gmock/gmock.h>

namespace ropewalk::ai {
namespace {

using namespace test;
using ropewalk::test::run_coro;

/// Runs `check(bench, outcome)` on what `config` comes to; its models are at the provider "n".
void expect_run(
    std::string type,
    std::string models_yaml,
    std::string config,
    std::function<void(Bench&, AttemptOutcome&)> check
) {
  auto body = [](std::string of_type,
                 std::string yaml,
                 std::string text,
                 std::function<void(Bench&, AttemptOutcome&)> then) -> Async<> {
    Bench bench(co_await asio::this_coro::executor);
    ProviderConfig provider;
    provider.settings.name = "n";
    provider.settings.type = of_type;
    bench.providers.emplace("n", std::move(provider));
    auto const table = ModelTable::with(yaml);
    EXPECT_TRUE(table);
    bench.models = *table;
    bench.clients.replays = true;  // the limits do not know this provider
    bench.model("n").scripts = {says("{\"urgency\": 9}")};
    bench.model("b").scripts = {says("{\"urgency\": 9}")};
    auto running = bench.run(text);
    auto outcome = co_await std::move(running);
    then(bench, outcome);
  };
  run_coro(body(std::move(type), std::move(models_yaml), std::move(config), std::move(check)));
}

constexpr auto nothing_else = "models: []";

TEST(ModelFacts, AnAnswerIsNoLongerThanTheModelCan) {
  expect_run(
      "anthropic",
      nothing_else,
      R"({"prompt": "How urgent is it?", "model": "n/claude-3-haiku-20240307"})",
      [](Bench& bench, AttemptOutcome&) {
        EXPECT_EQ(bench.model("n").requests.at(0).max_tokens, 4096);
      }
  );
  expect_run(
      "anthropic",
      nothing_else,
      R"({"prompt": "How urgent is it?", "model": "n/claude-sonnet-4-5"})",
      [](Bench& bench, AttemptOutcome&) {
        EXPECT_EQ(bench.model("n").requests.at(0).max_tokens, 8192);
      }
  );
  expect_run(
      "openai",
      nothing_else,
      R"({"prompt": "How urgent is it?", "model": "n/gpt-4o-mini"})",
      [](Bench& bench, AttemptOutcome&) {
        EXPECT_FALSE(bench.model("n").requests.at(0).max_tokens) << "it needs none";
      }
  );
}

constexpr auto cannot_do_much = R"(
models:
  - {match: [plain], images: false, tools: false, schema: false, temperature: false}
)";

TEST(ModelFacts, ASchemaIsToldInWordsWhereItCannotBeEnforced) {
  expect_run(
      "openai",
      cannot_do_much,
      R"({"prompt": "How urgent is it?", "model": "n/plain",
          "output": {"schema": {"type": "object", "required": ["urgency"]}}})",
      [](Bench& bench, AttemptOutcome& outcome) {
        ASSERT_TRUE(outcome.output) << outcome.output.error().message;
        auto const& sent = bench.model("n").requests.at(0);
        EXPECT_FALSE(sent.schema);
        std::string all;
        for (auto const& message : sent.messages) all += text_of(message);
        EXPECT_THAT(all, testing::HasSubstr("urgency\""));
      }
  );
}

TEST(ModelFacts, ToolsAndImagesGoToAModelThatTakesThem) {
  for (std::string const& extra :
       {std::string(R"("tools": [{"name": "look_up", "task": "look", "description": "Looks it up",
                                 "parameters": {"type": "object"}}])"),
        std::string(R"("attachments": [{"data": "aGVsbG8=", "mediaType": "image/png"}])")}) {
    auto const question = R"({"prompt": "How urgent is it?", "model": )";
    expect_run(
        "openai",
        cannot_do_much,
        question + (R"("n/plain", )" + extra + "}"),
        [](Bench& bench, AttemptOutcome& outcome) {
          ASSERT_FALSE(outcome.output);
          EXPECT_EQ(outcome.output.error().code, "unsupported");
          EXPECT_THAT(outcome.output.error().hint, testing::HasSubstr("modelsFile"));
          EXPECT_TRUE(bench.model("n").requests.empty());
        }
    );
    expect_run(
        "openai",
        cannot_do_much,
        question + (R"(["n/plain", "b/two"], )" + extra + "}"),
        [](Bench& bench, AttemptOutcome& outcome) {
          ASSERT_TRUE(outcome.output) << outcome.output.error().message;
          EXPECT_EQ(bench.model("b").requests.size(), 1U);
        }
    );
  }
}

TEST(ModelFacts, WhatAModelDoesNotTakeIsLeftOutAndSaid) {
  expect_run(
      "openai",
      cannot_do_much,
      R"({"prompt": "How urgent is it?", "model": "n/plain", "temperature": 0.5})",
      [](Bench& bench, AttemptOutcome& outcome) {
        EXPECT_FALSE(bench.model("n").requests.at(0).temperature);
        EXPECT_EQ(outcome.detail.at("calls").at(0).at("dropped"), json::array{"temperature"});
      }
  );
}

}  // namespace
}  // namespace ropewalk::ai
