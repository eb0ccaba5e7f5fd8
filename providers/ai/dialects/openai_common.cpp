#include "providers/ai/dialects/openai_common.hpp"

#include "providers/ai/dialects/json_access.hpp"

#include <array>

namespace ropewalk::ai {
namespace {

json::object user_part(Part const& part) {
  if (auto const* image = std::get_if<ImagePart>(&part))
    return {{"type", "image_url"}, {"image_url", {{"url", image_address(*image)}}}};
  return {{"type", "text"}, {"text", std::get<TextPart>(part).text}};
}

json::object assistant_turn(Message const& message) {
  json::array calls;
  for (auto const& part : message.parts)
    if (auto const* call = std::get_if<ToolCallPart>(&part))
      calls.push_back(json::object{
          {"id", call->id},
          {"type", "function"},
          {"function", {{"name", call->name}, {"arguments", call->arguments}}}});
  auto const text = text_of(message);
  json::object out{{"role", "assistant"}, {"content", text}};
  if (!calls.empty() && text.empty()) out["content"] = nullptr;
  if (!calls.empty()) out["tool_calls"] = std::move(calls);
  return out;
}

/// Tool results first: they answer the turn before.
void add_user_turn(Message const& message, json::array& out) {
  json::array parts;
  for (auto const& part : message.parts) {
    if (auto const* result = std::get_if<ToolResultPart>(&part))
      out.push_back(json::object{
          {"role", "tool"}, {"tool_call_id", result->call_id}, {"content", result->content}});
    else
      parts.push_back(user_part(part));
  }
  if (has_only_text(message))
    out.push_back(json::object{{"role", "user"}, {"content", text_of(message)}});
  else if (!parts.empty())
    out.push_back(json::object{{"role", "user"}, {"content", std::move(parts)}});
}

struct CodeRule {
  std::string_view code;  // of `code` or `type`
  Verdict verdict;
};
// What OpenAI, Azure, Groq, llama.cpp and vLLM say, as far as it says more than the status.
constexpr std::array code_rules{
    CodeRule{"insufficient_quota", Verdict::quota_exhausted},
    CodeRule{"credit_balance_exhausted", Verdict::quota_exhausted},
    CodeRule{"organization_spend_limit_exceeded", Verdict::quota_exhausted},
    CodeRule{"project_spend_limit_exceeded", Verdict::quota_exhausted},
    CodeRule{"organization_usage_limit_exceeded", Verdict::quota_exhausted},
    CodeRule{"billing_hard_limit_reached", Verdict::quota_exhausted},
    CodeRule{"billing_not_active", Verdict::quota_exhausted},
    CodeRule{"context_length_exceeded", Verdict::context_length},
    CodeRule{"exceed_context_size_error", Verdict::context_length},
    CodeRule{"rate_limit_exceeded", Verdict::rate_limited},
    CodeRule{"slow_down", Verdict::rate_limited},
    CodeRule{"server_is_overloaded", Verdict::overloaded},
    CodeRule{"service_unavailable_error", Verdict::overloaded},
    CodeRule{"overloaded_error", Verdict::overloaded},
    CodeRule{"invalid_api_key", Verdict::auth},
    CodeRule{"authentication_error", Verdict::auth},
    CodeRule{"permission_error", Verdict::auth},
    CodeRule{"model_not_found", Verdict::not_found},
    CodeRule{"DeploymentNotFound", Verdict::not_found},
    CodeRule{"not_found_error", Verdict::not_found},
    CodeRule{"content_filter", Verdict::content_filtered},
    CodeRule{"content_policy_violation", Verdict::content_filtered},
    CodeRule{"bio_policy", Verdict::content_filtered},
    CodeRule{"invalid_prompt", Verdict::content_filtered},
    CodeRule{"json_validate_failed", Verdict::invalid_output},
    CodeRule{"tool_use_failed", Verdict::invalid_output},
    CodeRule{"server_error", Verdict::server_error},
    CodeRule{"vector_store_timeout", Verdict::server_error},
    CodeRule{"data_residency_mismatch", Verdict::invalid_request},
    CodeRule{"empty_image_file", Verdict::invalid_request},
    CodeRule{"failed_to_download_image", Verdict::invalid_request},
};

/// These are said of an account or a key; permission_error is about what was asked for.
bool is_of_account(CodeRule const& rule) {
  return rule.verdict == Verdict::quota_exhausted ||
         (rule.verdict == Verdict::auth && rule.code != "permission_error");
}

std::optional<Verdict> by_code(std::string_view code, ProviderFailure& failure) {
  for (auto const& rule : code_rules)
    if (rule.code == code) {
      if (is_of_account(rule)) failure.is_account_wide = true;
      return rule.verdict;
    }
  if (code.starts_with("invalid_image") || code.starts_with("image_"))
    return Verdict::invalid_request;
  return std::nullopt;
}

bool is_filtered(ProviderFailure const& failure) {
  auto const* inner = object_at(failure.error, "innererror");
  if (inner != nullptr && text_at(*inner, "code") == "ResponsibleAIPolicyViolation") return true;
  // OpenRouter: what its moderation minded.
  auto const* metadata = object_at(failure.error, "metadata");
  return failure.status == 403 && metadata != nullptr && array_at(*metadata, "reasons") != nullptr;
}

}  // namespace

HttpHeaders openai_headers(ProviderSettings const& provider, ChatRequest const& chat) {
  HttpHeaders out;
  if (!provider.api_key.empty()) out.push_back({"Authorization", "Bearer " + provider.api_key});
  if (!provider.organization.empty()) out.push_back({"OpenAI-Organization", provider.organization});
  if (!provider.project.empty()) out.push_back({"OpenAI-Project", provider.project});
  if (!chat.idempotency_key.empty()) out.push_back({"Idempotency-Key", chat.idempotency_key});
  return out;
}

json::array openai_messages(ChatRequest const& chat, std::string_view system_role) {
  json::array out;
  for (auto const& message : chat.messages) {
    if (message.role == Role::system)
      out.push_back(json::object{{"role", system_role}, {"content", text_of(message)}});
    else if (message.role == Role::assistant)
      out.push_back(assistant_turn(message));
    else
      add_user_turn(message, out);
  }
  return out;
}

json::array openai_tools(ChatRequest const& chat) {
  json::array out;
  for (auto const& tool : chat.tools) {
    json::object function{{"name", tool.name}};
    if (!tool.description.empty()) function["description"] = tool.description;
    if (!tool.parameters.empty()) function["parameters"] = tool.parameters;
    out.push_back(json::object{{"type", "function"}, {"function", std::move(function)}});
  }
  return out;
}

json::value openai_tool_choice(ChatRequest const& chat) {
  auto const& choice = chat.tool_choice;
  if (choice == "auto" || choice == "none" || choice == "required") return json::string(choice);
  return json::object{{"type", "function"}, {"function", {{"name", choice}}}};
}

std::optional<Verdict> openai_verdict(ProviderFailure& failure) {
  if (is_filtered(failure)) return Verdict::content_filtered;
  auto verdict = by_code(failure.code, failure);
  if (!verdict) verdict = by_code(failure.type, failure);
  // One request that alone is past the tokens per minute: waiting does not make it smaller.
  bool const is_limit = verdict == Verdict::rate_limited || failure.status == 429;
  if (is_limit && failure.message.starts_with("Request too large")) return Verdict::context_length;
  return verdict;
}

}  // namespace ropewalk::ai
