#pragma once
// Finding in the end of stderr what a script died of.
//
// Pure, and never sure: it reads what interpreters usually print and falls back to the last line.

#include "providers/process/languages.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ropewalk {

struct ScriptError {
  std::string type{};      // "ValueError"; empty when the language has no such thing
  std::string message{};   // one line; empty when nothing was printed
  std::uint32_t line = 0;  // of the script; 0 when not known
  std::string code{};  // "syntax_error" or "module_not_found": trying again cannot help; else empty
};

/// `stderr_lines`: the last lines, oldest first. `script` is the path the interpreter was given;
/// may be empty.
ScriptError find_script_error(
    ErrorStyle style, std::span<std::string const> stderr_lines, std::string_view script
);

/// "ValueError: bad row (line 12)"; empty when nothing is known.
std::string to_text(ScriptError const& error);

}  // namespace ropewalk
