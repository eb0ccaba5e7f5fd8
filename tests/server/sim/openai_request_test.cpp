// Goal: what OpenAI's clients send is understood, what is wrong is named.
// Method: bodies as they come over the wire.
#include "server/sim/openai_request.hpp"

#include <gtest/gtest.h>

namespace ropewalk::server {
namespace {

OpenAiRequest good(std::string_view body) {
  auto read = read_openai_request(body);
  EXPECT_TRUE(read) << read.error().message;
  return read ? *read : OpenAiRequest{};
}

/// With a model and a message around `fields`.
std::string with(std::string const& fields) {
  return R"({"model":"prose","messages":[{"role":"user","content":"hi"}])" +
         std::string(fields.empty() ? "" : ",") + fields + "}";
}

std::string param_of(std::string const& body) {
  auto const read = read_openai_request(body);
  if (read) return "read";
  Error const error = read.error();
  auto const* const detail = error.detail.if_object();
  if (error.code != "invalid_request" || detail == nullptr) return error.code;
  return std::string(detail->at("param").as_string());
}

TEST(OpenAiRequest, MessagesOfEveryRole) {
  auto const read = good(R"({"model":"sim/echo","messages":[
    {"role":"developer","content":"Be brief."},
    {"role":"user","content":[{"type":"text","text":"See "},
      {"type":"image_url","image_url":{"url":"https://example.org/x.png"}}]},
    {"role":"assistant","content":null,"tool_calls":[
      {"id":"c1","type":"function","function":{"name":"look_up","arguments":"{\"n\":1}"}}]},
    {"role":"tool","tool_call_id":"c1","content":"found"}]})");
  EXPECT_EQ(read.chat.model, "echo") << "its prefix is a label";
  EXPECT_FALSE(read.chat.stream);
  auto const& messages = read.chat.messages;
  ASSERT_EQ(messages.size(), 4U);
  EXPECT_EQ(messages[0].role, ai::Role::system);
  EXPECT_EQ(ai::text_of(messages[1]), "See ");
  EXPECT_EQ(std::get<ai::ImagePart>(messages[1].parts.at(1)).url, "https://example.org/x.png");
  EXPECT_EQ(std::get<ai::ToolCallPart>(messages[2].parts.at(0)).arguments, R"({"n":1})");
  auto const& result = std::get<ai::ToolResultPart>(messages[3].parts.at(0));
  EXPECT_EQ(result.name, "look_up");
  EXPECT_EQ(result.content, "found");
}

TEST(OpenAiRequest, ParametersToolsAndFormat) {
  auto const read = good(with(R"("temperature":0.5,"top_p":1,"max_completion_tokens":9,"seed":-7,
    "stop":"END","n":1,"user":"u1","stream":true,"stream_options":{"include_usage":true},
    "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],
    "tool_choice":{"type":"function","function":{"name":"f"}},
    "response_format":{"type":"json_schema","json_schema":{"name":"r","schema":{"type":"object"}}},
    "sim":{"fault":"cut"})"));
  EXPECT_EQ(read.chat.temperature, 0.5);
  EXPECT_EQ(read.chat.top_p, 1);
  EXPECT_EQ(read.chat.max_tokens, 9);
  EXPECT_EQ(read.chat.seed, -7);
  EXPECT_EQ(read.chat.stop, std::vector<std::string>{"END"});
  EXPECT_TRUE(read.chat.stream);
  EXPECT_TRUE(read.with_usage);
  ASSERT_EQ(read.chat.tools.size(), 1U);
  EXPECT_EQ(read.chat.tools[0].name, "f");
  EXPECT_EQ(read.chat.tool_choice, "f");
  EXPECT_EQ(read.chat.format, ai::OutputFormat::json);
  EXPECT_EQ(read.chat.schema->at("type").as_string(), "object");
  EXPECT_EQ(read.chat.extra.at("sim").at("fault").as_string(), "cut");
}

TEST(OpenAiRequest, MistakesNameTheirField) {
  EXPECT_EQ(param_of("{"), "invalid_json");
  EXPECT_EQ(param_of("[]"), "invalid_request");
  EXPECT_EQ(param_of(R"({"messages":[{"role":"user","content":"hi"}]})"), "model");
  EXPECT_EQ(param_of(R"({"model":"prose","messages":[]})"), "messages");
  EXPECT_EQ(param_of(R"({"model":"prose","messages":["hi"]})"), "messages[0]");
  EXPECT_EQ(param_of(R"({"model":"prose","messages":[{"role":"me"}]})"), "messages[0].role");
  EXPECT_EQ(param_of(R"({"model":"prose","messages":[{"role":"user"}]})"), "messages[0].content");
  EXPECT_EQ(
      param_of(R"({"model":"prose","messages":[{"role":"user","content":[{"type":"file"}]}]})"),
      "messages[0].content[0].type"
  );
  EXPECT_EQ(
      param_of(R"({"model":"prose","messages":[{"role":"tool","tool_call_id":"x"}]})"),
      "messages[0].tool_call_id"
  );
  EXPECT_EQ(param_of(with(R"("n":2)")), "n");
  EXPECT_EQ(param_of(with(R"("temperature":2.5)")), "temperature");
  EXPECT_EQ(param_of(with(R"("top_p":"1")")), "top_p");
  EXPECT_EQ(param_of(with(R"("max_tokens":0)")), "max_tokens");
  EXPECT_EQ(param_of(with(R"("seed":1.5)")), "seed");
  EXPECT_EQ(param_of(with(R"("stop":["a","b","c","d","e"])")), "stop");
  EXPECT_EQ(param_of(with(R"("stream":"yes")")), "stream");
  EXPECT_EQ(param_of(with(R"("stream_options":{"include_usage":true})")), "stream_options");
  EXPECT_EQ(param_of(with(R"("tools":[{"type":"custom"}])")), "tools[0]");
  EXPECT_EQ(
      param_of(with(R"("tools":[{"type":"function","function":{"name":"a b"}}])")),
      "tools[0].function.name"
  );
  EXPECT_EQ(param_of(with(R"("tool_choice":"maybe")")), "tool_choice");
  EXPECT_EQ(param_of(with(R"("response_format":"json")")), "response_format");
  EXPECT_EQ(param_of(with(R"("response_format":{"type":"xml"})")), "response_format.type");
  EXPECT_EQ(
      param_of(with(R"("response_format":{"type":"json_schema"})")),
      "response_format.json_schema.schema"
  );
}

TEST(OpenAiRequest, NullsAreAbsent) {
  auto const read = good(with(R"("n":null,"stop":null,"tools":null,"tool_choice":null,"seed":null,
    "stream":null,"stream_options":null,"response_format":null,"temperature":null)"));
  EXPECT_FALSE(read.chat.stream);
  EXPECT_FALSE(read.chat.temperature);
  EXPECT_TRUE(read.chat.tools.empty());
}

}  // namespace
}  // namespace ropewalk::server
