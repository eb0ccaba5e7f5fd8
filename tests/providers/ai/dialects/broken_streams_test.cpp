// Goal: whatever comes instead of an answer ends once, with the right code, without the key.
// Method: each way to break, for each provider that can break so, at every split of the bytes.
#include "providers/ai/dialects/answer_sink.hpp"
#include "tests/providers/ai/dialects/decode.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::ai {
namespace {

using testing::HasSubstr;

std::string const openai_text = R"(data: {"choices":[{"delta":{"content":"a"}}]})"
                                "\n\n";

struct Row {
  std::string type;
  std::string body;
  std::string code;
  std::string words;
};

void check(Row const& row) {
  auto const out = decode(row.type, row.body);
  EXPECT_EQ(out.failure(), row.code) << row.body;
  std::string const message = out.failures.empty() ? "" : out.failures[0].message;
  EXPECT_THAT(message, HasSubstr(row.words));
}

/// `call` so often, with commas between.
std::string repeated(std::string const& call, std::size_t count) {
  std::string out = call;
  for (std::size_t i = 1; i < count; ++i) out += "," + call;
  return out;
}

TEST(BrokenStreams, TooManyToolCalls) {
  std::size_t const many = AnswerSink::tool_calls_max + 1;
  auto const named = R"({"function":{"name":"f"}})";
  Row const rows[] = {
      {"openai",
       R"({"choices":[{"delta":{"tool_calls":[)" + repeated(named, many) + "]}}]}",
       "",
       ""},
      // without a name a call is only kept, not told
      {"openai",
       [&] {
         std::string calls;
         for (std::size_t i = 0; i < many; ++i)
           calls += (i > 0 ? ",{\"index\":" : "{\"index\":") + std::to_string(i) + "}";
         return R"({"choices":[{"delta":{"tool_calls":[)" + calls + "]}}]}";
       }(),
       "",
       ""},
      {"gemini",
       R"({"candidates":[{"content":{"parts":[)" +
           repeated(R"({"functionCall":{"name":"f"},"thoughtSignature":"s"})", many) + "]}}]}",
       "",
       ""},
      {"anthropic",
       R"({"type":"message","stop_reason":"tool_use","content":[)" +
           repeated(R"({"type":"tool_use","name":"f"})", many) + "]}",
       "",
       ""},
      {"openai-responses",
       R"({"object":"response","status":"completed","output":[)" +
           repeated(R"({"type":"function_call","name":"f"})", many) + "]}",
       "",
       ""},
      {"ollama",
       R"({"done":true,"message":{"tool_calls":[)" + repeated(named, many) + "]}}",
       "",
       ""}};
  for (auto const& row : rows) {
    auto const out = decode_whole(row.type, row.body + "\n");
    EXPECT_EQ(out.failure(), "malformed_response") << row.type;
    ASSERT_FALSE(out.failures.empty()) << row.type;
    EXPECT_THAT(out.failures[0].message, HasSubstr("calls more than 128 tools"));
  }
}

TEST(BrokenStreams, AsManyToolCallsAsThereMayBe) {
  std::string const calls = repeated(R"({"function":{"name":"f"}})", AnswerSink::tool_calls_max);
  auto const out = decode_whole(
      "openai",
      R"({"choices":[{"message":{"tool_calls":[)" + calls + R"(]},"finish_reason":"stop"}]})"
  );
  EXPECT_EQ(out.failure(), "");
  EXPECT_EQ(out.answer.tool_calls.size(), AnswerSink::tool_calls_max);
}

TEST(BrokenStreams, Truncated) {
  Row const rows[] = {
      {"openai", "", "stream_truncated", "openai (asked-for): "},
      {"openai", ": ping\n\n", "stream_truncated", ""},
      {"openai", openai_text, "stream_truncated", "broke off"},
      {"openai", "da", "stream_truncated", "before it began"},
      {"openai", "event: me", "stream_truncated", "before it began"},
      {"openai", "{\"choices\":[{\"mess", "stream_truncated", "broke off"},
      {"openai", openai_text + "data: {\"choices\":[{\"de", "stream_truncated", "broke off"},
      {"openai", openai_text + "data: [DON", "stream_truncated", "broke off"},
      {"openai", openai_text + "data: {\"choices\":[}", "malformed_response", "not JSON"},
      {"openai", openai_text + "data: [DONE]\n\n", "stream_truncated", ""},
      {"openai-responses",
       "data: {\"type\":\"response.output_text.delta\",\"delta\":\"a\"}\n\n",
       "stream_truncated",
       ""},
      {"anthropic", "data: {\"type\":\"ping\"}\n\n", "stream_truncated", ""},
      {"anthropic",
       "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\n",
       "stream_truncated",
       ""},
      {"gemini",
       "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}]}\r\n\r\n",
       "stream_truncated",
       ""},
      {"ollama",
       "{\"message\":{\"content\":\"a\"},\"done\":false}\n",
       "stream_truncated",
       "ollama (asked-for)"},
  };
  for (auto const& row : rows) check(row);
}

TEST(BrokenStreams, NotAnAnswer) {
  std::string const page =
      "<!DOCTYPE html>\n<html><head><title> 502 Bad Gateway </title></head>\n\n<body></html>";
  for (std::string const type : {"openai", "anthropic", "gemini", "ollama", "openai-responses"}) {
    auto const out = decode_whole(type, page);
    EXPECT_EQ(out.failure(), "malformed_response") << type;
    EXPECT_THAT(out.failures.at(0).hint, HasSubstr("baseUrl"));
  }
  check({"openai", page, "malformed_response", "HTML page"});
  check({"openai", "Service OK\n", "malformed_response", "Service OK"});
  check({"openai", "\x89PNG\r\n\x1A\n", "malformed_response", "PNG"});
  check({"openai", "data: {\"choices\":[{\"delta\":\n\n", "malformed_response", "{\"choices\""});
  check({"openai", "data: hello\n\n", "malformed_response", "hello"});
  check({"openai", "data: 7\n\n", "malformed_response", "no object"});
  check({"ollama", "{\"message\":{\"content\":\"a\n", "malformed_response", ""});
  check({"ollama", "{\"message\":}\n", "malformed_response", ""});
  check({"anthropic", "data: {\"type\":\"message_stop\"}\n\n", "malformed_response", "stop reason"}
  );
  check(
      {"openai-responses", "data: {\"type\":\"response.completed\"}\n\n", "malformed_response", ""}
  );
  std::string deep = "data: ";
  for (int i = 0; i < 200; ++i) deep += "{\"a\":";
  check({"openai", deep + "\n\n", "malformed_response", ""});
  check(
      {"openai",
       R"(data: {"choices":[{"delta":{"tool_calls":[{"index":0}]},"finish_reason":"stop"}]})",
       "malformed_response",
       "no name"}
  );
}

TEST(BrokenStreams, ErrorsInTheStream) {
  Row const rows[] = {
      {"openai",
       openai_text + R"(data: {"error":{"message":"Busy","type":"server_error","code":null}})",
       "server_error",
       "in the stream: Busy"},
      {"openai", "data: {\"error\":\"out of memory\"}\n\n", "server_error", "out of memory"},
      {"openai", "data: {\"error\":[{\"message\":\"Hm\",\"code\":429}]}\n\n", "rate_limited", "Hm"},
      {"openai", "data: {\"error\":{\"message\":\"x\",\"code\":502}}\n\n", "server_error", "x"},
      {"openai",
       "data: {\"error\":{\"message\":\"x\",\"code\":\"400\"}}\n\n",
       "invalid_request",
       ""},
      {"openai",
       "data: {\"object\":\"error\",\"message\":\"flat\",\"code\":400}\n\n",
       "invalid_request",
       "flat"},
      {"openai",
       R"({"error":{"message":"Quota","type":"insufficient_quota","code":"insufficient_quota"}})",
       "quota_exhausted",
       "Quota"},
      {"openai",
       openai_text + R"(data: {"choices":[{"delta":{},"finish_reason":"error"}]})",
       "server_error",
       ""},
      {"openai-responses",
       "event: error\ndata: {\"type\":\"error\",\"code\":\"server_is_overloaded\","
       "\"message\":\"Slow\",\"param\":null}\n\n",
       "overloaded",
       "Slow"},
      {"openai-responses",
       R"(data: {"type":"response.failed","response":{"id":"r","status":"failed",)"
       R"("error":{"code":"rate_limit_exceeded","message":"Limit"},"output":[]}})",
       "rate_limited",
       "Limit"},
      {"openai-responses",
       R"(data: {"type":"response.failed","response":{"status":"failed","error":null}})",
       "server_error",
       "failed"},
      {"anthropic",
       "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
       "\"message\":\"Overloaded\"},\"request_id\":\"req_1\"}\n\n",
       "overloaded",
       "Overloaded"},
      {"gemini",
       "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}]}\r\n\r\n"
       "{\"error\": {\n  \"code\": 503,\n  \"message\": \"Try later\",\n"
       "  \"status\": \"UNAVAILABLE\"}}\n",
       "overloaded",
       "Try later"},
      {"gemini",
       "[{\"error\":{\"code\":429,\"message\":\"Slow\",\"status\":\"RESOURCE_EXHAUSTED\"}}]",
       "rate_limited",
       "Slow"},
      {"ollama",
       "{\"message\":{\"content\":\"a\"},\"done\":false}\n{\"error\":\"llama runner ended\"}\n",
       "server_error",
       "llama runner"},
  };
  for (auto const& row : rows) check(row);
}

TEST(BrokenStreams, NothingIsAnError) {
  // `error` may be there and say nothing.
  auto const out = decode(
      "openai",
      R"(data: {"error":null,"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]})"
  );
  EXPECT_EQ(out.answer.text, "a");
}

TEST(BrokenStreams, EmptyOutput) {
  Row const rows[] = {
      {"openai",
       R"(data: {"choices":[{"delta":{"content":""},"finish_reason":"stop"}]})",
       "empty_output",
       "empty"},
      {"openai",
       R"(data: {"choices":[{"delta":{"reasoning":"hm"},"finish_reason":"stop"}]})",
       "empty_output",
       ""},
      {"openai",
       R"(data: {"choices":[{"delta":{},"finish_reason":"tool_calls"}]})",
       "empty_output",
       ""},
      {"gemini", R"(data: {"candidates":[{"finishReason":"STOP"}]})", "empty_output", ""},
      {"ollama",
       R"({"message":{"content":""},"done":true,"done_reason":"stop"})",
       "empty_output",
       ""},
  };
  for (auto const& row : rows) check(row);
  auto const out = decode("openai", rows[0].body);
  EXPECT_EQ(out.failures.at(0).error_class, ErrorClass::transient);
}

TEST(BrokenStreams, TheKeyIsNotRepeated) {
  std::string const key = test_key;
  auto const out = decode(
      provider_of("openai"),
      "data: {\"error\":{\"message\":\"bad key " + key +
          " for https://x/?key=AIzaSecret&a=b\"}}\n\n",
      {{"x-request-id", "req_7"}}
  );
  EXPECT_THAT(out.failures.at(0).message, HasSubstr("bad key *** for https://x/?key=***&a=b"));
  EXPECT_EQ(out.failures.at(0).detail.at("requestId"), "req_7");
  decode("openai", "<html><title>" + key + "</title>");
  decode("openai", "data: " + key + "\n\n");
}

TEST(BrokenStreams, GiantLinesEnd) {
  auto const decoder =
      find_dialect("openai")->decoder(provider_of("openai"), chat_of("m"), HttpHeaders{});
  std::vector<ChatEvent> events;
  std::string const piece(1024 * 1024, 'x');
  decoder->feed("data: ", events);
  for (int i = 0; i < 20; ++i) decoder->feed(piece, events);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(std::get<ChatFailed>(events[0]).error.code, "malformed_response");
  decoder->end(events);
  EXPECT_EQ(events.size(), 1U);
}

TEST(BrokenStreams, EndlessStreamsEnd) {
  auto const decoder =
      find_dialect("ollama")->decoder(provider_of("ollama"), chat_of("m"), HttpHeaders{});
  std::vector<ChatEvent> events;
  std::string const piece = ":" + std::string(1024 * 1024 - 2, 'x') + "\n";
  for (int i = 0; i < 300; ++i) decoder->feed(piece, events);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_THAT(std::get<ChatFailed>(events[0]).error.message, HasSubstr("goes on"));
}

}  // namespace
}  // namespace ropewalk::ai
