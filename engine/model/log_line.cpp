#include "engine/model/log_line.hpp"

#include <array>

namespace ropewalk {
namespace {

constexpr std::array<std::string_view, 4> level_names{"debug", "info", "warn", "error"};

}  // namespace

std::string_view to_string(LogLevel level) {
  return level_names[static_cast<std::size_t>(level)];
}

std::optional<LogLevel> parse_log_level(std::string_view text) {
  for (std::size_t i = 0; i < level_names.size(); ++i)
    if (level_names[i] == text) return static_cast<LogLevel>(i);
  return std::nullopt;
}

}  // namespace ropewalk
