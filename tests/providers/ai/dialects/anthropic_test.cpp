// Goal: Anthropic's Messages as documented, in both versions. Method: bodies as JSON; each stream
// at every split of its bytes.
#include "tests/providers/ai/dialects/decode.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::ai {
namespace {

using testing::ElementsAre;

TEST(AnthropicRequest, TheFirstVersion) {
  auto const provider = provider_of("anthropic");
  auto chat = chat_of("claude-x");
  chat.temperature = 0.5;
  chat.top_p = 0.9;
  chat.seed = 7;  // best effort where it exists
  auto const wire = wire_of(provider, chat);
  EXPECT_EQ(wire.url, "https://api.anthropic.com/v1/messages");
  EXPECT_EQ(find_header(wire.headers, "anthropic-version"), "2023-06-01");
  EXPECT_EQ(find_header(wire.headers, "x-api-key"), test_key);
  EXPECT_EQ(find_header(wire.headers, "authorization"), "");
  EXPECT_EQ(json_of(wire.body), json_of(R"({"model":"claude-x","max_tokens":8192,"stream":true,
    "temperature":0.5,"top_p":0.9,
    "messages":[{"role":"user","content":[{"type":"text","text":"hello"}]}]})"));
}

TEST(AnthropicRequest, TheNewVersion) {
  auto provider = provider_of("anthropic");
  provider.api_version = "2026-10-21";
  auto chat = chat_of("claude-x");
  auto const wire = wire_of(provider, chat);
  EXPECT_EQ(find_header(wire.headers, "authorization"), "Bearer " + std::string(test_key));
  EXPECT_EQ(find_header(wire.headers, "x-api-key"), "");
  chat.temperature = 0;
  auto const refused = find_dialect("anthropic")->request(provider, chat);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "unsupported");
}

TEST(AnthropicRequest, TurnsAndTools) {
  auto provider = provider_of("anthropic");
  provider.base_url = "http://127.0.0.1:4010/v1";
  provider.options = json_of(R"({"maxTokens":100,"beta":"a,b"})").as_object();
  auto chat = chat_of("claude-x");
  chat.messages.insert(chat.messages.begin(), text_message(Role::system, "be brief"));
  chat.messages[1].parts.emplace_back(ImagePart{"image/png", "QUJD", ""});
  chat.messages[1].parts.emplace_back(ImagePart{"", "", "https://e.com/a.png"});
  Message calls{Role::assistant, {}};
  calls.parts.emplace_back(OpaquePart{
      "anthropic", json_of(R"({"type":"thinking","thinking":"t","signature":"s"})")});
  calls.parts.emplace_back(OpaquePart{"gemini", json_of(R"({"thoughtSignature":"x"})")});
  calls.parts.emplace_back(ToolCallPart{"t1", "f", R"({"a":1})"});
  calls.parts.emplace_back(ToolCallPart{"t2", "g", ""});
  chat.messages.push_back(calls);
  Message first{Role::tool, {}};
  first.parts.emplace_back(ToolResultPart{"t1", "f", "one", false});
  Message second{Role::tool, {}};
  second.parts.emplace_back(ToolResultPart{"t2", "g", "two", true});
  chat.messages.push_back(first);
  chat.messages.push_back(second);
  chat.messages.push_back(text_message(Role::system, "now in French"));
  chat.tools.push_back(ToolSpec{"f", "F.", {{"type", "object"}}});
  chat.tools.push_back(ToolSpec{"g", "", {}});
  chat.tool_choice = "required";
  chat.stop = {"END"};
  chat.stream = false;
  auto const wire = wire_of(provider, chat);
  EXPECT_EQ(wire.url, "http://127.0.0.1:4010/v1/messages");
  EXPECT_EQ(find_header(wire.headers, "anthropic-beta"), "a,b");
  EXPECT_EQ(json_of(wire.body), json_of(R"({"model":"claude-x","max_tokens":100,"stream":false,
    "system":"be brief\n\nnow in French","stop_sequences":["END"],
    "tools":[{"name":"f","description":"F.","input_schema":{"type":"object"}},
      {"name":"g","input_schema":{"type":"object"}}],"tool_choice":{"type":"any"},
    "messages":[{"role":"user","content":[{"type":"text","text":"hello"},
        {"type":"image","source":{"type":"base64","media_type":"image/png","data":"QUJD"}},
        {"type":"image","source":{"type":"url","url":"https://e.com/a.png"}}]},
      {"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s"},
        {"type":"tool_use","id":"t1","name":"f","input":{"a":1}},
        {"type":"tool_use","id":"t2","name":"g","input":{}}]},
      {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"one"},
        {"type":"tool_result","tool_use_id":"t2","content":"two","is_error":true}]}]})"));
  provider.api_version = "2026-10-21";
  auto const body = body_of(provider, chat);
  EXPECT_EQ(body.at("system"), "be brief");
  EXPECT_EQ(body.at("messages").as_array().back().at("role"), "system");
}

TEST(AnthropicRequest, StructuredOutput) {
  auto provider = provider_of("anthropic");
  auto chat = chat_of("claude-x");
  chat.schema = json_of(R"({"type":"object","properties":{"a":{"type":"integer","minimum":1},
    "b":{"type":"object","properties":{}}}})")
                    .as_object();
  auto const& dialect = *find_dialect("anthropic");
  EXPECT_FALSE(dialect.has_native_schema(provider, chat));
  EXPECT_FALSE(body_of(provider, chat).as_object().contains("output_config"));
  provider.api_version = "2026-10-21";
  EXPECT_TRUE(dialect.has_native_schema(provider, chat));
  EXPECT_EQ(body_of(provider, chat).at("output_config"), json_of(R"({"format":{
    "type":"json_schema","schema":{"type":"object","additionalProperties":false,
    "properties":{"a":{"type":"integer"},
    "b":{"type":"object","properties":{},"additionalProperties":false}}}}})"));
  // A map of anything cannot be closed.
  (*chat.schema)["additionalProperties"] = json::object{{"type", "string"}};
  EXPECT_FALSE(dialect.has_native_schema(provider, chat));
  EXPECT_FALSE(body_of(provider, chat).as_object().contains("output_config"));
}

std::string event(std::string const& type, std::string const& rest) {
  return "event: " + type + "\ndata: {\"type\":\"" + type + "\"" +
         (rest.empty() ? "" : "," + rest) + "}\n\n";
}
std::string start(int index, std::string const& block) {
  return event(
      "content_block_start", "\"index\":" + std::to_string(index) + ",\"content_block\":" + block
  );
}
std::string delta(int index, std::string const& object) {
  return event(
      "content_block_delta", "\"index\":" + std::to_string(index) + ",\"delta\":" + object
  );
}
std::string stop(int index) {
  return event("content_block_stop", "\"index\":" + std::to_string(index));
}
std::string const message_start = event(
    "message_start",
    R"("message":{"id":"msg_1","type":"message","role":"assistant","content":[],)"
    R"("model":"claude-x",)"
    R"("stop_reason":null,"usage":{"input_tokens":25,"cache_creation_input_tokens":10,)"
    R"("cache_read_input_tokens":5,"output_tokens":1}})"
);
std::string ending(std::string const& reason) {
  return event(
             "message_delta",
             "\"delta\":{\"stop_reason\":\"" + reason +
                 "\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":33,"
                 "\"output_tokens_details\":{\"thinking_tokens\":7}}"
         ) +
         event("message_stop", "");
}

TEST(AnthropicStream, ThinkingTextAndTools) {
  auto const out = decode(
      "anthropic",
      message_start + event("ping", "") + start(0, R"({"type":"thinking","thinking":""})") +
          delta(0, R"({"type":"thinking_delta","thinking":"let me "})") +
          delta(0, R"({"type":"thinking_delta","thinking":"see"})") +
          delta(0, R"({"type":"signature_delta","signature":"sig=="})") + stop(0) +
          start(1, R"({"type":"redacted_thinking","data":"xyz"})") + stop(1) +
          start(2, R"({"type":"text","text":""})") +
          delta(2, R"({"type":"text_delta","text":"Hi"})") +
          delta(2, R"({"type":"citations_delta","citation":{}})") + stop(2) +
          start(3, R"({"type":"tool_use","id":"toolu_1","name":"get_weather","input":{}})") +
          delta(3, R"({"type":"input_json_delta","partial_json":""})") +
          delta(3, R"({"type":"input_json_delta","partial_json":"{\"city\":"})") +
          delta(3, R"({"type":"input_json_delta","partial_json":"\"Oslo\"}"})") + stop(3) +
          start(4, R"({"type":"tool_use","id":"toolu_2","name":"now","input":{}})") + stop(4) +
          ending("tool_use")
  );
  EXPECT_THAT(
      lines_of(out.events),
      ElementsAre(
          "started claude-x msg_1",
          "usage 40 5 10 1 -",
          "reasoning let me see",
          R"(opaque anthropic {"type":"thinking","thinking":"let me see","signature":"sig=="})",
          R"(opaque anthropic {"type":"redacted_thinking","data":"xyz"})",
          "text Hi",
          "call 0 toolu_1 get_weather",
          R"(arguments 0 {"city":"Oslo"})",
          "call 1 toolu_2 now",
          "usage 40 5 10 33 7",
          "finish tool_calls tool_use"
      )
  );
  EXPECT_EQ(out.answer.tool_calls[1].arguments, "{}");
}

TEST(AnthropicStream, StopReasons) {
  struct Row {
    char const* raw;
    FinishReason reason;
  };
  Row const rows[] = {
      {"end_turn", FinishReason::stop},
      {"stop_sequence", FinishReason::stop},
      {"max_tokens", FinishReason::length},
      {"refusal", FinishReason::content_filter},
      {"pause_turn", FinishReason::pause},
      {"model_context_window_exceeded", FinishReason::context_overflow},
      {"new_reason", FinishReason::other}};
  for (auto const& row : rows) {
    auto const out = decode(
        "anthropic",
        message_start + start(0, R"({"type":"text","text":"a"})") + stop(0) + ending(row.raw)
    );
    EXPECT_EQ(out.answer.finish.reason, row.reason) << row.raw;
    EXPECT_EQ(out.answer.finish.raw, row.raw);
  }
}

TEST(AnthropicStream, ARefusalSaysWhy) {
  auto const out = decode(
      "anthropic",
      message_start +
          event(
              "message_delta",
              R"("delta":{"stop_reason":"refusal","stop_details":{"type":"refusal",)"
              R"("category":"bio","explanation":"Not this."}})"
          ) +
          event("message_stop", "")
  );
  EXPECT_EQ(out.answer.finish.reason, FinishReason::content_filter);
  EXPECT_EQ(out.answer.finish.refusal, "Not this.");
}

TEST(AnthropicStream, OneWholeDocument) {
  auto const out = decode(
      provider_of("anthropic"),
      R"({"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[
      {"type":"text","text":"Hi"},{"type":"tool_use","id":"t","name":"f","input":{"a":1}}],
      "stop_reason":"tool_use","usage":{"input_tokens":3,"output_tokens":4}})",
      {{"content-type", "application/json"}, {"request-id", "req_1"}}
  );
  EXPECT_THAT(
      lines_of(out.events),
      ElementsAre(
          "started claude-x req_1",
          "usage 3 - - 4 -",
          "text Hi",
          "call 0 t f",
          "arguments 0 {\"a\":1}",
          "finish tool_calls tool_use"
      )
  );
}

TEST(AnthropicStream, ALyingUsage) {
  auto const out = decode(
      "anthropic",
      event(
          "message_start",
          R"("message":{"id":"m","usage":{"input_tokens":-5,"cache_read_input_tokens":"9",)"
          R"("output_tokens":1}})"
      ) + start(0, R"({"type":"text","text":"a"})") +
          ending("end_turn")
  );
  EXPECT_EQ(out.answer.usage, (ChatUsage{.output = 33, .reasoning = 7}));
}

}  // namespace
}  // namespace ropewalk::ai
