#pragma once
// The languages that `type: script` knows by name: data, so that one more is one more row.

#include <array>
#include <span>
#include <string_view>

namespace ropewalk {

/// Whose way of reporting an error the end of stderr is read by.
enum class ErrorStyle : unsigned char { plain, python, javascript, shell, perl, ruby, php };

struct Language {
  std::string_view name;
  std::array<std::string_view, 2> aliases;    // empty: none
  std::array<std::string_view, 3> programs;   // the first that is found on PATH runs it
  std::array<std::string_view, 2> arguments;  // before the script's path
  std::string_view extension;
  std::string_view
      module_extension;  // for a source with `import`/`export` statements; empty: the same
  std::string_view install_hint;
  ErrorStyle error_style;
};

std::span<Language const> all_languages();
/// By name or alias; nullptr when it is not in the table.
Language const* find_language(std::string_view name);
/// How errors of a program are read, by the last part of its path ("python3.11" counts as python3).
ErrorStyle error_style_of(std::string_view program);
/// "apt-get install python3", or empty when the table does not know the program.
std::string_view install_hint_of(std::string_view program);

}  // namespace ropewalk
