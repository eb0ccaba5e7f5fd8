// Anthropic's Messages, in both versions of the API: 2023-06-01 (x-api-key; the default) and
// 2026-10-21 (Bearer; no temperature and no top_p any more; system turns in between).
//
// Options: maxTokens (sent when a request has none, which the API does not allow; else what the
// model can, at most 8192),
// structuredOutput (schemas are enforced; on unless the version is 2023-06-01), beta (value of
// anthropic-beta).
#include "engine/base/json.hpp"
#include "providers/ai/dialects/answer_limit.hpp"
#include "providers/ai/dialects/anthropic_reader.hpp"
#include "providers/ai/dialects/dialect_list.hpp"
#include "providers/ai/dialects/json_access.hpp"
#include "providers/ai/dialects/rate_limits.hpp"
#include "providers/ai/dialects/request_parts.hpp"
#include "providers/ai/dialects/wire_dialect.hpp"

#include <boost/json/value_from.hpp>

#include <algorithm>
#include <array>

namespace ropewalk::ai {
namespace {

constexpr std::string_view type_name = "anthropic";
constexpr std::string_view default_base = "https://api.anthropic.com";
constexpr std::string_view first_version = "2023-06-01";
constexpr std::int64_t max_tokens_default = 8192;

std::string_view version_of(ProviderSettings const& provider) {
  return provider.api_version.empty() ? first_version : std::string_view(provider.api_version);
}

bool is_first_version(ProviderSettings const& provider) {
  return version_of(provider) == first_version;
}

bool enforces_schema(ProviderSettings const& provider, ChatRequest const& chat) {
  return chat.schema && is_closable_schema(*chat.schema) &&
         bool_at(provider.options, "structuredOutput", !is_first_version(provider));
}

struct BlockMaker {
  json::array& blocks;

  void operator()(TextPart const& part) const {
    // Empty text blocks are refused.
    if (!part.text.empty()) blocks.push_back(json::object{{"type", "text"}, {"text", part.text}});
  }
  void operator()(ImagePart const& part) const {
    json::object source;
    if (part.url.empty())
      source = {{"type", "base64"}, {"media_type", part.media_type}, {"data", part.data}};
    else
      source = {{"type", "url"}, {"url", part.url}};
    blocks.push_back(json::object{{"type", "image"}, {"source", std::move(source)}});
  }
  void operator()(ToolCallPart const& part) const {
    blocks.push_back(json::object{
        {"type", "tool_use"},
        {"id", part.id},
        {"name", part.name},
        {"input", arguments_object(part.arguments)}});
  }
  void operator()(ToolResultPart const& part) const {
    json::object block{
        {"type", "tool_result"}, {"tool_use_id", part.call_id}, {"content", part.content}};
    if (part.is_error) block["is_error"] = true;
    blocks.push_back(std::move(block));
  }
  void operator()(OpaquePart const& part) const {
    if (part.dialect == type_name) blocks.push_back(part.content);
  }
};

/// Turns of the same role in a row become one: the results of several tools belong together.
void add_turn(std::string_view role, Message const& message, json::array& out) {
  json::array blocks;
  for (auto const& part : message.parts) std::visit(BlockMaker{blocks}, part);
  if (blocks.empty()) return;
  auto* last = out.empty() ? nullptr : out.back().if_object();
  if (last == nullptr || text_at(*last, "role") != role) {
    out.push_back(json::object{{"role", role}, {"content", std::move(blocks)}});
    return;
  }
  auto& content = last->at("content").get_array();
  for (auto& block : blocks) content.push_back(std::move(block));
}

/// System turns at the beginning become `system`; later ones too, where the version has no such
/// role.
void add_messages(ChatRequest const& chat, bool has_system_role, json::object& body) {
  json::array messages;
  std::string system;
  for (auto const& message : chat.messages) {
    if (message.role == Role::assistant) {
      add_turn("assistant", message, messages);
    } else if (message.role != Role::system) {
      add_turn("user", message, messages);
    } else if (has_system_role && !messages.empty()) {
      add_turn("system", message, messages);
    } else {
      if (!system.empty()) system += "\n\n";
      system += text_of(message);
    }
  }
  if (!system.empty()) body["system"] = system;
  body["messages"] = std::move(messages);
}

void add_tools(ChatRequest const& chat, json::object& body) {
  if (chat.tools.empty()) return;
  json::array tools;
  for (auto const& tool : chat.tools) {
    json::object item{{"name", tool.name}};
    if (!tool.description.empty()) item["description"] = tool.description;
    item["input_schema"] = tool.parameters;
    // The one member that is required there.
    if (!tool.parameters.contains("type")) item["input_schema"].get_object()["type"] = "object";
    tools.push_back(std::move(item));
  }
  body["tools"] = std::move(tools);
  auto const& choice = chat.tool_choice;
  if (choice.empty()) return;
  if (choice == "auto" || choice == "none")
    body["tool_choice"] = json::object{{"type", choice}};
  else if (choice == "required")
    body["tool_choice"] = json::object{{"type", "any"}};
  else
    body["tool_choice"] = json::object{{"type", "tool"}, {"name", choice}};
}

std::string_view error_code(ProviderFailure const& failure) {
  auto const* details = object_at(failure.error, "details");
  return details != nullptr ? text_at(*details, "error_code") : std::string_view();
}

struct TypeRule {
  std::string_view type;
  Verdict verdict;
};
constexpr std::array type_rules{
    TypeRule{"authentication_error", Verdict::auth},
    TypeRule{"permission_error", Verdict::auth},
    TypeRule{"billing_error", Verdict::quota_exhausted},
    TypeRule{"not_found_error", Verdict::not_found},
    TypeRule{"request_too_large", Verdict::invalid_request},
    TypeRule{"conflict_error", Verdict::conflict},
    TypeRule{"rate_limit_error", Verdict::rate_limited},
    TypeRule{"api_error", Verdict::server_error},
    TypeRule{"timeout_error", Verdict::server_error},
    TypeRule{"overloaded_error", Verdict::overloaded},
};

std::optional<Verdict> anthropic_verdict(ProviderFailure& failure) {
  auto const code = error_code(failure);
  if (!code.empty() && failure.code.empty()) failure.code = code;
  if (code == "ramp_limit_exceeded") return Verdict::rate_limited;
  if (code == "cmek_key_unreachable") return Verdict::server_error;
  bool const is_spend = code == "enforced_spend_limit_reached" ||
                        code == "contract_spend_limit_reached" || code == "organization_on_hold" ||
                        code.starts_with("linked_organization_");
  // A rate limit always says when it ends; what does not is a cap on spending.
  if (is_spend || failure.type == "billing_error") failure.is_account_wide = true;
  if (is_spend || (failure.status == 429 && !failure.retry_after)) return Verdict::quota_exhausted;
  for (auto const& rule : type_rules)
    if (rule.type == failure.type) return rule.verdict;
  return std::nullopt;
}

class AnthropicDialect final : public WireDialect {
 public:
  std::string_view type() const override { return type_name; }
  std::string_view default_base_url() const override { return default_base; }
  Result<WireRequest> request(ProviderSettings const& provider, ChatRequest const& chat)
      const override;
  bool has_native_schema(ProviderSettings const& provider, ChatRequest const& chat) const override {
    return enforces_schema(provider, chat);
  }
  RateLimitState rate_limits(HttpHeaders const& headers) const override {
    return anthropic_rate_limits(headers);
  }

 private:
  std::unique_ptr<AnswerReader> new_reader() const override { return make_anthropic_reader(); }
  BodyRule body_rule() const override { return anthropic_verdict; }
};

HttpHeaders own_headers(ProviderSettings const& provider, ChatRequest const& chat) {
  HttpHeaders out{{"anthropic-version", std::string(version_of(provider))}};
  if (!provider.api_key.empty()) {
    if (is_first_version(provider))
      out.push_back({"x-api-key", provider.api_key});
    else
      out.push_back({"Authorization", "Bearer " + provider.api_key});
  }
  if (auto const beta = text_at(provider.options, "beta"); !beta.empty())
    out.push_back({"anthropic-beta", std::string(beta)});
  if (!chat.idempotency_key.empty()) out.push_back({"Idempotency-Key", chat.idempotency_key});
  return out;
}

Result<WireRequest> AnthropicDialect::request(
    ProviderSettings const& provider, ChatRequest const& chat
) const {
  CallContext const context(provider, type_name, chat.model);
  if (auto const done = check_parts(context, chat); !done) return done.error();
  bool const has_sampling = is_first_version(provider);
  if (!has_sampling && (chat.temperature || chat.top_p))
    return unsupported(
        context,
        "this version of the API (" + std::string(version_of(provider)) +
            ") takes neither temperature nor topP",
        "leave them out, or set apiVersion: 2023-06-01 for a model that still takes them"
    );
  json::object body{{"model", chat.model}};
  auto const configured = count_at(provider.options, "maxTokens").value_or(max_tokens_default);
  body["max_tokens"] = chat.max_tokens.value_or(configured);
  add_messages(chat, /*has_system_role=*/!has_sampling, body);
  add_tools(chat, body);
  // There is no seed; it promises little even where there is one, so it is left out.
  if (chat.temperature) body["temperature"] = *chat.temperature;
  if (chat.top_p) body["top_p"] = *chat.top_p;
  if (!chat.stop.empty()) body["stop_sequences"] = json::value_from(chat.stop);
  if (enforces_schema(provider, chat))
    body["output_config"] = json::object{
        {"format", {{"type", "json_schema"}, {"schema", closed_schema(*chat.schema)}}}};
  body["stream"] = chat.stream;
  auto const base = provider.base_url.empty() ? default_base : std::string_view(provider.base_url);
  return make_request(
      provider,
      chat,
      join_url(base, "v1", "/messages"),
      own_headers(provider, chat),
      std::move(body)
  );
}

}  // namespace

std::optional<std::int64_t> default_answer_limit(
    ProviderSettings const& provider, std::optional<std::int64_t> max_output
) {
  if (provider.type != type_name) return std::nullopt;
  if (auto const configured = count_at(provider.options, "maxTokens")) return configured;
  return std::min(max_tokens_default, max_output.value_or(max_tokens_default));
}

Dialect const& anthropic_dialect() {
  static AnthropicDialect const dialect;
  return dialect;
}

}  // namespace ropewalk::ai
