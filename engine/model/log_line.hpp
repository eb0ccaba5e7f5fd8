#pragma once
// One line of what an attempt says while it runs.

#include <optional>
#include <string>
#include <string_view>

namespace ropewalk {

enum class LogLevel : unsigned char { debug, info, warn, error };
std::string_view to_string(LogLevel level);
std::optional<LogLevel> parse_log_level(std::string_view text);

inline constexpr std::size_t log_line_overhead_bytes = 32;  // what a line costs beside its text

struct LogLine {
  LogLevel level = LogLevel::info;
  std::string text{};         // valid UTF-8, no line end, no NUL
  bool is_continued = false;  // the line was longer than the limit: this part does not end it
};

}  // namespace ropewalk
