// Ollama's /api/chat: a JSON object a line.
#include "tests/providers/ai/wire_forms.hpp"

namespace ropewalk::ai {
namespace {

std::string sent_body(Kind kind, bool is_streamed) {
  std::string messages = R"({"role":"user","content":"hellø"})";
  if (kind == Kind::text) messages = R"({"role":"system","content":"be brief"},)" + messages;
  std::string out = R"({"model":"m1","truncate":false,"messages":[)" + messages + "]";
  if (kind == Kind::text) out += R"(,"options":{"num_predict":100})";
  if (kind == Kind::tools)
    out += R"(,"tools":[{"type":"function","function":{"name":"get_weather",)"
           R"("description":"A tool.","parameters":{"type":"object",)"
           R"("properties":{"city":{"type":"string"}}}}},{"type":"function","function":)"
           R"({"name":"now","description":"A tool.","parameters":{"type":"object"}}}])";
  if (kind == Kind::structured)
    out += R"(,"format":{"type":"object","properties":{"urgency":{"type":"integer"}},)"
           R"("required":["urgency"],"additionalProperties":false})";
  return out + ",\"stream\":" + bool_text(is_streamed) + "}";
}

std::string const calls =
    R"("tool_calls":[{"id":"call_a","function":{"name":"get_weather","arguments":)" +
    std::string(said_arguments) + R"(}},{"function":{"name":"now","arguments":{}}}])";
std::string const ending =
    R"("done":true,"done_reason":"stop","total_duration":4883583458,"load_duration":1334875,)"
    R"("prompt_eval_count":12,"prompt_eval_duration":342546000,"eval_count":5,)"
    R"("eval_duration":4535599000})";

std::string line(std::string const& message, std::string const& end = "\"done\":false}") {
  return R"({"model":"m1","created_at":"2026-11-23T21:00:00Z","message":{"role":"assistant",)" +
         message + "}," + end + "\n";
}

std::string content(std::string_view text) {
  return "\"content\":" + quoted(text);
}

std::string streamed(Kind kind) {
  std::string out;
  if (kind == Kind::reasoning) out += line(content("") + ",\"thinking\":" + quoted(said_thought));
  if (kind == Kind::tools) {
    out += line(content("") + "," + calls);
  } else if (kind == Kind::structured) {
    out += line(content(said_json));
  } else {
    auto const half = said_text.find(' ');
    out += line(content(said_text.substr(0, half))) + line(content(said_text.substr(half)));
  }
  return out + line(content(""), ending);
}

std::string whole(Kind kind) {
  if (kind == Kind::tools) return line(content("") + "," + calls, ending);
  if (kind == Kind::structured) return line(content(said_json), ending);
  auto const thought =
      kind == Kind::reasoning ? ",\"thinking\":" + quoted(said_thought) : std::string();
  return line(content(said_text) + thought, ending);
}

}  // namespace

WireForm ollama_form(Kind kind, bool is_streamed) {
  WireForm out;
  out.type = "ollama";
  out.kind = kind;
  out.is_streamed = is_streamed;
  out.target = "/api/chat";
  out.sent_headers = {{"content-type", "application/json"}};
  out.sent = sent_body(kind, is_streamed);
  out.headers = {{"Content-Type", is_streamed ? "application/x-ndjson" : "application/json"}};
  out.body = is_streamed ? streamed(kind) : whole(kind);
  out.model = "m1";
  out.request_id = "2026-11-23T21:00:00Z";
  out.usage = {.input = 12, .output = 5};
  out.finish = "stop";
  return out;
}

}  // namespace ropewalk::ai
