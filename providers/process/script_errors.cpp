#include "providers/process/script_errors.hpp"

#include "engine/base/text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace ropewalk {
namespace {

constexpr std::size_t message_bytes_max = 400;
using Lines = std::span<std::string const>;

/// What the text of an error says about its kind, for a language.
struct KnownError {
  ErrorStyle style;
  std::string_view text;  // somewhere in the line of the error
  std::string_view code;
};

constexpr std::array known_errors{
    KnownError{ErrorStyle::python, "SyntaxError: ", "syntax_error"},
    KnownError{ErrorStyle::python, "IndentationError: ", "syntax_error"},
    KnownError{ErrorStyle::python, "TabError: ", "syntax_error"},
    KnownError{ErrorStyle::python, "ModuleNotFoundError: ", "module_not_found"},
    KnownError{ErrorStyle::python, "ImportError: ", "module_not_found"},
    KnownError{ErrorStyle::python, "can't open file ", "script_not_found"},
    KnownError{ErrorStyle::javascript, "SyntaxError: ", "syntax_error"},
    KnownError{ErrorStyle::javascript, "Cannot find module ", "module_not_found"},
    KnownError{ErrorStyle::javascript, "Cannot find package ", "module_not_found"},
    KnownError{ErrorStyle::shell, "syntax error", "syntax_error"},
    KnownError{ErrorStyle::shell, "Syntax error", "syntax_error"},
    KnownError{ErrorStyle::shell, "unexpected EOF while looking for", "syntax_error"},
    KnownError{ErrorStyle::perl, "syntax error at ", "syntax_error"},
    KnownError{ErrorStyle::perl, "had compilation errors", "syntax_error"},
    KnownError{ErrorStyle::perl, "aborted due to compilation errors", "syntax_error"},
    KnownError{ErrorStyle::perl, "Can't locate ", "module_not_found"},
    KnownError{ErrorStyle::ruby, "(SyntaxError)", "syntax_error"},
    KnownError{ErrorStyle::ruby, "(LoadError)", "module_not_found"},
    KnownError{ErrorStyle::php, "PHP Parse error", "syntax_error"},
    KnownError{ErrorStyle::php, "Failed opening required", "module_not_found"},
};

std::string_view known_code(ErrorStyle style, std::string_view line) {
  for (auto const& known : known_errors)
    if (known.style == style && line.find(known.text) != line.npos) return known.code;
  return {};
}

std::uint32_t number_at(std::string_view text) {
  std::uint32_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// The number that follows `before` in `line`; 0 when it is not there.
std::uint32_t number_after(std::string_view line, std::string_view before) {
  auto const at = line.find(before);
  return at == line.npos ? 0 : number_at(line.substr(at + before.size()));
}

/// "json.decoder.JSONDecodeError: Expecting value" → the length of the name before ": "; 0 when it
/// is no exception.
std::size_t exception_name_size(std::string_view line) {
  std::size_t size = 0;
  while (size < line.size() && (std::isalnum(static_cast<unsigned char>(line[size])) != 0 ||
                                line[size] == '_' || line[size] == '.'))
    ++size;
  if (size == 0 || std::isdigit(static_cast<unsigned char>(line[0])) != 0) return 0;
  auto const rest = line.substr(size);
  return rest.empty() || rest.starts_with(": ") || rest.starts_with(" [") ? size : 0;
}

ScriptError read_python(Lines lines, std::string_view script) {
  ScriptError out;
  std::string const place = "File \"" + std::string(script) + "\", line ";
  std::size_t header = lines.size();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (auto const line = script.empty() ? 0 : number_after(lines[i], place)) out.line = line;
    if (lines[i].starts_with("  File \"")) header = i;
  }
  for (std::size_t i = header; i < lines.size(); ++i) {
    std::string_view const line = lines[i];
    auto const size = exception_name_size(line);
    if (size == 0) continue;
    out.type = line.substr(0, size);
    out.message = line.size() > size + 2 ? line.substr(size + 2) : std::string_view{};
    out.code = known_code(ErrorStyle::python, line);
    return out;
  }
  return out;
}

ScriptError read_javascript(Lines lines, std::string_view script) {
  ScriptError out;
  for (auto const& text : lines) {
    std::string_view line = text;
    if (out.line == 0 && !script.empty()) out.line = number_after(line, std::string(script) + ":");
    if (line.starts_with("Uncaught ")) line.remove_prefix(9);
    auto const size = exception_name_size(line);
    if (size < 5 || !out.message.empty() || line.substr(0, size).find("Error") == line.npos)
      continue;
    auto const colon = line.find(": ");
    out.type = line.substr(0, size);
    out.message = colon == line.npos ? std::string_view{} : line.substr(colon + 2);
    out.code = known_code(ErrorStyle::javascript, line);
  }
  return out;
}

/// Languages that say it in one line, with its number after one of these.
ScriptError read_lines(ErrorStyle style, Lines lines) {
  ScriptError out;
  for (auto const& line : lines) {
    auto const code = known_code(style, line);
    if (code.empty() || !out.code.empty()) continue;
    out.code = code;
    out.message = line;
  }
  if (out.message.empty() && !lines.empty()) {
    // Ruby says first what it died of, and then by which way it got there.
    bool const first = style == ErrorStyle::ruby;
    out.message = first ? lines.front() : lines.back();
  }
  constexpr std::array<std::string_view, 3> places{": line ", " line ", ": "};
  for (auto const place : places)
    if (out.line == 0 && style == ErrorStyle::shell) out.line = number_after(out.message, place);
  if (style == ErrorStyle::perl || style == ErrorStyle::php)
    out.line = number_after(out.message, " line ");
  return out;
}

}  // namespace

ScriptError find_script_error(ErrorStyle style, Lines stderr_lines, std::string_view script) {
  ScriptError out;
  if (style == ErrorStyle::python) out = read_python(stderr_lines, script);
  if (style == ErrorStyle::javascript) out = read_javascript(stderr_lines, script);
  if (out.type.empty()) {
    auto const line = out.line;
    out = read_lines(style, stderr_lines);
    if (out.line == 0) out.line = line;
  }
  out.message = shorten(out.message, message_bytes_max);
  return out;
}

std::string to_text(ScriptError const& error) {
  std::string out = error.type;
  if (!error.message.empty()) out += (out.empty() ? "" : ": ") + error.message;
  std::string const place = "line " + std::to_string(error.line);
  if (error.line != 0 && out.find(place) == std::string::npos && !out.empty())
    out += " (" + place + ")";
  return out;
}

}  // namespace ropewalk
