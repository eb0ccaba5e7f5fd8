// The simulation: says the same to the same prompt, says that it is one, and fails as it is asked.
#include "providers/ai/sim_client.hpp"

#include "engine/async/async_scope.hpp"
#include "engine/base/json.hpp"
#include "providers/ai/sim_answer.hpp"
#include "tests/engine/async/run_coro.hpp"
#include "tests/providers/ai/clients_support.hpp"

namespace ropewalk::ai {
namespace {

using namespace test;
using ropewalk::test::eventually;
using ropewalk::test::run_coro;

json::object at_once() {
  return {{"tokensPerSecond", 0}};
}

struct Called {
  ChatOutcome outcome{};
  Heard heard{};
};

Called call(SimClient& client, ChatRequest const& request) {
  Called out;
  run_coro(call_into(client, request, out.heard, out.outcome));
  return out;
}
Called call(ChatRequest const& request) {
  SimClient client(at_once());
  return call(client, request);
}
std::string code_of(Called const& called) {
  return called.outcome.ended ? "" : called.outcome.ended.error().code;
}

TEST(SimClient, SaysTheSameToTheSamePromptAndThatItIsASimulation) {
  auto const first = call(ask("prose", "Summarise the quarterly report about harbour traffic."));
  auto const again = call(ask("prose", "Summarise the quarterly report about harbour traffic."));
  auto const other = call(ask("prose", "Summarise something else entirely."));
  ASSERT_TRUE(first.outcome.ended);
  EXPECT_TRUE(first.outcome.answer.text.starts_with("(simulated) "));
  EXPECT_EQ(first.outcome.answer.text, again.outcome.answer.text);
  EXPECT_NE(first.outcome.answer.text, other.outcome.answer.text);
  EXPECT_EQ(first.heard.text(), first.outcome.answer.text);
  EXPECT_EQ(first.outcome.answer.model, "sim/prose");
  EXPECT_EQ(first.outcome.answer.finish.reason, FinishReason::stop);
  EXPECT_GT(first.outcome.answer.usage.input.value_or(0), 0);
  EXPECT_GT(first.outcome.answer.usage.output.value_or(0), 10);
  EXPECT_GT(first.heard.events.size(), 10U) << "in pieces";
}

TEST(SimClient, NotStreamedItComesInOnePiece) {
  ChatRequest request = ask("echo", "hello");
  request.stream = false;
  auto const called = call(request);
  EXPECT_EQ(called.outcome.answer.text, "(simulated) hello");
  EXPECT_EQ(called.heard.events.size(), 4U);
}

TEST(SimClient, TakesTheTimeItIsGiven) {
  SimClient client({{"tokensPerSecond", 100}, {"firstTokenDelay", "30ms"}});
  auto const called = call(client, ask("echo", "12345678 12345678"));
  EXPECT_GE(called.outcome.first_token, std::chrono::milliseconds(40));
  EXPECT_GE(called.outcome.total, std::chrono::milliseconds(60));
}

TEST(SimClient, GivesJsonThatSatisfiesTheSchema) {
  ChatRequest request = ask("prose", "Sort this ticket.");
  request.format = OutputFormat::json;
  request.schema = json::object{
      {"type", "object"},
      {"properties", {{"urgency", {{"type", "integer"}, {"minimum", 1}, {"maximum", 9}}}}},
      {"required", json::array{"urgency"}}};
  auto const called = call(request);
  auto const value = parse_json(called.outcome.answer.text);
  ASSERT_TRUE(value) << called.outcome.answer.text;
  EXPECT_GE(value->at("urgency").as_int64(), 1);
  EXPECT_LE(value->at("urgency").as_int64(), 9);
}

TEST(SimClient, CallsAToolThatThePromptNamesAndThenUsesItsResult) {
  ChatRequest request = ask("prose", "Use get_weather for Oslo.");
  ToolSpec tool;
  tool.name = "get_weather";
  tool.parameters = json::object{
      {"type", "object"},
      {"properties", {{"city", {{"type", "string"}}}}},
      {"required", json::array{"city"}}};
  request.tools.push_back(tool);
  auto const called = call(request);
  ASSERT_EQ(called.outcome.answer.tool_calls.size(), 1U);
  auto const& asked = called.outcome.answer.tool_calls[0];
  EXPECT_EQ(asked.name, "get_weather");
  EXPECT_TRUE(parse_json(asked.arguments)->at("city").is_string());
  EXPECT_EQ(called.outcome.answer.finish.reason, FinishReason::tool_calls);

  Message result;
  result.role = Role::tool;
  result.parts.emplace_back(ToolResultPart{asked.id, asked.name, "rain, 4 degrees", false});
  request.messages.push_back(result);
  auto const answered = call(request);
  EXPECT_TRUE(answered.outcome.answer.tool_calls.empty());
  EXPECT_NE(answered.outcome.answer.text.find("rain, 4 degrees"), std::string::npos);
}

TEST(SimClient, FailsAsItIsAsked) {
  EXPECT_EQ(code_of(call(ask("429", "x"))), "rate_limited");
  EXPECT_EQ(call(ask("429", "x")).outcome.limits.requests_remaining, 0);
  auto const cut = call(ask("cut", "some longer prompt"));
  EXPECT_EQ(code_of(cut), "stream_truncated");
  EXPECT_FALSE(cut.outcome.answer.text.empty());
  EXPECT_TRUE(std::holds_alternative<ChatFailed>(cut.heard.events.back()));
  EXPECT_EQ(code_of(call(ask("error-in-stream", "x"))), "overloaded");
  auto const refused = call(ask("refusal", "x"));
  EXPECT_TRUE(refused.outcome.ended);
  EXPECT_EQ(refused.outcome.answer.finish.reason, FinishReason::content_filter);
  EXPECT_FALSE(refused.outcome.answer.finish.refusal.empty());
  EXPECT_EQ(call(ask("length", "x")).outcome.answer.finish.reason, FinishReason::length);
  EXPECT_FALSE(parse_json(call(ask("malformed-json", "x")).outcome.answer.text));
  auto const unknown = call(ask("prsoe", "x"));
  EXPECT_EQ(code_of(unknown), "not_found");
  EXPECT_NE(unknown.outcome.ended.error().hint.find("\"prose\""), std::string::npos);
  ChatRequest marked = ask("prose", "x");
  marked.extra["sim"] = json::object{{"fault", "cut"}};
  EXPECT_EQ(code_of(call(marked)), "stream_truncated");
  marked.extra["sim"] = json::object{{"fault", "dance"}};
  EXPECT_EQ(code_of(call(marked)), "invalid_request");
}

TEST(SimClient, MaxTokensAndStopWordsEndTheAnswer) {
  ChatRequest request = ask("echo", "one two three four five six seven");
  request.max_tokens = 4;
  auto const called = call(request);
  EXPECT_EQ(called.outcome.answer.finish.reason, FinishReason::length);
  EXPECT_EQ(called.outcome.answer.usage.output, 4);
  request.max_tokens.reset();
  request.stop.emplace_back(" three");
  EXPECT_EQ(call(request).outcome.answer.text, "(simulated) one two");
}

TEST(SimClient, FailsTheFirstCallsOfAKeyOnly) {
  SimClient client(at_once());
  ChatRequest request = ask("fail-first-2", "x");
  request.idempotency_key = "e/t/1";
  EXPECT_EQ(code_of(call(client, request)), "server_error");
  EXPECT_EQ(code_of(call(client, request)), "server_error");
  EXPECT_EQ(code_of(call(client, request)), "");
  request.idempotency_key = "e/t/2";
  EXPECT_EQ(code_of(call(client, request)), "server_error");
}

TEST(SimClient, TokensAreCutAtCodePoints) {
  std::string const text = "Grüße über alle Maßen 日本語のテキスト und mehr";
  std::string joined;
  for (auto const& token : sim_tokens(text)) {
    EXPECT_LE(token.size(), 8U);
    EXPECT_FALSE(token.empty());
    joined += token;
  }
  EXPECT_EQ(joined, text);
}

Async<> cancelled_in_a_stall() {
  auto const executor = co_await asio::this_coro::executor;
  SimClient client(at_once());
  ChatRequest const request = ask("stall", "x");
  Heard heard;
  ChatOutcome outcome;
  AsyncScope scope(executor);
  scope.spawn(call_into(client, request, heard, outcome));
  auto const begun = co_await eventually([&] { return heard.events.size() > 1; });
  EXPECT_TRUE(begun);
  scope.cancel();
  co_await scope.join();
  EXPECT_FALSE(outcome.ended);
  EXPECT_EQ(outcome.ended.error().code, "cancelled");
  EXPECT_FALSE(outcome.answer.text.empty());
}

TEST(SimClient, CancellationEndsAStall) {
  run_coro(cancelled_in_a_stall());
}

}  // namespace
}  // namespace ropewalk::ai
