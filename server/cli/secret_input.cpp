#include "server/cli/secret_input.hpp"

#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string_view>
#include <system_error>

namespace ropewalk::cli {
namespace {

constexpr std::size_t value_bytes_max = 64 * 1024;

/// What is typed is not shown, until this ends.
class HiddenTyping {
 public:
  HiddenTyping() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    auto hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    is_hidden_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) == 0;
  }
  HiddenTyping(HiddenTyping const&) = delete;
  ~HiddenTyping() {
    if (is_hidden_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  bool is_hidden() const { return is_hidden_; }

 private:
  struct termios before_ {};
  bool is_hidden_ = false;
};

void say(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

/// To the end, or of one line.
Result<std::string> read_input(bool is_line) {
  std::string out;
  char piece[4096];
  while (out.size() <= value_bytes_max + 2) {
    auto const n = ::read(STDIN_FILENO, piece, sizeof(piece));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      return Error{
          ErrorClass::permanent,
          "unreadable",
          "standard input cannot be read: " + std::generic_category().message(errno)};
    if (n == 0) break;
    out.append(piece, static_cast<std::size_t>(n));
    if (is_line && out.ends_with('\n')) break;
  }
  if (out.ends_with('\n')) out.pop_back();
  if (out.ends_with('\r')) out.pop_back();
  return out;
}

}  // namespace

Result<std::string> read_secret_value(std::string const& name) {
  bool const is_terminal = ::isatty(STDIN_FILENO) == 1;
  Result<std::string> value{std::string()};
  if (is_terminal) {
    HiddenTyping const typing;
    if (!typing.is_hidden())
      return Error{
          ErrorClass::permanent,
          "unreadable",
          "this terminal would show what is typed",
          "give the value on standard input: ropewalk secret set " + name + " < FILE"};
    say("value of " + name + " (not shown): ");
    value = read_input(true);
    say("\n");
  } else {
    value = read_input(false);
  }
  if (!value) return value;
  if (value->empty() || value->size() > value_bytes_max)
    return Error{
        ErrorClass::permanent,
        "invalid_secret",
        value->empty() ? "the value is empty" : "the value is larger than 64 KiB",
        "give it on standard input: ropewalk secret set " + name + " < FILE"};
  return value;
}

}  // namespace ropewalk::cli
