#include "providers/ai/usage_doubt.hpp"

#include "engine/base/json.hpp"

#include <algorithm>
#include <array>

namespace ropewalk::ai {
namespace {

// More than any model takes or gives in one call.
constexpr std::int64_t input_possible = 20'000'000;
constexpr std::int64_t output_possible = 2'000'000;
// Templates, tools and system prompts that the provider adds.
constexpr std::int64_t added_max = 1000;
constexpr std::int64_t factor_max = 10;

struct PartBytes {
  std::size_t operator()(TextPart const& part) const { return part.text.size(); }
  std::size_t operator()(ImagePart const& part) const { return part.data.size() + part.url.size(); }
  std::size_t operator()(ToolCallPart const& part) const {
    return part.name.size() + part.arguments.size();
  }
  std::size_t operator()(ToolResultPart const& part) const {
    return part.name.size() + part.content.size();
  }
  std::size_t operator()(OpaquePart const& part) const { return to_text(part.content).size(); }
};

bool has_image(ChatRequest const& chat) {
  return std::ranges::any_of(chat.messages, [](Message const& message) {
    return std::ranges::any_of(message.parts, [](Part const& part) {
      return std::holds_alternative<ImagePart>(part);
    });
  });
}

/// Fields of the body that make a provider put more before the model than was sent.
bool brings_in_more(json::object const& extra) {
  constexpr std::array<std::string_view, 4> references{
      "previous_response_id", "conversation", "cachedContent", "prompt"};
  return std::ranges::any_of(extra, [&](auto const& field) {
    return field.value().is_structured() ||
           std::ranges::find(references, std::string_view(field.key())) != references.end();
  });
}

std::int64_t bytes_sent(ChatRequest const& chat) {
  std::size_t bytes = 0;
  for (auto const& message : chat.messages)
    for (auto const& part : message.parts) bytes += std::visit(PartBytes{}, part);
  for (auto const& tool : chat.tools)
    bytes +=
        tool.name.size() + tool.description.size() + to_text(json::value(tool.parameters)).size();
  if (chat.schema) bytes += to_text(json::value(*chat.schema)).size();
  return static_cast<std::int64_t>(bytes);
}

std::int64_t bytes_received(ChatAnswer const& answer) {
  std::size_t bytes = answer.text.size() + answer.reasoning.size();
  for (auto const& call : answer.tool_calls) bytes += call.name.size() + call.arguments.size();
  for (auto const& part : answer.opaque) bytes += to_text(part.content).size();
  return static_cast<std::int64_t>(bytes);
}

bool names_thinking(std::string_view text) {
  return text.find("think") != std::string_view::npos ||
         text.find("reason") != std::string_view::npos;
}

bool may_have_thought(ChatRequest const& chat, ChatAnswer const& answer) {
  if (answer.usage.reasoning.value_or(0) > 0 || !answer.opaque.empty()) return true;
  return names_thinking(chat.model) || std::ranges::any_of(chat.extra, [](auto const& field) {
           return names_thinking(field.key());
         });
}

std::string words(std::int64_t count, std::string_view of, std::string_view than) {
  return "the provider counted " + std::to_string(count) + " tokens of " + std::string(of) +
         ", more than " + std::string(than) + " can be: its count is not believed";
}

}  // namespace

std::string usage_doubt(
    ChatRequest const& chat, std::int64_t input, bool may_think, ChatAnswer const& answer
) {
  constexpr std::string_view sent = "what was sent";
  constexpr std::string_view received = "what was received";
  std::int64_t const in = answer.usage.input.value_or(0);
  std::int64_t const out = answer.usage.output.value_or(0);
  if (in > input_possible) return words(in, "input", sent);
  if (out > output_possible) return words(out, "output", received);
  if (in > added_max && !has_image(chat) && !brings_in_more(chat.extra)) {
    bool const is_too_much =
        in > factor_max * std::max<std::int64_t>(input, 0) || in > bytes_sent(chat) + added_max;
    if (is_too_much) return words(in, "input", sent);
  }
  if (out > added_max && !may_think && !may_have_thought(chat, answer) &&
      out > bytes_received(answer) + added_max)
    return words(out, "output", received);
  return {};
}

}  // namespace ropewalk::ai
