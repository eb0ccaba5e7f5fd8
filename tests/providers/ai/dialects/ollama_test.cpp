// Goal: Ollama's /api/chat as documented. Method: bodies as JSON; each stream at every split of its
// bytes.
#include "tests/providers/ai/dialects/decode.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::ai {
namespace {

using testing::ElementsAre;

TEST(OllamaRequest, TheLeast) {
  auto provider = provider_of("ollama");
  provider.api_key.clear();
  auto const wire = wire_of(provider, chat_of("llama3"));
  EXPECT_EQ(wire.url, "http://127.0.0.1:11434/api/chat");
  EXPECT_EQ(find_header(wire.headers, "authorization"), "");
  EXPECT_EQ(json_of(wire.body), json_of(R"({"model":"llama3","stream":true,"truncate":false,
    "messages":[{"role":"user","content":"hello"}]})"));
}

TEST(OllamaRequest, Everything) {
  auto chat = chat_of("llama3");
  chat.messages.insert(chat.messages.begin(), text_message(Role::system, "be brief"));
  chat.messages[1].parts.emplace_back(ImagePart{"image/png", "QUJD", ""});
  Message calls{Role::assistant, {}};
  calls.parts.emplace_back(ToolCallPart{"rw0000001", "f", R"({"a":1})"});
  chat.messages.push_back(calls);
  Message results{Role::tool, {}};
  results.parts.emplace_back(ToolResultPart{"rw0000001", "f", "one", false});
  chat.messages.push_back(results);
  chat.tools.push_back(ToolSpec{"f", "F.", {{"type", "object"}}});
  chat.tool_choice = "auto";
  chat.temperature = 0;
  chat.top_p = 0.5;
  chat.max_tokens = 10;
  chat.seed = 1;
  chat.stop = {"X"};
  chat.schema = json::object{{"type", "object"}};
  chat.extra = json_of(R"({"options":{"num_ctx":8192},"keep_alive":"5m"})").as_object();
  EXPECT_EQ(body_of(provider_of("ollama"), chat), json_of(R"({"model":"llama3","stream":true,
    "truncate":false,"keep_alive":"5m","format":{"type":"object"},
    "options":{"temperature":0.0,"top_p":0.5,"num_predict":10,"seed":1,"stop":["X"],
      "num_ctx":8192},
    "tools":[{"type":"function","function":{"name":"f","description":"F.",
      "parameters":{"type":"object"}}}],
    "messages":[{"role":"system","content":"be brief"},
      {"role":"user","content":"hello","images":["QUJD"]},
      {"role":"assistant","content":"","tool_calls":[
        {"function":{"name":"f","arguments":{"a":1}}}]},
      {"role":"tool","tool_name":"f","content":"one"}]})"));
}

TEST(OllamaRequest, WhatCannotBeSaid) {
  auto chat = chat_of("llama3");
  chat.tools.push_back(ToolSpec{"f", "", {}});
  chat.tool_choice = "required";
  auto const& dialect = *find_dialect("ollama");
  EXPECT_EQ(dialect.request(provider_of("ollama"), chat).error().code, "unsupported");
  chat.tool_choice = "none";
  EXPECT_FALSE(body_of(provider_of("ollama"), chat).as_object().contains("tools"));
  chat.messages[0].parts.emplace_back(ImagePart{"", "", "https://e.com/a.png"});
  EXPECT_EQ(dialect.request(provider_of("ollama"), chat).error().code, "unsupported");
}

std::string const ending =
    R"({"model":"llama3","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant",)"
    R"("content":""},"done":true,"done_reason":"stop","prompt_eval_count":26,"eval_count":282})"
    "\n";

TEST(OllamaStream, ThinkingTextAndTools) {
  auto const out = decode(
      provider_of("ollama"),
      R"({"model":"llama3","created_at":"t","message":{"role":"assistant","content":"",)"
      R"("thinking":"hm"},"done":false})"
      "\n"
      R"({"model":"llama3","message":{"content":"Hé {\"llo"},"done":false})"
      "\n"
      R"({"model":"llama3","message":{"content":"","tool_calls":[)"
      R"({"id":"c1","function":{"name":"f","arguments":{"city":"Oslo"}}},)"
      R"({"function":{"name":"g","arguments":{}}}]},"done":false})"
      "\n" +
          ending,
      {{"content-type", "application/x-ndjson"}}
  );
  auto const lines = lines_of(out.events);
  ASSERT_EQ(lines.size(), 9U);
  EXPECT_EQ(lines[0], "started llama3 t");
  EXPECT_EQ(lines[1], "reasoning hm");
  EXPECT_EQ(lines[2], "text Hé {\"llo");
  EXPECT_EQ(lines[3], "call 0 c1 f");
  EXPECT_EQ(lines[4], R"(arguments 0 {"city":"Oslo"})");
  EXPECT_EQ(lines[6], "arguments 1 {}");
  EXPECT_EQ(lines[7], "usage 26 - - 282 -");
  EXPECT_EQ(lines[8], "finish tool_calls stop");
}

TEST(OllamaStream, OneDocumentOnSeveralLines) {
  auto const out = decode(
      provider_of("ollama"),
      "{\n  \"model\": \"llama3\",\n  \"message\": {\"content\": \"a\"},\n  \"done\": true,\n"
      "  \"done_reason\": \"length\"\n}\n",
      {{"content-type", "application/json"}}
  );
  EXPECT_THAT(
      lines_of(out.events), ElementsAre("started llama3 ", "text a", "finish length length")
  );
}

}  // namespace
}  // namespace ropewalk::ai
