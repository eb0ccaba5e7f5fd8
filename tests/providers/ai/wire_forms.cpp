#include "tests/providers/ai/wire_forms.hpp"

#include "engine/base/json.hpp"

#include <stdexcept>

namespace ropewalk::ai {
namespace {

std::vector<WireForm> make_forms() {
  using Maker = WireForm (*)(Kind, bool);
  std::vector<WireForm> out;
  for (Maker const maker :
       {openai_form, azure_form, responses_form, anthropic_form, gemini_form, ollama_form})
    for (auto const kind : {Kind::text, Kind::reasoning, Kind::tools, Kind::structured})
      for (bool const is_streamed : {true, false}) {
        auto form = maker(kind, is_streamed);
        if (!form.body.empty()) out.push_back(std::move(form));  // empty: it has no such thing
      }
  return out;
}

ToolSpec tool(std::string name, std::string_view parameters) {
  return ToolSpec{std::move(name), "A tool.", json_of(parameters).as_object()};
}

}  // namespace

ChatRequest chat_for(Kind kind, bool is_streamed) {
  auto out = chat_of("m1", "hellø");
  out.stream = is_streamed;
  if (kind == Kind::text) {
    out.messages.insert(out.messages.begin(), text_message(Role::system, "be brief"));
    out.max_tokens = 100;
  }
  if (kind == Kind::tools) {
    out.tools.push_back(
        tool("get_weather", R"({"type":"object","properties":{"city":{"type":"string"}}})")
    );
    out.tools.push_back(tool("now", R"({"type":"object"})"));
  }
  if (kind == Kind::structured)
    out.schema = json_of(R"({"type":"object","properties":{"urgency":{"type":"integer"}},
      "required":["urgency"],"additionalProperties":false})")
                     .as_object();
  return out;
}

std::vector<WireForm> const& wire_forms() {
  static auto const forms = make_forms();
  return forms;
}

WireForm const& wire_form(std::string_view type, Kind kind, bool is_streamed) {
  for (auto const& form : wire_forms())
    if (form.type == type && form.kind == kind && form.is_streamed == is_streamed) return form;
  throw std::out_of_range("no such form: " + std::string(type));
}

std::string header_lines(WireForm const& form) {
  std::string out;
  for (auto const& header : form.headers) out += header.name + ": " + header.value + "\r\n";
  return out;
}

std::string http_answer(WireForm const& form) {
  return "HTTP/1.1 200 OK\r\n" + header_lines(form) +
         "Content-Length: " + std::to_string(form.body.size()) + "\r\n\r\n" + form.body;
}

std::string quoted(std::string_view text) {
  return to_text(json::value(json::string(text)));
}

std::string bool_text(bool value) {
  return value ? "true" : "false";
}

}  // namespace ropewalk::ai
