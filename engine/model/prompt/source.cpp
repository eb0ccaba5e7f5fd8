#include "engine/model/prompt/source.hpp"

#include "engine/base/text.hpp"

namespace ropewalk::prompt {

Error error_at(
    Source const& source,
    std::size_t offset,
    std::string code,
    std::string message,
    std::string hint
) {
  TextPlace const place = place_of(source.text, std::min(offset, source.text.size()));
  std::string where = source.file.empty() ? std::string() : source.file + ":";
  where += std::to_string(place.line) + ":" + std::to_string(place.column) + ": ";
  Error error{ErrorClass::permanent, std::move(code), where + message, std::move(hint)};
  error.detail =
      json::object{{"file", source.file}, {"line", place.line}, {"column", place.column}};
  return error;
}

std::string did_you_mean(std::string_view word, std::span<std::string_view const> candidates) {
  std::string_view const best = closest_match(word, candidates);
  return best.empty() ? std::string() : "did you mean \"" + std::string(best) + "\"?";
}

}  // namespace ropewalk::prompt
