// Chat Completions, as OpenAI and Azure speak it. Reasoning is what servers like OpenAI's send.
#include "tests/providers/ai/wire_forms.hpp"

namespace ropewalk::ai {
namespace {

std::string const weather_tools =
    R"("tools":[{"type":"function","function":{"name":"get_weather","description":"A tool.",)"
    R"("parameters":{"type":"object","properties":{"city":{"type":"string"}}}}},)"
    R"({"type":"function","function":{"name":"now","description":"A tool.",)"
    R"("parameters":{"type":"object"}}}])";
std::string const urgency_format =
    R"("response_format":{"type":"json_schema","json_schema":{"name":"answer","strict":true,)"
    R"("schema":{"type":"object","properties":{"urgency":{"type":"integer"}},)"
    R"("required":["urgency"],"additionalProperties":false}}})";

std::string sent_body(Kind kind, bool is_streamed, std::string const& max_tokens_field) {
  std::string messages = R"({"role":"user","content":"hellø"})";
  if (kind == Kind::text) messages = R"({"role":"system","content":"be brief"},)" + messages;
  std::string out = R"({"model":"m1","messages":[)" + messages + "]";
  if (kind == Kind::text) out += ",\"" + max_tokens_field + "\":100";
  if (kind == Kind::tools) out += "," + weather_tools;
  if (kind == Kind::structured) out += "," + urgency_format;
  out += ",\"stream\":" + bool_text(is_streamed);
  if (is_streamed) out += R"(,"stream_options":{"include_usage":true})";
  return out + "}";
}

std::string chunk(std::string const& delta, std::string const& finish = "null") {
  return R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":1795447721,)"
         R"("model":"m1-2026","choices":[{"index":0,"delta":)" +
         delta + R"(,"logprobs":null,"finish_reason":)" + finish + R"(}],"usage":null})";
}

/// `text` in two pieces, the cut inside of a character's neighbourhood.
std::vector<std::string> text_chunks(std::string_view field, std::string_view text) {
  std::size_t const half = text.find(' ');
  auto const piece = [&](std::string_view part) {
    return chunk("{\"" + std::string(field) + "\":" + quoted(part) + "}");
  };
  if (half == std::string_view::npos) return {piece(text)};
  return {piece(text.substr(0, half)), piece(text.substr(half))};
}

std::vector<std::string> tool_chunks() {
  return {
      chunk(R"({"tool_calls":[{"index":0,"id":"call_a","type":"function",)"
            R"("function":{"name":"get_weather","arguments":""}}]})"),
      chunk(R"({"tool_calls":[{"index":0,"function":{"arguments":"{\"city\":"}}]})"),
      chunk(R"({"tool_calls":[{"index":0,"function":{"arguments":"\"Ørland\"}"}}]})"),
      chunk(R"({"tool_calls":[{"index":1,"id":"call_b","type":"function",)"
            R"("function":{"name":"now","arguments":"{}"}}]})")};
}

std::string const usage_text = R"({"prompt_tokens":12,"completion_tokens":5,"total_tokens":17,)"
                               R"("prompt_tokens_details":{"cached_tokens":4},)"
                               R"("completion_tokens_details":{"reasoning_tokens":2}})";

void add(std::vector<std::string>& to, std::vector<std::string> const& more) {
  to.insert(to.end(), more.begin(), more.end());
}

std::string streamed(Kind kind, std::string const& finish) {
  std::vector<std::string> data{chunk(R"({"role":"assistant","content":""})")};
  if (kind == Kind::reasoning) add(data, text_chunks("reasoning_content", said_thought));
  if (kind == Kind::text || kind == Kind::reasoning) add(data, text_chunks("content", said_text));
  if (kind == Kind::structured) add(data, text_chunks("content", said_json));
  if (kind == Kind::tools) add(data, tool_chunks());
  data.push_back(chunk("{}", quoted(finish)));
  data.push_back(R"({"id":"chatcmpl-1","choices":[],"usage":)" + usage_text + "}");
  data.push_back("[DONE]");
  return sse(data);
}

std::string whole(Kind kind, std::string const& finish) {
  std::string message = R"({"role":"assistant","refusal":null,"content":)";
  if (kind == Kind::tools)
    message +=
        R"(null,"tool_calls":[{"id":"call_a","type":"function","function":)"
        R"({"name":"get_weather","arguments":)" +
        quoted(said_arguments) +
        R"(}},{"id":"call_b","type":"function","function":{"name":"now","arguments":"{}"}}])";
  else
    message += quoted(kind == Kind::structured ? said_json : said_text);
  if (kind == Kind::reasoning) message += ",\"reasoning_content\":" + quoted(said_thought);
  return R"({"id":"chatcmpl-1","object":"chat.completion","created":1795447721,"model":"m1-2026",)"
         R"("choices":[{"index":0,"message":)" +
         message + R"(},"logprobs":null,"finish_reason":)" + quoted(finish) + R"(}],"usage":)" +
         usage_text + "}";
}

WireForm chat_form(Kind kind, bool is_streamed) {
  WireForm out;
  out.kind = kind;
  out.is_streamed = is_streamed;
  out.sent_headers = {{"content-type", "application/json"}, {"accept-encoding", "identity"}};
  out.headers = {
      {"Content-Type", is_streamed ? "text/event-stream; charset=utf-8" : "application/json"},
      {"x-request-id", "req_1"},
      {"x-ratelimit-limit-requests", "60"},
      {"x-ratelimit-remaining-requests", "59"},
      {"x-ratelimit-reset-requests", "1s"},
      {"x-ratelimit-limit-tokens", "150000"},
      {"x-ratelimit-remaining-tokens", "149984"},
      {"x-ratelimit-reset-tokens", "6m0s"}};
  out.finish = kind == Kind::tools ? "tool_calls" : "stop";
  out.body = is_streamed ? streamed(kind, out.finish) : whole(kind, out.finish);
  out.model = "m1-2026";
  out.request_id = "req_1";
  out.usage = {.input = 12, .cached_input = 4, .output = 5, .reasoning = 2};
  out.limits = {60, 59, std::chrono::seconds(1), 150000, 149984, std::chrono::seconds(360)};
  return out;
}

}  // namespace

WireForm openai_form(Kind kind, bool is_streamed) {
  auto out = chat_form(kind, is_streamed);
  out.type = "openai";
  out.target = "/v1/chat/completions";
  out.sent_headers.push_back({"authorization", "Bearer " + std::string(test_key)});
  out.sent = sent_body(kind, is_streamed, "max_tokens");
  return out;
}

WireForm azure_form(Kind kind, bool is_streamed) {
  auto out = chat_form(kind, is_streamed);
  out.type = "azure";
  out.target = "/openai/deployments/m1/chat/completions?api-version=2024-10-21";
  out.sent_headers.push_back({"api-key", test_key});
  out.sent = sent_body(kind, is_streamed, "max_completion_tokens");
  out.headers[1].name = "apim-request-id";
  // What its filter thinks of the prompt comes first, in a chunk without choices.
  if (is_streamed)
    out.body =
        sse({R"({"id":"","object":"","created":0,"model":"","choices":[],)"
             R"("prompt_filter_results":[{"prompt_index":0,"content_filter_results":{}}]})"}) +
        out.body;
  if (kind == Kind::reasoning) out.body.clear();  // it keeps its thoughts to itself
  return out;
}

}  // namespace ropewalk::ai
