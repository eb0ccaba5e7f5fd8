#include "providers/ai/chat.hpp"

#include <array>

namespace ropewalk::ai {
namespace {

constexpr std::array roles{Role::system, Role::user, Role::assistant, Role::tool};

}  // namespace

std::string_view to_string(Role role) {
  switch (role) {
    case Role::system:
      return "system";
    case Role::user:
      return "user";
    case Role::assistant:
      return "assistant";
    case Role::tool:
      return "tool";
  }
  return "";
}

std::optional<Role> parse_role(std::string_view text) {
  for (auto const role : roles)
    if (text == to_string(role)) return role;
  return std::nullopt;
}

std::string_view to_string(FinishReason reason) {
  switch (reason) {
    case FinishReason::stop:
      return "stop";
    case FinishReason::length:
      return "length";
    case FinishReason::tool_calls:
      return "tool_calls";
    case FinishReason::content_filter:
      return "content_filter";
    case FinishReason::context_overflow:
      return "context_overflow";
    case FinishReason::pause:
      return "pause";
    case FinishReason::other:
      return "other";
  }
  return "";
}

Message text_message(Role role, std::string text) {
  Message out;
  out.role = role;
  out.parts.emplace_back(TextPart{std::move(text)});
  return out;
}

std::string text_of(Message const& message) {
  std::string out;
  for (auto const& part : message.parts)
    if (auto const* text = std::get_if<TextPart>(&part))
      out.append(out.empty() ? "" : "\n\n").append(text->text);
  return out;
}

}  // namespace ropewalk::ai
