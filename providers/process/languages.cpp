#include "providers/process/languages.hpp"

namespace ropewalk {
namespace {

using enum ErrorStyle;

constexpr std::array languages{
    Language{
        "python",
        {"python3", "py"},
        {"python3", "python"},
        {},
        ".py",
        "",
        "apt-get install python3",
        python},
    Language{
        "node",
        {"javascript", "js"},
        {"node", "nodejs"},
        {},
        ".js",
        ".mjs",
        "apt-get install nodejs",
        javascript},
    Language{"bash", {}, {"bash"}, {}, ".sh", "", "apt-get install bash", shell},
    Language{"sh", {"shell"}, {"sh", "dash"}, {}, ".sh", "", "apt-get install dash", shell},
    Language{"perl", {}, {"perl"}, {}, ".pl", "", "apt-get install perl", perl},
    Language{"ruby", {"rb"}, {"ruby"}, {}, ".rb", "", "apt-get install ruby", ruby},
    Language{"php", {}, {"php"}, {}, ".php", "", "apt-get install php-cli", php},
    Language{
        "lua", {}, {"lua", "lua5.4", "luajit"}, {}, ".lua", "", "apt-get install lua5.4", plain},
    Language{
        "r",
        {"R", "Rscript"},
        {"Rscript"},
        {"--vanilla"},
        ".R",
        "",
        "apt-get install r-base-core",
        plain},
    Language{
        "deno",
        {},
        {"deno"},
        {"run", "--allow-all"},
        ".ts",
        "",
        "see https://docs.deno.com/runtime/getting_started/installation",
        javascript},
    Language{
        "bun", {}, {"bun"}, {"run"}, ".ts", "", "see https://bun.sh/docs/installation", javascript},
    Language{"go", {"golang"}, {"go"}, {"run"}, ".go", "", "apt-get install golang-go", plain},
};

std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

/// "python3.11" → "python3": what follows the first dot is a version.
Language const* find_by_program(std::string_view program) {
  std::string_view name = file_name(program);
  for (auto const& language : languages)
    for (auto const candidate : language.programs)
      if (!candidate.empty() && (candidate == name || candidate == name.substr(0, name.find('.'))))
        return &language;
  return nullptr;
}

}  // namespace

std::span<Language const> all_languages() {
  return languages;
}

Language const* find_language(std::string_view name) {
  if (name.empty()) return nullptr;
  for (auto const& language : languages) {
    if (language.name == name) return &language;
    for (auto const alias : language.aliases)
      if (alias == name) return &language;
  }
  return nullptr;
}

ErrorStyle error_style_of(std::string_view program) {
  auto const* language = find_by_program(program);
  return language != nullptr ? language->error_style : plain;
}

std::string_view install_hint_of(std::string_view program) {
  auto const* language = find_by_program(program);
  return language != nullptr ? language->install_hint : std::string_view{};
}

}  // namespace ropewalk
