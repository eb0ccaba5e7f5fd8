#pragma once
// What Chat Completions, Responses and the servers that speak like them have in common.
//
// Pure.

#include "providers/ai/dialects/failure.hpp"
#include "providers/ai/dialects/request_parts.hpp"

namespace ropewalk::ai {

/// Bearer key, organization, project, idempotency key.
HttpHeaders openai_headers(ProviderSettings const& provider, ChatRequest const& chat);
/// {"role":"user","content":…} and so on; one turn may become several messages (each tool result
/// has its own).
json::array openai_messages(ChatRequest const& chat, std::string_view system_role);
json::array openai_tools(ChatRequest const& chat);
/// "auto", "none", "required", or the function object. REQUIRES: chat.tool_choice is not empty.
json::value openai_tool_choice(ChatRequest const& chat);
std::optional<Verdict> openai_verdict(ProviderFailure& failure);

}  // namespace ropewalk::ai
