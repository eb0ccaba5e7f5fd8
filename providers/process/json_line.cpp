#include "providers/process/json_line.hpp"

#include "engine/base/json.hpp"
#include "engine/base/text.hpp"

#include <array>
#include <cctype>
#include <utility>

namespace ropewalk {
namespace {

struct LevelName {
  std::string_view name;
  LogLevel level;
};

/// What logging libraries write, lower case.
constexpr std::array level_names{
    LevelName{"trace", LogLevel::debug},
    LevelName{"debug", LogLevel::debug},
    LevelName{"info", LogLevel::info},
    LevelName{"notice", LogLevel::info},
    LevelName{"warn", LogLevel::warn},
    LevelName{"warning", LogLevel::warn},
    LevelName{"error", LogLevel::error},
    LevelName{"err", LogLevel::error},
    LevelName{"critical", LogLevel::error},
    LevelName{"fatal", LogLevel::error},
    LevelName{"panic", LogLevel::error},
};

std::optional<LogLevel> level_of(json::value const& value) {
  if (!value.is_string()) return std::nullopt;
  std::string word(value.get_string());
  for (char& c : word) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (auto const& entry : level_names)
    if (entry.name == word) return entry.level;
  return std::nullopt;
}

std::string one_line(std::string_view text) {
  std::string out = repair_utf8(text);
  for (char& c : out)
    if (c == '\n' || c == '\r') c = ' ';
  return out;
}

std::optional<LogLine> read_json_line(std::string_view text) {
  if (text.size() < 2 || text.front() != '{' || text.find_last_of('}') == text.npos)
    return std::nullopt;
  auto parsed = parse_json(text);
  if (!parsed || !parsed->is_object()) return std::nullopt;
  auto& fields = parsed->get_object();
  auto const* level_field = fields.if_contains("level");
  auto const* message = fields.if_contains("message");
  std::string_view const message_name = message != nullptr ? "message" : "msg";
  if (message == nullptr) message = fields.if_contains("msg");
  if (level_field == nullptr || message == nullptr || !message->is_string()) return std::nullopt;
  auto const level = level_of(*level_field);
  if (!level) return std::nullopt;
  LogLine line{*level, one_line(std::string_view(message->get_string())), false};
  fields.erase(message_name);
  for (auto const name : {"level", "ts", "time", "timestamp"}) fields.erase(name);
  if (!fields.empty()) line.text += " " + to_text(*parsed);
  return line;
}

}  // namespace

LogLine make_log_line(std::string text, LogLevel level, bool is_continued) {
  if (!is_continued)
    if (auto line = read_json_line(text)) return std::move(*line);
  return LogLine{level, std::move(text), is_continued};
}

}  // namespace ropewalk
