// Goal: a server that others wrote understands our requests, and we its answers.
//
// Method: @copilotkit/aimock with fixtures.json, started once; every type that it speaks, streamed
// and whole. Where it differs from the provider a comment says so. Skipped when it is not
// installed.
#include "providers/ai/answer_builder.hpp"
#include "tests/providers/ai/model_fixture.hpp"
#include "tests/providers/ai/peer/peer_process.hpp"

#include <gmock/gmock.h>

namespace ropewalk::ai {
namespace {

using testing::HasSubstr;

PeerProcess& peer() {
  static PeerProcess process;
  return process;
}

using Form = std::tuple<std::string, bool>;  // type, is it streamed

class Peer : public testing::TestWithParam<Form> {
 protected:
  static void SetUpTestSuite() { peer(); }
  void SetUp() override {
    if (!peer().missing().empty()) GTEST_SKIP() << peer().missing();
  }

  static std::string const& type() { return std::get<0>(GetParam()); }
  static bool is_streamed() { return std::get<1>(GetParam()); }

  static ChatRequest chat(std::string_view prompt) {
    auto out = chat_of(type() == "gemini" ? "gemini-2.5-flash" : "m1", prompt);
    out.stream = is_streamed();
    return out;
  }

  static Heard ask(ChatRequest const& request) {
    auto const provider = provider_at(type(), peer().url());
    auto heard = ask_model(provider, request);
    check_promises(heard);
    return heard;
  }

  static ChatAnswer answer(ChatRequest const& request) {
    auto const heard = ask(request);
    EXPECT_TRUE(heard.outcome.ended) << heard.outcome.ended.error().message;
    return heard.outcome.answer;
  }

  static Error failure(std::string_view prompt) {
    auto const heard = ask(chat(prompt));
    EXPECT_FALSE(heard.outcome.ended) << heard.outcome.answer.text;
    return heard.outcome.ended ? Error{} : heard.outcome.ended.error();
  }
};

TEST_P(Peer, Text) {
  auto const said = answer(chat("hello"));
  EXPECT_EQ(said.text, "Grüße aus Ørland 🧶, and a \"quote\".");
  EXPECT_EQ(said.finish.reason, FinishReason::stop);
  EXPECT_FALSE(said.request_id.empty());
  if (type() != "ollama") {  // it counts nothing there
    EXPECT_EQ(said.usage.input, 12);
    EXPECT_EQ(said.usage.output, 5);
  }
}

TEST_P(Peer, ARoundOfTools) {
  auto request = chat("weather");
  request.tools.push_back(ToolSpec{
      "get_weather",
      "Weather.",
      json_of(R"({"type":"object","properties":{"city":{"type":"string"}}})").as_object()});
  request.tools.push_back(ToolSpec{"now", "Time.", {{"type", "object"}}});
  auto const asked = answer(request);
  EXPECT_EQ(asked.finish.reason, FinishReason::tool_calls);
  ASSERT_EQ(asked.tool_calls.size(), 2U);
  EXPECT_EQ(asked.tool_calls[0].name, "get_weather");
  EXPECT_EQ(json_of(asked.tool_calls[0].arguments), json_of(R"({"city":"Ørland"})"));
  EXPECT_EQ(asked.tool_calls[1].name, "now");
  EXPECT_EQ(json_of(asked.tool_calls[1].arguments), json_of("{}"));
  request.messages.push_back(assistant_message(asked));
  Message results{Role::tool, {}};
  for (auto const& call : asked.tool_calls)
    results.parts.emplace_back(ToolResultPart{call.id, call.name, "21C", false});
  request.messages.push_back(std::move(results));
  auto const said = answer(request);
  EXPECT_EQ(said.text, "It is 21C in Ørland.");
  EXPECT_TRUE(said.tool_calls.empty());
}

TEST_P(Peer, Reasoning) {
  auto const said = answer(chat("think"));
  EXPECT_EQ(said.text, "42");
  // As Ollama it writes reasoning_content; what Ollama itself writes is thinking.
  if (type() != "ollama") {
    EXPECT_EQ(said.reasoning, "let me see");
  }
}

TEST_P(Peer, StructuredOutput) {
  auto request = chat("urgency");
  request.schema = json_of(R"({"type":"object","properties":{"urgency":{"type":"integer"}},
    "required":["urgency"],"additionalProperties":false})")
                       .as_object();
  EXPECT_EQ(json_of(answer(request).text), json_of(R"({"urgency":3})"));
}

TEST_P(Peer, ALimitWithItsDelay) {
  auto const error = failure("limited");
  EXPECT_EQ(error.code, "rate_limited");
  EXPECT_EQ(error.error_class, ErrorClass::resource);
  EXPECT_THAT(error.message, HasSubstr("429: Slow down"));
  EXPECT_EQ(error.detail.at("retryAfterMs"), 7000);
}

TEST_P(Peer, Overloaded) {
  auto const error = failure("busy");
  EXPECT_EQ(error.code, "overloaded");
  EXPECT_EQ(error.error_class, ErrorClass::transient);
  EXPECT_THAT(error.message, HasSubstr("503: Try later"));
}

/// It breaks its connection after a few pieces.
TEST_P(Peer, ACutAnswer) {
  if (!is_streamed()) return;  // only streams are cut
  auto const heard = ask(chat("cut"));
  EXPECT_EQ(heard.code(), "connection_lost");
  EXPECT_TRUE(std::string_view("one two three four five six").starts_with(heard.outcome.answer.text)
  ) << heard.outcome.answer.text;
}

/// No fixture fits: it says 503 then.
TEST_P(Peer, WhatItDoesNotKnow) {
  EXPECT_EQ(failure("something else").detail.at("status"), 503);
}

INSTANTIATE_TEST_SUITE_P(
    Types,
    Peer,
    testing::Combine(
        testing::Values("openai", "openai-responses", "anthropic", "gemini", "ollama"),
        testing::Bool()
    ),
    [](auto const& form) {
      auto name = std::get<0>(form.param) + (std::get<1>(form.param) ? "_streamed" : "_whole");
      for (char& c : name)
        if (c == '-') c = '_';
      return name;
    }
);

}  // namespace
}  // namespace ropewalk::ai
