// OpenAI's Responses. Nothing is stored there unless `extra` says so.
//
// Options: encryptedReasoning (true: reasoning comes encrypted and is sent back with the next turn,
// for models that reason), systemRole (system or developer).
#include "providers/ai/dialects/dialect_list.hpp"
#include "providers/ai/dialects/json_access.hpp"
#include "providers/ai/dialects/openai_common.hpp"
#include "providers/ai/dialects/openai_responses_reader.hpp"
#include "providers/ai/dialects/rate_limits.hpp"
#include "providers/ai/dialects/wire_dialect.hpp"

namespace ropewalk::ai {
namespace {

constexpr std::string_view type_name = "openai-responses";
constexpr std::string_view default_base = "https://api.openai.com/v1";

struct ItemAdder {
  Role role;
  std::string_view system_role;
  json::array& items;
  json::array parts{};  // of the message that is being gathered

  void flush() {
    if (parts.empty()) return;
    auto const name = role == Role::system      ? system_role
                      : role == Role::assistant ? std::string_view("assistant")
                                                : std::string_view("user");
    items.push_back(json::object{{"role", name}, {"content", std::move(parts)}});
    parts = {};
  }

  void operator()(TextPart const& part) {
    auto const type = role == Role::assistant ? "output_text" : "input_text";
    parts.push_back(json::object{{"type", type}, {"text", part.text}});
  }
  void operator()(ImagePart const& part) {
    parts.push_back(json::object{{"type", "input_image"}, {"image_url", image_address(part)}});
  }
  void operator()(ToolCallPart const& part) {
    flush();
    items.push_back(json::object{
        {"type", "function_call"},
        {"call_id", part.id},
        {"name", part.name},
        {"arguments", part.arguments}});
  }
  void operator()(ToolResultPart const& part) {
    flush();
    items.push_back(json::object{
        {"type", "function_call_output"}, {"call_id", part.call_id}, {"output", part.content}});
  }
  void operator()(OpaquePart const& part) {
    flush();
    if (part.dialect == type_name) items.push_back(part.content);
  }
};

json::array input_items(ChatRequest const& chat, std::string_view system_role) {
  json::array out;
  for (auto const& message : chat.messages) {
    ItemAdder adder{message.role, system_role, out};
    for (auto const& part : message.parts) std::visit(adder, part);
    adder.flush();
  }
  return out;
}

json::array flat_tools(ChatRequest const& chat) {
  json::array out;
  for (auto const& tool : chat.tools) {
    // Unlike in Chat Completions, strict is what happens unless it is said not to.
    json::object item{{"type", "function"}, {"name", tool.name}, {"strict", false}};
    if (!tool.description.empty()) item["description"] = tool.description;
    item["parameters"] = tool.parameters;
    out.push_back(std::move(item));
  }
  return out;
}

json::value tool_choice(ChatRequest const& chat) {
  auto out = openai_tool_choice(chat);
  if (out.is_object()) out = json::object{{"type", "function"}, {"name", chat.tool_choice}};
  return out;
}

json::object text_format(ChatRequest const& chat) {
  if (!chat.schema) return {{"format", {{"type", "json_object"}}}};
  return {
      {"format",
       {{"type", "json_schema"},
        {"name", "answer"},
        {"schema", *chat.schema},
        {"strict", is_strict_schema(*chat.schema)}}}};
}

class ResponsesDialect final : public WireDialect {
 public:
  std::string_view type() const override { return type_name; }
  std::string_view default_base_url() const override { return default_base; }
  Result<WireRequest> request(ProviderSettings const& provider, ChatRequest const& chat)
      const override;

 private:
  std::unique_ptr<AnswerReader> new_reader() const override {
    return make_openai_responses_reader();
  }
  BodyRule body_rule() const override { return openai_verdict; }
};

Result<WireRequest> ResponsesDialect::request(
    ProviderSettings const& provider, ChatRequest const& chat
) const {
  CallContext const context(provider, type_name, chat.model);
  if (auto const done = check_parts(context, chat); !done) return done.error();
  if (!chat.stop.empty())
    return unsupported(
        context, "the Responses API knows no stop texts", "take the type openai, or leave out stop"
    );
  auto const system_role = text_at(provider.options, "systemRole");
  json::object body{
      {"model", chat.model},
      {"input", input_items(chat, system_role.empty() ? "system" : system_role)},
      {"store", false},
      {"stream", chat.stream}};
  if (!chat.tools.empty()) body["tools"] = flat_tools(chat);
  if (!chat.tools.empty() && !chat.tool_choice.empty()) body["tool_choice"] = tool_choice(chat);
  // There is no seed either; it promises little even where there is one, so it is left out.
  if (chat.temperature) body["temperature"] = *chat.temperature;
  if (chat.top_p) body["top_p"] = *chat.top_p;
  if (chat.max_tokens) body["max_output_tokens"] = *chat.max_tokens;
  if (chat.schema || chat.format == OutputFormat::json) body["text"] = text_format(chat);
  if (bool_at(provider.options, "encryptedReasoning", false))
    body["include"] = json::array{"reasoning.encrypted_content"};
  auto const base = provider.base_url.empty() ? default_base : std::string_view(provider.base_url);
  return make_request(
      provider,
      chat,
      join_url(base, "", "/responses"),
      openai_headers(provider, chat),
      std::move(body)
  );
}

}  // namespace

Dialect const& openai_responses_dialect() {
  static ResponsesDialect const dialect;
  return dialect;
}

}  // namespace ropewalk::ai
