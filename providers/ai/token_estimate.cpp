#include "providers/ai/token_estimate.hpp"

#include "engine/base/json.hpp"

#include <algorithm>
#include <cmath>

namespace ropewalk::ai {
namespace {

using Prices = std::array<double, text_traits>;

/// Fitted to counts of o200k (least squares of the relative error).
constexpr Prices openai_prices{
    0.92,   // words
    0.47,   // long_letters
    0.49,   // accents
    1.10,   // digit_groups
    0.0,    // digits
    0.70,   // sign_runs
    0.145,  // signs
    1.05,   // line_breaks
    0.065,  // indents
    0.78,   // han
    0.70,   // kana
    0.77,   // hangul
    0.32,   // letters
    0.41,   // other_letters
    1.13};  // symbols

/// What is publicly said of the others: Claude makes more tokens of everything, Gemini one of each
/// digit, the open models know fewer words of other scripts.
constexpr Prices claude_prices{
    1.05, 0.50, 0.60, 0.90, 0.15, 0.75, 0.25, 1.05, 0.20, 1.10, 1.00, 1.20, 0.55, 0.90, 1.60};
constexpr Prices gemini_prices{
    0.95, 0.40, 0.50, 0.0, 1.0, 0.75, 0.20, 1.0, 0.30, 0.70, 0.70, 0.80, 0.38, 0.55, 1.20};
constexpr Prices other_prices{
    1.0, 0.48, 0.60, 1.10, 0.0, 0.72, 0.18, 1.05, 0.15, 1.0, 1.0, 1.10, 0.50, 0.95, 1.60};

Prices const& prices_of(TokenFamily family) {
  switch (family) {
    case TokenFamily::openai:
      return openai_prices;
    case TokenFamily::claude:
      return claude_prices;
    case TokenFamily::gemini:
      return gemini_prices;
    case TokenFamily::other:
      break;
  }
  return other_prices;
}

constexpr std::int64_t message_overhead = 4;  // role and delimiters
constexpr std::int64_t call_overhead = 8;     // of a tool call or result

std::int64_t part_tokens(TokenFamily family, Part const& part) {
  if (auto const* text = std::get_if<TextPart>(&part)) return estimate_tokens(family, text->text);
  if (std::holds_alternative<ImagePart>(part)) return image_tokens(family);
  if (auto const* call = std::get_if<ToolCallPart>(&part))
    return call_overhead + estimate_tokens(family, call->name) +
           estimate_tokens(family, call->arguments);
  if (auto const* result = std::get_if<ToolResultPart>(&part))
    return call_overhead + estimate_tokens(family, result->content);
  // Signed or encrypted: about a token for four bytes.
  constexpr std::size_t opaque_bytes_max = 16 * 1024 * 1024;
  auto const& opaque = std::get<OpaquePart>(part);
  return static_cast<std::int64_t>(text_size(opaque.content, opaque_bytes_max) / 4);
}

}  // namespace

TokenFamily token_family(std::string_view model) {
  std::size_t const slash = model.rfind('/');
  if (slash != std::string_view::npos) model.remove_prefix(slash + 1);
  // The open models of OpenAI have its tokenizer too.
  constexpr std::array<std::string_view, 6> openai{"gpt-", "chatgpt", "o1", "o3", "o4", "codex"};
  auto const begins = [&](std::string_view name) { return model.starts_with(name); };
  if (std::ranges::any_of(openai, begins)) return TokenFamily::openai;
  if (model.find("claude") != std::string_view::npos) return TokenFamily::claude;
  if (begins("gemini") || begins("gemma")) return TokenFamily::gemini;
  return TokenFamily::other;
}

std::int64_t image_tokens(TokenFamily family) {
  switch (family) {
    case TokenFamily::openai:
      return 765;  // 1024 x 1024 in tiles
    case TokenFamily::claude:
      return 1600;  // the largest that is not scaled down
    case TokenFamily::gemini:
      return 1032;  // four tiles of 258
    case TokenFamily::other:
      break;
  }
  return 1024;
}

std::int64_t estimate_tokens(TokenFamily family, std::string_view text) {
  if (text.empty()) return 0;
  TextShape const shape = shape_of(text);
  Prices const& prices = prices_of(family);
  double tokens = 0;
  for (std::size_t i = 0; i < text_traits; ++i) tokens += prices[i] * static_cast<double>(shape[i]);
  return std::max<std::int64_t>(1, std::llround(std::ceil(tokens)));
}

std::int64_t estimate_tokens(TokenFamily family, Message const& message) {
  std::int64_t tokens = message_overhead;
  for (Part const& part : message.parts) tokens += part_tokens(family, part);
  return tokens;
}

std::int64_t estimate_tokens(TokenFamily family, std::span<Message const> messages) {
  std::int64_t tokens = 0;
  for (Message const& message : messages) tokens += estimate_tokens(family, message);
  return tokens;
}

std::int64_t estimate_tokens(TokenFamily family, std::span<ToolSpec const> tools) {
  std::int64_t tokens = 0;
  for (ToolSpec const& tool : tools)
    tokens += call_overhead + estimate_tokens(family, tool.name) +
              estimate_tokens(family, tool.description) +
              estimate_tokens(family, to_text(json::value(tool.parameters)));
  return tokens;
}

double TokenCorrection::factor(std::string const& model) const {
  auto const found = factors_.find(model);
  return found == factors_.end() ? 1.0 : found->second;
}

void TokenCorrection::learn(
    std::string const& model, std::int64_t estimated, std::int64_t counted
) {
  constexpr std::int64_t tokens_min = 20;  // below, the overhead of messages is all there is
  constexpr double weight = 0.2;           // of the newest call
  constexpr double absurd = 10;            // a lying or missing count
  if (estimated < tokens_min || counted < 1) return;
  double const ratio = static_cast<double>(counted) / static_cast<double>(estimated);
  if (ratio > absurd || ratio < 1 / absurd) return;
  double const bounded = std::clamp(ratio, 0.5, 2.0);
  auto const found = factors_.find(model);
  if (found != factors_.end()) {
    found->second += weight * (bounded - found->second);
  } else if (factors_.size() < models_max) {
    factors_.emplace(model, bounded);
  }
}

std::int64_t TokenCorrection::corrected(std::string const& model, std::int64_t estimated) const {
  return std::llround(std::ceil(static_cast<double>(estimated) * factor(model)));
}

}  // namespace ropewalk::ai
