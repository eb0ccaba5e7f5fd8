#include "server/cli/console.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace ropewalk::cli {
namespace {

std::string_view variable(char const* name) {
  auto const* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread
  return value == nullptr ? std::string_view() : std::string_view(value);
}

bool locale_is_utf8() {
  for (auto const* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    auto const value = variable(name);
    if (value.empty()) continue;
    return value.find("UTF-8") != std::string_view::npos ||
           value.find("utf8") != std::string_view::npos;
  }
  return false;
}

}  // namespace

Console::Console(std::FILE* file) : file_(file), is_terminal_(isatty(fileno(file)) == 1) {
  bool const is_dumb = variable("TERM") == "dumb";
  is_terminal_ = is_terminal_ && !is_dumb;
  style_.colour = is_terminal_ && variable("NO_COLOR").empty();
  style_.unicode = locale_is_utf8();
}

ScreenSize Console::size() const {
  ScreenSize out;
  winsize window{};
  if (ioctl(fileno(file_), TIOCGWINSZ, &window) == 0 && window.ws_col > 0 && window.ws_row > 0) {
    out.columns = window.ws_col;
    out.lines = window.ws_row;
  }
  return out;
}

void Console::write(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), file_);
  std::fflush(file_);
}

void Console::line(std::string_view text) {
  write(std::string(text) + "\n");
}

void Console::lines(std::vector<std::string> const& all) {
  std::string text;
  for (auto const& each : all) text += each + "\n";
  write(text);
}

std::string error_line(Error const& error) {
  auto out = "ropewalk: " + strip_control(error.message.empty() ? error.code : error.message);
  if (!error.hint.empty()) out += " (mend: " + strip_control(error.hint) + ")";
  return out;
}

int exit_status_of(Error const& error) {
  constexpr std::array<std::string_view, 16> infrastructure{
      "bad_reply",
      "cluster_failed",
      "cluster_user",
      "data_directory",
      "data_directory_in_use",
      "data_in_use",
      "database_error",
      "database_unreachable",
      "internal",
      "launcher_lost",
      "listen_failed",
      "node_failed",
      "postgres_missing",
      "schema_changed",
      "schema_too_new",
      "stream_closed"};
  bool const is_listed =
      std::find(infrastructure.begin(), infrastructure.end(), error.code) != infrastructure.end();
  return is_listed || error.error_class != ErrorClass::permanent ? 4 : 2;
}

}  // namespace ropewalk::cli
