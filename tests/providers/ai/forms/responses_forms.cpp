// OpenAI's Responses.
#include "tests/providers/ai/wire_forms.hpp"

namespace ropewalk::ai {
namespace {

std::string sent_body(Kind kind, bool is_streamed) {
  std::string input = R"({"role":"user","content":[{"type":"input_text","text":"hellø"}]})";
  if (kind == Kind::text)
    input = R"({"role":"system","content":[{"type":"input_text","text":"be brief"}]},)" + input;
  std::string out = R"({"model":"m1","store":false,"input":[)" + input + "]";
  if (kind == Kind::text) out += R"(,"max_output_tokens":100)";
  if (kind == Kind::tools)
    out += R"(,"tools":[{"type":"function","name":"get_weather","description":"A tool.",)"
           R"("strict":false,"parameters":{"type":"object",)"
           R"("properties":{"city":{"type":"string"}}}},)"
           R"({"type":"function","name":"now","description":"A tool.","strict":false,)"
           R"("parameters":{"type":"object"}}])";
  if (kind == Kind::structured)
    out += R"(,"text":{"format":{"type":"json_schema","name":"answer","strict":true,)"
           R"("schema":{"type":"object","properties":{"urgency":{"type":"integer"}},)"
           R"("required":["urgency"],"additionalProperties":false}}})";
  return out + ",\"stream\":" + bool_text(is_streamed) + "}";
}

std::string reasoning_item() {
  return R"({"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":)" +
         quoted(said_thought) + R"(}],"encrypted_content":"gAAA"})";
}

std::string message_item(std::string_view text) {
  return R"({"type":"message","id":"msg_1","status":"completed","role":"assistant",)"
         R"("content":[{"type":"output_text","annotations":[],"text":)" +
         quoted(text) + "}]}";
}

std::string call_item(int number, std::string const& name, std::string_view arguments) {
  auto const digit = std::to_string(number);
  return R"({"type":"function_call","id":"fc_)" + digit + R"(","call_id":"call_)" + digit +
         R"(","name":")" + name + R"(","arguments":)" + quoted(arguments) +
         R"(,"status":"completed"})";
}

std::vector<std::string> items_of(Kind kind) {
  if (kind == Kind::tools)
    return {call_item(0, "get_weather", said_arguments), call_item(1, "now", "{}")};
  if (kind == Kind::structured) return {message_item(said_json)};
  if (kind == Kind::reasoning) return {reasoning_item(), message_item(said_text)};
  return {message_item(said_text)};
}

std::string response(Kind kind) {
  std::string output;
  for (auto const& item : items_of(kind)) output += (output.empty() ? "" : ",") + item;
  return R"({"id":"resp_1","object":"response","created_at":1795447721,"status":"completed",)"
         R"("error":null,"incomplete_details":null,"model":"m1-2026","output":[)" +
         output +
         R"(],"usage":{"input_tokens":12,"input_tokens_details":{"cached_tokens":4},)"
         R"("output_tokens":5,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":17}})";
}

std::string event(std::string const& type, std::string const& rest) {
  return "event: response." + type + "\ndata: {\"type\":\"response." + type +
         "\",\"sequence_number\":1," + rest + "}\n\n";
}

std::string place(std::size_t output) {
  return "\"output_index\":" + std::to_string(output);
}

std::string text_events(std::size_t output, std::string_view text) {
  auto const half = std::min(text.find(' '), text.size());
  auto const delta = [&](std::string_view part) {
    return event(
        "output_text.delta",
        R"("item_id":"msg_1",)" + place(output) + R"(,"content_index":0,"delta":)" + quoted(part)
    );
  };
  std::string out = event(
      "output_item.added",
      place(output) + R"(,"item":{"type":"message","id":"msg_1","status":"in_progress",)"
                      R"("role":"assistant","content":[]})"
  );
  out += delta(text.substr(0, half)) + delta(text.substr(half));
  out += event("output_text.done", place(output) + ",\"content_index\":0,\"text\":" + quoted(text));
  return out + event("output_item.done", place(output) + ",\"item\":" + message_item(text));
}

std::string call_events(
    std::size_t output, std::string const& name, std::vector<std::string> const& pieces
) {
  auto const number = static_cast<int>(output);
  auto const digit = std::to_string(output);
  std::string whole;
  std::string out = event(
      "output_item.added",
      place(output) + R"(,"item":{"type":"function_call","id":"fc_)" + digit +
          R"(","call_id":"call_)" + digit + R"(","name":")" + name +
          R"(","arguments":"","status":"in_progress"})"
  );
  for (auto const& piece : pieces) {
    whole += piece;
    out += event(
        "function_call_arguments.delta",
        R"("item_id":"fc_)" + digit + "\"," + place(output) + ",\"delta\":" + quoted(piece)
    );
  }
  out += event("function_call_arguments.done", place(output) + ",\"arguments\":" + quoted(whole));
  return out +
         event("output_item.done", place(output) + ",\"item\":" + call_item(number, name, whole));
}

std::string streamed(Kind kind) {
  auto const started =
      R"("response":{"id":"resp_1","object":"response","status":"in_progress","model":"m1-2026",)"
      R"("output":[]})";
  auto out = event("created", started) + event("in_progress", started);
  if (kind == Kind::tools) {
    out += call_events(0, "get_weather", {"{\"city\":", "\"Ørland\"}"});
    out += call_events(1, "now", {"{}"});
  } else if (kind == Kind::structured) {
    out += text_events(0, said_json);
  } else if (kind == Kind::reasoning) {
    out += event(
        "reasoning_summary_text.delta",
        place(0) + ",\"summary_index\":0,\"delta\":" + quoted(said_thought)
    );
    out += event("output_item.done", place(0) + ",\"item\":" + reasoning_item());
    out += text_events(1, said_text);
  } else {
    out += text_events(0, said_text);
  }
  return out + event("completed", "\"response\":" + response(kind));
}

}  // namespace

WireForm responses_form(Kind kind, bool is_streamed) {
  WireForm out;
  out.type = "openai-responses";
  out.kind = kind;
  out.is_streamed = is_streamed;
  out.target = "/v1/responses";
  out.sent_headers = {
      {"authorization", "Bearer " + std::string(test_key)}, {"content-type", "application/json"}};
  out.sent = sent_body(kind, is_streamed);
  out.headers = {
      {"Content-Type", is_streamed ? "text/event-stream; charset=utf-8" : "application/json"},
      {"x-request-id", "req_1"},
      {"x-ratelimit-remaining-requests", "59"},
      {"x-ratelimit-reset-requests", "12ms"}};
  out.body = is_streamed ? streamed(kind) : response(kind);
  out.model = "m1-2026";
  out.request_id = "req_1";
  out.usage = {.input = 12, .cached_input = 4, .output = 5, .reasoning = 2};
  out.finish = "completed";
  out.opaque_count = kind == Kind::reasoning ? 1 : 0;
  out.limits.requests_remaining = 59;
  out.limits.requests_reset = std::chrono::milliseconds(12);
  return out;
}

}  // namespace ropewalk::ai
