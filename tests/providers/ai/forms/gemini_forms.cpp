// Google's generateContent: lines end with CR LF, function calls come whole, there is no last
// event.
#include "tests/providers/ai/wire_forms.hpp"

namespace ropewalk::ai {
namespace {

std::string sent_body(Kind kind) {
  std::string out = R"({"contents":[{"role":"user","parts":[{"text":"hellø"}]}])";
  if (kind == Kind::text)
    out += R"(,"systemInstruction":{"parts":[{"text":"be brief"}]},)"
           R"("generationConfig":{"maxOutputTokens":100})";
  if (kind == Kind::tools)
    out += R"(,"tools":[{"functionDeclarations":[{"name":"get_weather","description":"A tool.",)"
           R"("parametersJsonSchema":{"type":"object","properties":{"city":{"type":"string"}}}},)"
           R"({"name":"now","description":"A tool.","parametersJsonSchema":{"type":"object"}}]}])";
  if (kind == Kind::structured)
    out += R"(,"generationConfig":{"responseMimeType":"application/json","responseJsonSchema":)"
           R"({"type":"object","properties":{"urgency":{"type":"integer"}},)"
           R"("required":["urgency"],"additionalProperties":false}})";
  return out + "}";
}

std::string text_part(std::string_view text) {
  return "{\"text\":" + quoted(text) + "}";
}

std::vector<std::string> parts_of(Kind kind) {
  if (kind == Kind::structured) return {text_part(said_json)};
  if (kind == Kind::tools)
    return {
        R"({"functionCall":{"id":"call_a","name":"get_weather","args":)" +
            std::string(said_arguments) + R"(},"thoughtSignature":"CpcB=="})",
        R"({"functionCall":{"name":"now","args":{}}})"};
  std::vector<std::string> out;
  if (kind == Kind::reasoning)
    out.push_back("{\"thought\":true,\"text\":" + quoted(said_thought) + "}");
  auto const half = said_text.find(' ');
  out.push_back(text_part(said_text.substr(0, half)));
  out.push_back(text_part(said_text.substr(half)));
  return out;
}

std::string chunk(std::string const& parts, std::string const& finish) {
  std::string out =
      R"({"candidates":[{"content":{"role":"model","parts":[)" + parts + R"(]},"index":0)";
  if (!finish.empty()) out += ",\"finishReason\":" + quoted(finish);
  return out + R"(}],"usageMetadata":{"promptTokenCount":12,"cachedContentTokenCount":4,)"
               R"("candidatesTokenCount":3,"thoughtsTokenCount":2,"totalTokenCount":17},)"
               R"("modelVersion":"m1-2026","responseId":"resp_1"})";
}

std::string streamed(Kind kind) {
  std::string out;
  auto const parts = parts_of(kind);
  for (std::size_t i = 0; i < parts.size(); ++i)
    out += "data: " + chunk(parts[i], i + 1 == parts.size() ? "STOP" : "") + "\r\n\r\n";
  return out;
}

std::string whole(Kind kind) {
  std::string parts;
  for (auto const& part : parts_of(kind)) parts += (parts.empty() ? "" : ",") + part;
  return chunk(parts, "STOP");
}

}  // namespace

WireForm gemini_form(Kind kind, bool is_streamed) {
  WireForm out;
  out.type = "gemini";
  out.kind = kind;
  out.is_streamed = is_streamed;
  out.target = is_streamed ? "/v1beta/models/m1:streamGenerateContent?alt=sse"
                           : "/v1beta/models/m1:generateContent";
  out.sent_headers = {{"x-goog-api-key", test_key}, {"content-type", "application/json"}};
  out.sent = sent_body(kind);
  out.headers = {{"Content-Type", is_streamed ? "text/event-stream" : "application/json"}};
  out.body = is_streamed ? streamed(kind) : whole(kind);
  out.model = "m1-2026";
  out.request_id = "resp_1";
  out.usage = {.input = 12, .cached_input = 4, .output = 5, .reasoning = 2};
  out.finish = "STOP";
  out.opaque_count = kind == Kind::tools ? 1 : 0;
  return out;
}

}  // namespace ropewalk::ai
