#include "engine/model/status.hpp"

#include <array>

namespace ropewalk {
namespace {

constexpr std::array<std::string_view, 7> words{
    "PENDING", "RUNNING", "RETRYING", "COMPLETED", "FAILED", "SKIPPED", "CANCELLED"};

}  // namespace

std::string_view to_string(Status status) {
  return words[static_cast<std::size_t>(status)];
}

std::optional<Status> parse_status(std::string_view text) {
  for (std::size_t i = 0; i < words.size(); ++i)
    if (words[i] == text) return static_cast<Status>(i);
  return std::nullopt;
}

}  // namespace ropewalk
