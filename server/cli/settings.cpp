#include "server/cli/settings.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>

namespace ropewalk::cli {
namespace {

constexpr char const* config_file_default = "ropewalk.yaml";
constexpr std::size_t file_bytes_max = std::size_t{1} << 29U;  // no document of ours is larger

std::map<std::string, std::string> environment() {
  std::map<std::string, std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string_view const text(*entry);
    auto const equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    out.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

Error invalid_config(std::vector<Problem> const& problems, std::string const& file) {
  Error out;
  out.code = "invalid_config";
  for (auto const& problem : problems)
    out.message += (out.message.empty() ? "" : "; ") + to_line(problem, file);
  return out;
}

}  // namespace

Result<std::string> read_file(std::string const& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text;
  std::array<char, 64 * 1024> part{};
  while (file && text.size() <= file_bytes_max) {
    file.read(part.data(), part.size());  // of a directory, too, this fails only here
    text.append(part.data(), static_cast<std::size_t>(file.gcount()));
  }
  Error error;
  if (text.size() > file_bytes_max) {
    error.code = "too_large";
    error.message = path + " is larger than " + std::to_string(file_bytes_max) + " bytes";
    error.hint = "check the path";
    return error;
  }
  if (file.eof()) return text;
  error.code = errno == ENOENT ? "not_found" : "unreadable";
  error.message = "cannot read " + path + ": " + std::generic_category().message(errno);
  error.hint = "check the path, and that you may read it";
  return error;
}

Result<server::LoadedConfig> load_settings(Arguments const& arguments) {
  server::ConfigSources sources;
  sources.environment = environment();
  sources.flags = arguments.config_flags;
  if (!arguments.data.empty()) sources.flags["data"] = arguments.data;
  bool const is_named = !arguments.config_file.empty();
  std::string const file = is_named ? arguments.config_file : config_file_default;
  auto text = read_file(file);
  if (text) {
    sources.file = file;
    sources.file_text = std::move(*text);
  } else if (is_named || text.error().code != "not_found") {
    return text.error();
  }
  auto loaded = server::load_config(sources);
  if (!loaded.problems.empty()) return invalid_config(loaded.problems, sources.file);
  return loaded;
}

}  // namespace ropewalk::cli
