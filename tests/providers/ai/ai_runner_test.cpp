// AiRunner: what a task gives, what watchers see, what is recorded.
#include "tests/providers/ai/runner_support.hpp"

#include <gmock/gmock.h>

namespace ropewalk::ai {
namespace {

using namespace test;
using ropewalk::test::run_coro;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto question = R"({"prompt": "Say hello to Ada", "model": "a/one"})";
constexpr auto chain = R"({"prompt": "Say hello to Ada", "model": ["a/one", "b/two"]})";

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

TEST(AiRunner, GivesTheTextAndStreamsIt) {
  expect_run(
      question,
      [](Bench& bench) { bench.model("a").scripts = {says("Hello, Ada.")}; },
      [](Bench& bench, AttemptOutcome& outcome) {
        ASSERT_TRUE(outcome.output) << outcome.output.error().message;
        EXPECT_EQ(outcome.output->at("text"), "Hello, Ada.");
        EXPECT_EQ(outcome.output->at("finishReason"), "stop");
        EXPECT_EQ(bench.sink.shown["text"], "Hello, Ada.");
        ASSERT_TRUE(bench.sink.end);
        EXPECT_EQ(bench.sink.end->model, "a/one");
        EXPECT_EQ(outcome.usage.at("inputTokens"), 10);
        EXPECT_EQ(outcome.detail.at("stream").at("text"), "Hello, Ada.");
      }
  );
}

TEST(AiRunner, GivesJsonWhereASchemaIsSet) {
  constexpr auto config = R"({"prompt": "How urgent is it?", "model": "a/one",
      "output": {"schema": {"type": "object", "required": ["urgency"]}}})";
  expect_run(
      config,
      [](Bench& bench) { bench.model("a").scripts = {says("```json\n{\"urgency\": 7}\n```")}; },
      [](Bench&, AttemptOutcome& outcome) {
        ASSERT_TRUE(outcome.output) << outcome.output.error().message;
        EXPECT_EQ(outcome.output->at("urgency"), 7);
      }
  );
}

TEST(AiRunner, ShowsTheModelItsErrorOnce) {
  constexpr auto config = R"({"prompt": "How urgent is it?", "model": "a/one",
      "output": {"schema": {"type": "object", "required": ["urgency"]}}})";
  expect_run(
      config,
      [](Bench& bench) {
        bench.model("a").scripts = {says("It is urgent!"), says("{\"urgency\": 9}")};
      },
      [](Bench& bench, AttemptOutcome& outcome) {
        ASSERT_TRUE(outcome.output) << outcome.output.error().message;
        EXPECT_EQ(outcome.output->at("urgency"), 9);
        EXPECT_THAT(bench.sink.restarts, ElementsAre("repair"));
        EXPECT_EQ(bench.sink.shown["text"], "{\"urgency\": 9}");
        EXPECT_EQ(outcome.usage.at("calls"), 2);
        EXPECT_EQ(outcome.detail.at("calls").at(1).at("purpose"), "repair");
      }
  );
}

TEST(AiRunner, NeverCompletesWithMalformedOutput) {
  constexpr auto config = R"({"prompt": "How urgent is it?", "model": "a/one", "repair": 2,
      "output": {"format": "json"}})";
  expect_run(
      config,
      [](Bench& bench) { bench.model("a").scripts = {says("no JSON at all")}; },
      [](Bench& bench, AttemptOutcome& outcome) {
        ASSERT_FALSE(outcome.output);
        EXPECT_EQ(outcome.output.error().code, "invalid_output");
        EXPECT_EQ(bench.model("a").requests.size(), 3U);
        // It was paid for: watchers are told as of any other.
        ASSERT_TRUE(bench.sink.end);
        EXPECT_EQ(bench.sink.end->model, "a/one");
        EXPECT_EQ(bench.sink.end->finish_reason, "stop");
        EXPECT_THAT(bench.sink.end->usage, HasSubstr("\"inputTokens\":30"));
        EXPECT_EQ(outcome.detail.at("stream").at("text"), "no JSON at all");
        EXPECT_EQ(outcome.detail.at("stream").at("usage").at("calls"), 3);
      }
  );
}

TEST(AiRunner, KeepsWhatWasShownOfAnAnswerThatBrokeOff) {
  expect_run(
      question,
      [](Bench& bench) {
        bench.model("a").scripts = {fails(ErrorClass::transient, "stream_truncated", "Hello, A")};
      },
      [](Bench& bench, AttemptOutcome& outcome) {
        ASSERT_FALSE(outcome.output);
        EXPECT_EQ(bench.sink.shown["text"], "Hello, A");
        EXPECT_EQ(outcome.detail.at("stream").at("text"), "Hello, A");
        EXPECT_EQ(outcome.detail.at("stream").at("generation"), 0);
        EXPECT_EQ(outcome.detail.at("stream").at("model"), "a/one");
        ASSERT_TRUE(bench.sink.end);
        EXPECT_EQ(bench.sink.end->model, "a/one");
        EXPECT_EQ(bench.sink.end->finish_reason, "");
      }
  );
}

TEST(AiRunner, KeepsABoundedPartOfALongAnswerThatBrokeOff) {
  expect_run(
      question,
      [](Bench& bench) {
        std::string text = "a";
        for (int i = 0; i < 600'000; ++i) text += "\u00fc";
        bench.model("a").scripts = {fails(ErrorClass::transient, "stream_truncated", text)};
      },
      [](Bench&, AttemptOutcome& outcome) {
        auto const& kept = outcome.detail.at("stream").at("text").as_string();
        EXPECT_EQ(kept.size(), 1024U * 1024U - 1);
      }
  );
}

TEST(AiRunner, FallsBackToTheNextModelAndTakesBackWhatWasShown) {
  expect_run(
      chain,
      [](Bench& bench) {
        bench.model("a").scripts = {fails(ErrorClass::transient, "overloaded", "Hel")};
        bench.model("b").scripts = {says("Hello.")};
      },
      [](Bench& bench, AttemptOutcome& outcome) {
        ASSERT_TRUE(outcome.output) << outcome.output.error().message;
        EXPECT_EQ(outcome.output->at("model"), "b/two");
        EXPECT_THAT(bench.sink.restarts, ElementsAre("fallback"));
        EXPECT_EQ(bench.sink.shown["text"], "Hello.");
        EXPECT_EQ(outcome.detail.at("stream").at("generation"), 1);
        EXPECT_EQ(outcome.detail.at("calls").at(0).at("error").at("code"), "overloaded");
        EXPECT_EQ(outcome.detail.at("model"), "b/two");
      }
  );
}

/// A key that may not use one model is no reason to leave the provider's others alone.
TEST(AiRunner, FallsBackWithinAProviderThatRefusesOneModel) {
  constexpr auto config = R"({"prompt": "Say hello to Ada", "model": ["a/dear", "a/fine"]})";
  auto const twice = [](std::string text) -> Async<> {
    Bench bench(co_await asio::this_coro::executor);
    auto& model = bench.model("a");
    model.scripts = {fails(ErrorClass::permanent, "auth"), says("Hello."), says("Hello again.")};
    auto first = bench.run(text);
    auto const outcome = co_await std::move(first);
    EXPECT_TRUE(outcome.output);
    auto second = bench.run(text);
    auto const again = co_await std::move(second);
    EXPECT_TRUE(again.output);
    EXPECT_EQ(model.requests.size(), 3U) << "the refused one was left alone";
    auto const& call = again.detail.at("calls").at(0);
    EXPECT_EQ(call.at("model"), "a/dear");
    EXPECT_EQ(call.at("error").at("code"), "provider_unavailable");
    EXPECT_EQ(again.detail.at("model"), "a/fine");
  };
  run_coro(twice(config));
}

TEST(AiRunner, DoesNotFallBackForARequestThatIsWrong) {
  expect_run(
      chain,
      [](Bench& bench) {
        bench.model("a").scripts = {fails(ErrorClass::permanent, "invalid_request")};
      },
      [](Bench& bench, AttemptOutcome& outcome) {
        ASSERT_FALSE(outcome.output);
        EXPECT_EQ(outcome.output.error().code, "invalid_request");
        EXPECT_TRUE(bench.model("b").requests.empty());
      }
  );
}

TEST(AiRunner, TellsTheErrorThatMayGoAwayWhenAllModelsFail) {
  expect_run(
      chain,
      [](Bench& bench) {
        bench.model("a").scripts = {fails(ErrorClass::transient, "overloaded")};
        bench.model("b").scripts = {fails(ErrorClass::permanent, "not_found")};
      },
      [](Bench&, AttemptOutcome& outcome) {
        ASSERT_FALSE(outcome.output);
        EXPECT_EQ(outcome.output.error().error_class, ErrorClass::transient);
        EXPECT_THAT(outcome.output.error().message, HasSubstr("b/two (not_found)"));
      }
  );
}

TEST(AiRunner, SaysWhichProvidersThereAre) {
  expect_run(
      R"({"prompt": "Say hello", "model": "nobody/one"})",
      [](Bench&) {},
      [](Bench&, AttemptOutcome& outcome) {
        ASSERT_FALSE(outcome.output);
        EXPECT_EQ(outcome.output.error().code, "unknown_provider");
        EXPECT_THAT(outcome.output.error().hint, HasSubstr("a, b, c"));
      }
  );
}

constexpr auto with_tool = R"({"prompt": "Is it raining in Oslo?", "model": "a/one",
    "tools": [{"name": "get_weather", "task": "weather", "description": "The weather of a city",
      "parameters": {"type": "object", "required": ["city"],
                     "properties": {"city": {"type": "string"}}}}]})";

TEST(AiRunner, RunsTheTasksThatTheModelCalls) {
  expect_run(
      with_tool,
      [](Bench& bench) {
        bench.model("a").scripts = {calls_tool("get_weather", R"({"city":"Oslo"})"), says("Yes.")};
        bench.sink.answers["weather"] = "rain";
      },
      [](Bench& bench, AttemptOutcome& outcome) {
        ASSERT_TRUE(outcome.output) << outcome.output.error().message;
        EXPECT_THAT(bench.sink.calls, ElementsAre(R"(weather{"city":"Oslo"})"));
        EXPECT_THAT(bench.sink.restarts, ElementsAre("tools"));
        auto const& sent = bench.model("a").requests.at(1).messages;
        auto const* result = std::get_if<ToolResultPart>(&sent.back().parts.at(0));
        ASSERT_NE(result, nullptr);
        EXPECT_EQ(result->content, "rain");
        EXPECT_EQ(outcome.detail.at("tools").at(0).at("task"), "weather");
      }
  );
}

TEST(AiRunner, TellsTheModelWhenAToolFailsOrItsArgumentsAreWrong) {
  expect_run(
      with_tool,
      [](Bench& bench) {
        bench.model("a").scripts = {
            calls_tool("get_weather", R"({"town":"Oslo"})"),
            calls_tool("get_weather", R"({"city":"Oslo"})"),
            calls_tool("get_time", "{}"),
            says("I do not know.")};
      },
      [](Bench& bench, AttemptOutcome& outcome) {
        ASSERT_TRUE(outcome.output) << outcome.output.error().message;
        EXPECT_EQ(bench.sink.calls.size(), 1U);
        auto const& tools = outcome.detail.at("tools");
        EXPECT_THAT(std::string(tools.at(0).at("result").as_string()), HasSubstr("city"));
        EXPECT_THAT(std::string(tools.at(1).at("result").as_string()), HasSubstr("failed"));
        EXPECT_THAT(std::string(tools.at(2).at("result").as_string()), HasSubstr("no tool"));
      }
  );
}

TEST(AiRunner, BoundsTheRoundsOfTools) {
  std::string const config = std::string(with_tool).insert(1, R"("maxToolRounds": 3, )");
  expect_run(
      config,
      [](Bench& bench) {
        bench.model("a").scripts = {calls_tool("get_weather", R"({"city":"Oslo"})")};
        bench.sink.answers["weather"] = "rain";
      },
      [](Bench& bench, AttemptOutcome& outcome) {
        ASSERT_FALSE(outcome.output);
        EXPECT_EQ(outcome.output.error().code, "too_many_tool_rounds");
        EXPECT_EQ(bench.sink.calls.size(), 3U);
      }
  );
}

TEST(AiRunner, AnswersFromTheCacheTheSecondTime) {
  constexpr auto config = R"({"prompt": "Say hello to Ada", "model": "a/one", "cache": true})";
  auto body = [](std::string text) -> Async<> {
    Bench bench(co_await asio::this_coro::executor);
    bench.model("a").scripts = {says("Hello.")};
    for (int i = 0; i < 2; ++i) {
      auto running = bench.run(text);
      auto const outcome = co_await std::move(running);
      EXPECT_EQ(outcome.output->at("text"), "Hello.");
      EXPECT_EQ(outcome.spend.size(), i == 0 ? 1U : 0U);
    }
    EXPECT_EQ(bench.model("a").requests.size(), 1U);
  };
  run_coro(body(config));
}

Script refuses_for(std::int64_t milliseconds) {
  auto out = fails(ErrorClass::resource, "rate_limited");
  out.error->detail = json::object{{"status", 429}, {"retryAfterMs", milliseconds}};
  return out;
}
constexpr std::int64_t an_hour = 3'600'000;

TEST(AiRunner, AChainDoesNotWaitForAModelThatWantsToBeLeftAlone) {
  auto body = []() -> Async<> {
    Bench bench(co_await asio::this_coro::executor);
    bench.model("a").scripts = {refuses_for(an_hour)};
    bench.model("b").scripts = {says("Hello.")};
    std::string const config = chain;
    for (int i = 0; i < 2; ++i) {
      auto running = bench.run(config);
      auto const outcome = co_await std::move(running);
      EXPECT_TRUE(outcome.output);
      if (!outcome.output) continue;
      EXPECT_EQ(outcome.output->at("model"), "b/two");
    }
    EXPECT_EQ(bench.model("a").requests.size(), 1U) << "the second task knows that it is no use";
    EXPECT_EQ(bench.model("b").requests.size(), 2U);
  };
  run_coro(body());
}

TEST(AiRunner, WithoutAnotherModelTheTaskIsToldWhenToTryAgain) {
  auto body = []() -> Async<> {
    Bench bench(co_await asio::this_coro::executor);
    bench.model("a").scripts = {refuses_for(an_hour)};
    std::string const config = question;
    for (int i = 0; i < 2; ++i) {
      auto running = bench.run(config);
      auto const outcome = co_await std::move(running);
      EXPECT_FALSE(outcome.output);
      if (outcome.output) continue;
      auto const& error = outcome.output.error();
      EXPECT_EQ(error.code, "rate_limited");
      EXPECT_EQ(error.error_class, ErrorClass::resource);
      auto const wait = error.detail.at("retryAfterMs").to_number<std::int64_t>();
      EXPECT_GT(wait, an_hour - 60'000);
      EXPECT_LE(wait, an_hour);
    }
    EXPECT_EQ(bench.model("a").requests.size(), 1U) << "the second one gives its slot back at once";
  };
  run_coro(body());
}

TEST(AiRunner, AFailedChainIsTriedAgainWhenTheFirstOfItsModelsMayBe) {
  expect_run(
      chain,
      [](Bench& bench) {
        bench.model("a").scripts = {refuses_for(an_hour)};
        bench.model("b").scripts = {fails(ErrorClass::transient, "overloaded")};
      },
      [](Bench&, AttemptOutcome& outcome) {
        ASSERT_FALSE(outcome.output);
        EXPECT_EQ(outcome.output.error().code, "overloaded");
        EXPECT_THAT(outcome.output.error().message, HasSubstr("a/one (rate_limited)"));
      }
  );
}

TEST(AiRunner, AsksASecondModelWhenTheFirstIsLate) {
  constexpr auto config =
      R"({"prompt": "Say hello to Ada", "model": ["a/one", "b/two"], "hedgeAfter": "5ms"})";
  expect_run(
      config,
      [](Bench& bench) {
        Script late;
        late.hangs = true;
        bench.model("a").scripts = {late};
        bench.model("b").scripts = {says("Hello.")};
      },
      [](Bench& bench, AttemptOutcome& outcome) {
        ASSERT_TRUE(outcome.output) << outcome.output.error().message;
        EXPECT_EQ(outcome.output->at("model"), "b/two");
        EXPECT_EQ(bench.model("a").cancelled, 1);
        EXPECT_EQ(bench.sink.shown["text"], "Hello.");
      }
  );
}

TEST(AiRunner, AttachesFiles) {
  constexpr auto config =
      R"({"prompt": "What is in it, please?", "model": "a/one", "attachments": ["notes.txt"]})";
  expect_run(
      config,
      [](Bench& bench) {
        bench.files.files["notes.txt"] = "milk and bread";
        bench.model("a").scripts = {says("Food.")};
      },
      [](Bench& bench, AttemptOutcome& outcome) {
        ASSERT_TRUE(outcome.output) << outcome.output.error().message;
        EXPECT_THAT(
            text_of(bench.model("a").requests.at(0).messages.back()), HasSubstr("milk and bread")
        );
      }
  );
}

}  // namespace
}  // namespace ropewalk::ai
