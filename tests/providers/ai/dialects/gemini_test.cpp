// Goal: Gemini's generateContent as documented. Method: bodies as JSON; each stream at every split
// of its bytes.
#include "tests/providers/ai/dialects/decode.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::ai {
namespace {

using testing::ElementsAre;

TEST(GeminiRequest, Addresses) {
  auto provider = provider_of("gemini");
  auto chat = chat_of("gemini-2.5-flash");
  auto wire = wire_of(provider, chat);
  EXPECT_EQ(
      wire.url,
      "https://generativelanguage.googleapis.com/v1beta/models/"
      "gemini-2.5-flash:streamGenerateContent?alt=sse"
  );
  EXPECT_EQ(find_header(wire.headers, "x-goog-api-key"), test_key);
  provider.base_url = "http://127.0.0.1:4010/v1beta";
  chat.stream = false;
  EXPECT_EQ(
      wire_of(provider, chat).url,
      "http://127.0.0.1:4010/v1beta/models/gemini-2.5-flash:generateContent"
  );
  provider.base_url = "http://127.0.0.1:4010";
  provider.api_version = "v1";
  chat.model = "tunedModels/my model?x";
  EXPECT_EQ(
      wire_of(provider, chat).url,
      "http://127.0.0.1:4010/v1/tunedModels/my%20model%3Fx:generateContent"
  );
}

TEST(GeminiRequest, Everything) {
  auto chat = chat_of("gemini-x");
  chat.messages.insert(chat.messages.begin(), text_message(Role::system, "be brief"));
  chat.messages[1].parts.emplace_back(ImagePart{"image/png", "QUJD", ""});
  chat.messages[1].parts.emplace_back(ImagePart{"image/png", "", "gs://b/a.png"});
  Message calls{Role::assistant, {}};
  calls.parts.emplace_back(OpaquePart{
      "gemini", json_of(R"({"callId":"rw0000001","thoughtSignature":"sig1"})")});
  calls.parts.emplace_back(OpaquePart{"gemini", json_of(R"({"thoughtSignature":"sig2"})")});
  calls.parts.emplace_back(TextPart{"Well."});
  calls.parts.emplace_back(ToolCallPart{"rw0000001", "f", R"({"a":1})"});
  calls.parts.emplace_back(ToolCallPart{"own-id", "g", "broken"});
  chat.messages.push_back(calls);
  Message results{Role::tool, {}};
  results.parts.emplace_back(ToolResultPart{"rw0000001", "f", R"({"r":2})", false});
  results.parts.emplace_back(ToolResultPart{"own-id", "g", "no such city", true});
  chat.messages.push_back(results);
  chat.tools.push_back(ToolSpec{"f", "F.", {{"type", "object"}}});
  chat.tool_choice = "f";
  chat.temperature = 0.25;
  chat.top_p = 0.5;
  chat.max_tokens = 10;
  chat.stop = {"X"};
  chat.seed = 1;
  chat.schema = json::object{{"type", "object"}};
  chat.extra = json_of(R"({"generationConfig":{"topK":40}})").as_object();
  EXPECT_EQ(body_of(provider_of("gemini"), chat), json_of(R"({
    "systemInstruction":{"parts":[{"text":"be brief"}]},
    "contents":[{"role":"user","parts":[{"text":"hello"},
        {"inlineData":{"mimeType":"image/png","data":"QUJD"}},
        {"fileData":{"fileUri":"gs://b/a.png","mimeType":"image/png"}}]},
      {"role":"model","parts":[{"text":"Well.","thoughtSignature":"sig2"},
        {"functionCall":{"name":"f","args":{"a":1}},"thoughtSignature":"sig1"},
        {"functionCall":{"name":"g","args":{"arguments":"broken"},"id":"own-id"}}]},
      {"role":"user","parts":[{"functionResponse":{"name":"f","response":{"r":2}}},
        {"functionResponse":{"name":"g","response":{"error":"no such city"},"id":"own-id"}}]}],
    "tools":[{"functionDeclarations":[{"name":"f","description":"F.",
      "parametersJsonSchema":{"type":"object"}}]}],
    "toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["f"]}},
    "generationConfig":{"temperature":0.25,"topP":0.5,"maxOutputTokens":10,"stopSequences":["X"],
      "seed":1,"responseMimeType":"application/json","responseJsonSchema":{"type":"object"},
      "topK":40}})"));
}

std::string chunk(std::string const& parts, std::string const& rest = {}) {
  return R"(data: {"candidates":[{"content":{"role":"model","parts":[)" + parts + "]}" + rest +
         R"(,"index":0}],"modelVersion":"gemini-x","responseId":"r1"})" + "\r\n\r\n";
}
std::string last(std::string const& reason) {
  return R"(data: {"candidates":[{"finishReason":")" + reason +
         R"(","index":0}],"usageMetadata":{"promptTokenCount":12,"cachedContentTokenCount":2,)"
         R"("candidatesTokenCount":5,"thoughtsTokenCount":3,"toolUsePromptTokenCount":1,)"
         R"("totalTokenCount":21}})" +
         "\r\n\r\n";
}

TEST(GeminiStream, ThoughtsAndText) {
  auto const out = decode(
      "gemini",
      chunk(R"({"text":"hm ","thought":true})") + chunk(R"({"text":"so","thought":true})") +
          chunk(R"({"text":"Hi "})") + chunk(R"({"text":"thére","thoughtSignature":"sig"})") +
          last("STOP")
  );
  EXPECT_THAT(
      lines_of(out.events),
      ElementsAre(
          "started gemini-x r1",
          "reasoning hm so",
          "text Hi thére",
          R"(opaque gemini {"thoughtSignature":"sig"})",
          "usage 13 2 - 8 3",
          "finish stop STOP"
      )
  );
}

TEST(GeminiStream, ToolCallsAndTheirSignature) {
  auto const out = decode(
      "gemini",
      chunk(R"({"functionCall":{"id":"c1","name":"f","args":{"city":"Oslo"}},)"
            R"("thoughtSignature":"s1"})"
      ) + chunk(R"({"functionCall":{"name":"g"}})", R"(,"finishReason":"STOP")")
  );
  ASSERT_EQ(out.answer.tool_calls.size(), 2U);
  EXPECT_EQ(out.answer.tool_calls[0].arguments, R"({"city":"Oslo"})");
  EXPECT_EQ(out.answer.tool_calls[1].arguments, "{}");
  EXPECT_EQ(out.answer.finish.reason, FinishReason::tool_calls);
  EXPECT_EQ(out.answer.opaque.at(0).content, json_of(R"({"callId":"c1","thoughtSignature":"s1"})"));

  // The next round sends it back where it was, and the made id not at all.
  auto chat = chat_of("gemini-x");
  chat.messages.push_back(assistant_message(out.answer));
  EXPECT_EQ(body_of(provider_of("gemini"), chat).at("contents").at(1).at("parts"), json_of(R"([
    {"functionCall":{"id":"c1","name":"f","args":{"city":"Oslo"}},"thoughtSignature":"s1"},
    {"functionCall":{"name":"g","args":{}}}])"));
}

TEST(GeminiStream, FinishReasons) {
  struct Row {
    char const* raw;
    FinishReason reason;
  };
  Row const rows[] = {
      {"MAX_TOKENS", FinishReason::length},
      {"SAFETY", FinishReason::content_filter},
      {"RECITATION", FinishReason::content_filter},
      {"PROHIBITED_CONTENT", FinishReason::content_filter},
      {"CONTINUATION", FinishReason::pause},
      {"OTHER", FinishReason::other}};
  for (auto const& row : rows) {
    auto const out = decode("gemini", chunk(R"({"text":"a"})") + last(row.raw));
    EXPECT_EQ(out.answer.finish.reason, row.reason) << row.raw;
  }
  for (std::string const raw : {"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL"}) {
    auto const out = decode("gemini", chunk(R"({"text":"a"})") + last(raw));
    EXPECT_EQ(out.failure(), "invalid_output") << raw;
    EXPECT_EQ(out.failures.at(0).error_class, ErrorClass::transient);
  }
}

TEST(GeminiStream, ABlockedPrompt) {
  auto const out = decode(
      "gemini",
      "data: {\"promptFeedback\":{\"blockReason\":\"SAFETY\",\"safetyRatings\":[]}}\r\n\r\n"
  );
  EXPECT_EQ(out.answer.finish.reason, FinishReason::content_filter);
  EXPECT_EQ(out.answer.finish.raw, "SAFETY");
  EXPECT_EQ(out.answer.finish.refusal, "the prompt was blocked: SAFETY");
}

TEST(GeminiStream, OneArrayInsteadOfEvents) {
  auto const out = decode(
      provider_of("gemini"),
      R"([{"candidates":[{"content":{"parts":[{"text":"a"}]}}]},
      {"candidates":[{"content":{"parts":[{"text":"b"}]},"finishReason":"STOP"}]}])",
      {{"content-type", "application/json"}}
  );
  EXPECT_EQ(out.answer.text, "ab");
}

}  // namespace
}  // namespace ropewalk::ai
