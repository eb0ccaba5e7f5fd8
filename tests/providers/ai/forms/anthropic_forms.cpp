// Anthropic's Messages, version 2023-06-01; structured output with 2026-10-21.
#include "tests/providers/ai/wire_forms.hpp"

namespace ropewalk::ai {
namespace {

std::string sent_body(Kind kind, bool is_streamed) {
  std::string out =
      R"({"model":"m1","messages":[{"role":"user","content":[{"type":"text","text":"hellø"}]}])";
  out += kind == Kind::text ? R"(,"max_tokens":100,"system":"be brief")" : R"(,"max_tokens":8192)";
  if (kind == Kind::tools)
    out += R"(,"tools":[{"name":"get_weather","description":"A tool.","input_schema":)"
           R"({"type":"object","properties":{"city":{"type":"string"}}}},)"
           R"({"name":"now","description":"A tool.","input_schema":{"type":"object"}}])";
  if (kind == Kind::structured)
    out += R"(,"output_config":{"format":{"type":"json_schema","schema":{"type":"object",)"
           R"("properties":{"urgency":{"type":"integer"}},"required":["urgency"],)"
           R"("additionalProperties":false}}})";
  return out + ",\"stream\":" + bool_text(is_streamed) + "}";
}

std::string event(std::string const& type, std::string const& rest = {}) {
  return "event: " + type + "\ndata: {\"type\":\"" + type + "\"" +
         (rest.empty() ? "" : "," + rest) + "}\n\n";
}

std::string block(int index, std::string const& begin, std::vector<std::string> const& deltas) {
  auto const at = "\"index\":" + std::to_string(index);
  auto out = event("content_block_start", at + ",\"content_block\":" + begin);
  for (auto const& delta : deltas) out += event("content_block_delta", at + ",\"delta\":" + delta);
  return out + event("content_block_stop", at);
}

std::string text_delta(std::string_view text) {
  return R"({"type":"text_delta","text":)" + quoted(text) + "}";
}

std::string json_delta(std::string_view text) {
  return R"({"type":"input_json_delta","partial_json":)" + quoted(text) + "}";
}

std::string text_block(int index, std::string_view text) {
  auto const half = std::min(text.find(' '), text.size());
  return block(
      index,
      R"({"type":"text","text":""})",
      {text_delta(text.substr(0, half)), text_delta(text.substr(half))}
  );
}

std::string blocks_of(Kind kind) {
  if (kind == Kind::structured) return text_block(0, said_json);
  if (kind == Kind::tools)
    return block(
               0,
               R"({"type":"tool_use","id":"call_a","name":"get_weather","input":{}})",
               {json_delta(""), json_delta("{\"city\":"), json_delta("\"Ørland\"}")}
           ) +
           block(1, R"({"type":"tool_use","id":"call_b","name":"now","input":{}})", {});
  if (kind == Kind::text) return text_block(0, said_text);
  return block(
             0,
             R"({"type":"thinking","thinking":"","signature":""})",
             {R"({"type":"thinking_delta","thinking":)" + quoted(said_thought) + "}",
              R"({"type":"signature_delta","signature":"EqQB=="})"}
         ) +
         text_block(1, said_text);
}

std::string const input_usage =
    R"("input_tokens":7,"cache_creation_input_tokens":1,"cache_read_input_tokens":4)";

std::string streamed(Kind kind, std::string const& finish) {
  return event(
             "message_start",
             R"("message":{"id":"msg_1","type":"message","role":"assistant","content":[],)"
             R"("model":"m1-2026","stop_reason":null,"stop_sequence":null,"usage":{)" +
                 input_usage + R"(,"output_tokens":1}})"
         ) +
         event("ping") + blocks_of(kind) + event("ping") +
         event(
             "message_delta",
             R"("delta":{"stop_reason":)" + quoted(finish) +
                 R"(,"stop_sequence":null},"usage":{"output_tokens":5,)"
                 R"("output_tokens_details":{"thinking_tokens":2}})"
         ) +
         event("message_stop");
}

std::string whole(Kind kind, std::string const& finish) {
  std::string content;
  if (kind == Kind::tools)
    content = R"({"type":"tool_use","id":"call_a","name":"get_weather","input":)" +
              std::string(said_arguments) +
              R"(},{"type":"tool_use","id":"call_b","name":"now","input":{}})";
  else
    content = R"({"type":"text","text":)" +
              quoted(kind == Kind::structured ? said_json : said_text) + "}";
  if (kind == Kind::reasoning)
    content = R"({"type":"thinking","thinking":)" + quoted(said_thought) +
              R"(,"signature":"EqQB=="},)" + content;
  return R"({"id":"msg_1","type":"message","role":"assistant","model":"m1-2026","content":[)" +
         content + R"(],"stop_reason":)" + quoted(finish) + R"(,"stop_sequence":null,"usage":{)" +
         input_usage + R"(,"output_tokens":5,"output_tokens_details":{"thinking_tokens":2}}})";
}

}  // namespace

WireForm anthropic_form(Kind kind, bool is_streamed) {
  WireForm out;
  out.type = "anthropic";
  out.kind = kind;
  out.is_streamed = is_streamed;
  out.target = "/v1/messages";
  if (kind == Kind::structured)
    out.sent_headers = {
        {"anthropic-version", "2026-10-21"}, {"authorization", "Bearer " + std::string(test_key)}};
  else
    out.sent_headers = {{"anthropic-version", "2023-06-01"}, {"x-api-key", test_key}};
  out.sent = sent_body(kind, is_streamed);
  out.headers = {
      {"Content-Type", is_streamed ? "text/event-stream; charset=utf-8" : "application/json"},
      {"Date", "Mon, 23 Nov 2026 21:00:00 GMT"},
      {"request-id", "req_1"},
      {"anthropic-ratelimit-requests-limit", "50"},
      {"anthropic-ratelimit-requests-remaining", "49"},
      {"anthropic-ratelimit-requests-reset", "2026-11-23T21:00:30Z"},
      {"anthropic-ratelimit-tokens-limit", "80000"},
      {"anthropic-ratelimit-tokens-remaining", "79000"},
      {"anthropic-ratelimit-tokens-reset", "2026-11-23T21:01:00Z"}};
  out.finish = kind == Kind::tools ? "tool_use" : "end_turn";
  out.body = is_streamed ? streamed(kind, out.finish) : whole(kind, out.finish);
  out.model = "m1-2026";
  out.request_id = "req_1";
  out.usage = {.input = 12, .cached_input = 4, .cache_write = 1, .output = 5, .reasoning = 2};
  out.opaque_count = kind == Kind::reasoning ? 1 : 0;
  out.limits = {50, 49, std::chrono::seconds(30), 80000, 79000, std::chrono::seconds(60)};
  return out;
}

}  // namespace ropewalk::ai
