#include "providers/ai/dialects/dialect_list.hpp"

#include <array>

namespace ropewalk::ai {
namespace {

std::array<Dialect const*, 6> const& all_dialects() {
  static std::array<Dialect const*, 6> const all{
      &anthropic_dialect(),
      &azure_dialect(),
      &gemini_dialect(),
      &ollama_dialect(),
      &openai_dialect(),
      &openai_responses_dialect()};
  return all;
}

}  // namespace

Dialect const* find_dialect(std::string_view type) {
  for (auto const* dialect : all_dialects())
    if (dialect->type() == type) return dialect;
  return nullptr;
}

std::vector<std::string_view> dialect_types() {
  std::vector<std::string_view> out;
  for (auto const* dialect : all_dialects()) out.push_back(dialect->type());
  return out;
}

}  // namespace ropewalk::ai
