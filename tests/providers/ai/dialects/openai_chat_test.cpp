// Goal: Chat Completions as documented: what is sent, and streams with text, tools, reasoning,
// usage. Method: bodies as JSON; each stream at every split of its bytes.
#include "tests/providers/ai/dialects/decode.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::ai {
namespace {

using testing::ElementsAre;

TEST(OpenAiRequest, TheLeast) {
  auto const provider = provider_of("openai");
  auto const wire = wire_of(provider, chat_of("gpt-4o-mini"));
  EXPECT_EQ(wire.url, "https://api.openai.com/v1/chat/completions");
  EXPECT_EQ(find_header(wire.headers, "authorization"), "Bearer " + std::string(test_key));
  EXPECT_EQ(find_header(wire.headers, "content-type"), "application/json");
  EXPECT_EQ(find_header(wire.headers, "accept-encoding"), "identity");
  EXPECT_EQ(json_of(wire.body), json_of(R"({"model":"gpt-4o-mini","stream":true,
    "stream_options":{"include_usage":true},"messages":[{"role":"user","content":"hello"}]})"));
}

ChatRequest full_chat() {
  auto chat = chat_of("gpt-4o");
  chat.messages.insert(chat.messages.begin(), text_message(Role::system, "be brief"));
  chat.messages[1].parts.emplace_back(ImagePart{"image/png", "QUJD", ""});
  chat.messages[1].parts.emplace_back(ImagePart{"", "", "https://example.com/a.png"});
  Message calls{Role::assistant, {}};
  calls.parts.emplace_back(OpaquePart{"anthropic", "not ours"});
  calls.parts.emplace_back(ToolCallPart{"call_1", "get_weather", R"({"city":"Oslo"})"});
  chat.messages.push_back(calls);
  Message results{Role::tool, {}};
  results.parts.emplace_back(ToolResultPart{"call_1", "get_weather", "21C", false});
  chat.messages.push_back(results);
  chat.tools.push_back(ToolSpec{"get_weather", "Weather.", {{"type", "object"}}});
  chat.tool_choice = "get_weather";
  chat.temperature = 0;
  chat.top_p = 0.5;
  chat.max_tokens = 100;
  chat.stop = {"END"};
  chat.seed = 7;
  chat.stream = false;
  chat.idempotency_key = "k1";
  chat.extra = json_of(R"({"user":"u","temperature":1,"seed":null})").as_object();
  return chat;
}

TEST(OpenAiRequest, Everything) {
  auto provider = provider_of("openai");
  provider.organization = "org";
  provider.project = "proj";
  provider.headers = {{"X-Team", "a"}, {"accept", "*/*"}};
  auto const wire = wire_of(provider, full_chat());
  EXPECT_EQ(find_header(wire.headers, "idempotency-key"), "k1");
  EXPECT_EQ(find_header(wire.headers, "openai-organization"), "org");
  EXPECT_EQ(find_header(wire.headers, "openai-project"), "proj");
  EXPECT_EQ(find_header(wire.headers, "x-team"), "a");
  EXPECT_EQ(find_header(wire.headers, "accept"), "*/*");
  EXPECT_EQ(json_of(wire.body), json_of(R"({"model":"gpt-4o","stream":false,"user":"u",
    "temperature":1,"top_p":0.5,"max_completion_tokens":100,"stop":["END"],
    "tools":[{"type":"function","function":{"name":"get_weather","description":"Weather.",
      "parameters":{"type":"object"}}}],
    "tool_choice":{"type":"function","function":{"name":"get_weather"}},
    "messages":[{"role":"system","content":"be brief"},
      {"role":"user","content":[{"type":"text","text":"hello"},
        {"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"}},
        {"type":"image_url","image_url":{"url":"https://example.com/a.png"}}]},
      {"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function",
        "function":{"name":"get_weather","arguments":"{\"city\":\"Oslo\"}"}}]},
      {"role":"tool","tool_call_id":"call_1","content":"21C"}]})"));
}

TEST(OpenAiRequest, StructuredOutput) {
  auto const provider = provider_of("openai");
  auto chat = chat_of("m");
  chat.format = OutputFormat::json;
  EXPECT_EQ(body_of(provider, chat).at("response_format"), json_of(R"({"type":"json_object"})"));
  chat.schema = json_of(R"({"type":"object","properties":{"a":{"type":"integer"}},
    "required":["a"],"additionalProperties":false})")
                    .as_object();
  auto const format = body_of(provider, chat).at("response_format");
  EXPECT_EQ(format.at("type"), "json_schema");
  EXPECT_EQ(format.at("json_schema").at("strict"), true);
  EXPECT_EQ(format.at("json_schema").at("schema"), *chat.schema);
  EXPECT_TRUE(find_dialect("openai")->has_native_schema(provider, chat));
  chat.schema->erase("required");
  auto const loose = body_of(provider, chat).at("response_format");
  EXPECT_EQ(loose.at("json_schema").at("strict"), false);
}

TEST(OpenAiRequest, OtherServers) {
  auto provider = provider_of("openai");
  provider.base_url = "https://api.mistral.ai/v1";
  provider.options = json_of(R"({"randomSeed":true,"includeUsage":false,"systemRole":"developer",
    "schemaFormat":"json_object"})")
                         .as_object();
  auto chat = full_chat();
  chat.extra = {};
  chat.stream = true;
  chat.schema = json::object{{"type", "object"}};
  auto const wire = wire_of(provider, chat);
  EXPECT_EQ(wire.url, "https://api.mistral.ai/v1/chat/completions");
  auto const body = json_of(wire.body).as_object();
  EXPECT_EQ(body.at("random_seed"), 7);
  EXPECT_FALSE(body.contains("seed"));
  EXPECT_EQ(body.at("max_tokens"), 100);
  EXPECT_FALSE(body.contains("stream_options"));
  EXPECT_EQ(body.at("messages").at(0).at("role"), "developer");
  EXPECT_EQ(body.at("response_format").at("type"), "json_object");
  EXPECT_FALSE(find_dialect("openai")->has_native_schema(provider, chat));
  provider.options["maxTokensField"] = "max_completion_tokens";
  EXPECT_EQ(body_of(provider, chat).at("max_completion_tokens"), 100);
}

TEST(OpenAiRequest, WhatCannotBeSaid) {
  auto chat = chat_of("m");
  chat.messages[0].role = Role::assistant;
  chat.messages[0].parts.emplace_back(ImagePart{"image/png", "QUJD", ""});
  auto const wire = find_dialect("openai")->request(provider_of("openai"), chat);
  ASSERT_FALSE(wire);
  EXPECT_EQ(wire.error().code, "unsupported");
  EXPECT_EQ(wire.error().error_class, ErrorClass::permanent);
}

TEST(OpenAiRequest, AKeyWithALineEndIsNotSent) {
  auto provider = provider_of("openai");
  provider.api_key += "\nX-Evil: 1";
  auto const wire = find_dialect("openai")->request(provider, chat_of("m"));
  ASSERT_FALSE(wire);
  EXPECT_EQ(wire.error().code, "invalid_request");
  EXPECT_EQ(wire.error().message.find("sk-test"), std::string::npos);
}

TEST(AzureRequest, BothForms) {
  auto provider = provider_of("azure");
  EXPECT_FALSE(find_dialect("azure")->request(provider, chat_of("dep1")));
  provider.base_url = "https://r.openai.azure.com/";
  auto wire = wire_of(provider, chat_of("dep1"));
  EXPECT_EQ(
      wire.url,
      "https://r.openai.azure.com/openai/deployments/dep1/chat/completions?api-version=2024-10-21"
  );
  EXPECT_EQ(find_header(wire.headers, "api-key"), test_key);
  EXPECT_EQ(find_header(wire.headers, "authorization"), "");
  provider.base_url = "https://r.openai.azure.com/openai/v1";
  provider.options["bearer"] = true;
  wire = wire_of(provider, chat_of("dep1"));
  EXPECT_EQ(wire.url, "https://r.openai.azure.com/openai/v1/chat/completions");
  EXPECT_EQ(find_header(wire.headers, "authorization"), "Bearer " + std::string(test_key));
}

std::string chunk(std::string const& choice) {
  return R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4o-mini",)"
         R"("choices":[{"index":0,)" +
         choice + "}]}";
}
std::string delta(std::string const& object) {
  return chunk("\"delta\":" + object + ",\"logprobs\":null,\"finish_reason\":null");
}
std::string finish(std::string const& reason) {
  return chunk("\"delta\":{},\"finish_reason\":\"" + reason + "\"");
}
std::string const usage_chunk =
    R"({"id":"chatcmpl-1","choices":[],"usage":{"prompt_tokens":12,"completion_tokens":5,)"
    R"("total_tokens":17,"prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":1},)"
    R"("completion_tokens_details":{"reasoning_tokens":2}}})";

TEST(OpenAiStream, Text) {
  auto const out = decode(
      "openai",
      sse(
          {delta(R"({"role":"assistant","content":""})"),
           delta(R"({"content":"Hi "})"),
           delta(R"({"content":"thére 🧶"})"),
           finish("stop"),
           usage_chunk,
           "[DONE]"}
      )
  );
  EXPECT_THAT(
      lines_of(out.events),
      ElementsAre(
          "started gpt-4o-mini chatcmpl-1",
          "text Hi thére 🧶",
          "usage 12 4 1 5 2",
          "finish stop stop"
      )
  );
}

TEST(OpenAiStream, TheRequestIdOfTheHead) {
  auto const out = decode(
      provider_of("openai"),
      sse({delta(R"({"content":"a"})"), finish("stop")}),
      {{"X-Request-Id", "req_9"}}
  );
  EXPECT_EQ(out.answer.request_id, "req_9");
}

TEST(OpenAiStream, ToolCalls) {
  auto const out = decode(
      "openai",
      sse(
          {delta(R"({"tool_calls":[{"index":0,"id":"call_a","type":"function",)"
                 R"("function":{"name":"get_weather","arguments":""}}]})"),
           delta(R"({"tool_calls":[{"index":0,"function":{"arguments":"{\"city\":"}}]})"),
           delta(R"({"tool_calls":[{"index":1,"id":"call_b","function":{"name":"now"}},)"
                 R"({"index":0,"function":{"arguments":"\"Oslo\"}"}}]})"),
           finish("tool_calls"),
           "[DONE]"}
      )
  );
  EXPECT_THAT(
      lines_of(out.events),
      ElementsAre(
          "started gpt-4o-mini chatcmpl-1",
          "call 0 call_a get_weather",
          "arguments 0 {\"city\":",
          "call 1 call_b now",
          "arguments 0 \"Oslo\"}",
          "finish tool_calls tool_calls"
      )
  );
  EXPECT_EQ(out.answer.tool_calls[0].arguments, R"({"city":"Oslo"})");
  EXPECT_EQ(out.answer.tool_calls[1].arguments, "{}");
}

TEST(OpenAiStream, ReasoningAndRefusal) {
  auto const out = decode(
      "openai",
      sse(
          {delta(R"({"reasoning_content":"let me "})"),
           delta(R"({"reasoning":"see"})"),
           delta(R"({"refusal":"I can"})"),
           delta(R"({"refusal":"not."})"),
           finish("stop"),
           "[DONE]"}
      )
  );
  EXPECT_EQ(out.answer.reasoning, "let me see");
  EXPECT_EQ(out.answer.finish.reason, FinishReason::content_filter);
  EXPECT_EQ(out.answer.finish.refusal, "I cannot.");
}

TEST(OpenAiStream, FinishReasons) {
  struct Row {
    char const* raw;
    FinishReason reason;
  };
  Row const rows[] = {
      {"stop", FinishReason::stop},
      {"length", FinishReason::length},
      {"content_filter", FinishReason::content_filter},
      {"something_new", FinishReason::other}};
  for (auto const& row : rows) {
    auto const out = decode("openai", sse({delta(R"({"content":"a"})"), finish(row.raw)}));
    EXPECT_EQ(out.answer.finish.reason, row.reason) << row.raw;
    EXPECT_EQ(out.answer.finish.raw, row.raw);
  }
}

TEST(OpenAiStream, OneWholeDocument) {
  std::string const document =
      R"({"id":"chatcmpl-1","object":"chat.completion","model":"gpt-4o","choices":[{"index":0,
      "message":{"role":"assistant","content":null,"refusal":null,"tool_calls":[
      {"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},
      "finish_reason":"tool_calls"}],"usage":{"prompt_tokens":1,"completion_tokens":2}})";
  auto const out = decode(provider_of("openai"), document, {{"content-type", "application/json"}});
  EXPECT_THAT(
      lines_of(out.events),
      ElementsAre(
          "started gpt-4o chatcmpl-1",
          "usage 1 - - 2 -",
          "call 0 c f",
          "arguments 0 {}",
          "finish tool_calls tool_calls"
      )
  );
}

}  // namespace
}  // namespace ropewalk::ai
