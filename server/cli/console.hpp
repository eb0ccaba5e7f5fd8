#pragma once
// Where a command writes to, and what it can show there.

#include "engine/base/error.hpp"
#include "server/cli/live_screen.hpp"
#include "server/cli/terminal_text.hpp"

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::cli {

class Console {
 public:
  explicit Console(std::FILE* file);

  bool is_terminal() const { return is_terminal_; }
  Style style() const { return style_; }
  /// As it is now: a window may be resized.
  ScreenSize size() const;
  /// Columns for tables: 0 where output is no terminal.
  std::size_t table_width() const { return is_terminal_ ? size().columns : 0; }

  void write(std::string_view text);
  void line(std::string_view text);
  void lines(std::vector<std::string> const& all);

 private:
  std::FILE* file_;
  bool is_terminal_;
  Style style_;
};

/// "ropewalk: MESSAGE (mend: HINT)": what a command that fails says, on one line.
std::string error_line(Error const& error);

/// 2 for what the user can mend in the command or the file, 4 for what is wrong with the server.
int exit_status_of(Error const& error);

}  // namespace ropewalk::cli
