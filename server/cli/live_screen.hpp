#pragma once
// Live progress on a terminal: ended tasks scroll up once, what runs is drawn again and again
// below.
//
// Pure: view + time + size → text. Whoever owns the terminal writes it.

#include "server/cli/run_view.hpp"
#include "server/cli/terminal_text.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace ropewalk::cli {

struct ScreenSize {
  std::size_t columns = 80;
  std::size_t lines = 24;
};

class LiveScreen {
 public:
  explicit LiveScreen(Style style) : style_(style) {}

  /// What to write now: clears what was drawn last, adds lines for the tasks that have ended since,
  /// draws the rest: a line a task, and below it the end of what it writes. Never more live lines
  /// than the terminal has.
  std::string draw(RunView const& view, Instant now, ScreenSize size);
  /// The same for the last time: nothing is left that would be drawn again.
  std::string finish(RunView const& view, Instant now, ScreenSize size);

 private:
  std::string clear_live();
  std::string ended_lines(RunView const& view, Instant now, ScreenSize size);
  std::vector<std::string> live_lines(RunView const& view, Instant now, ScreenSize size) const;

  Style style_;
  std::size_t live_count_ = 0;      // lines drawn last
  std::size_t scrolled_count_ = 0;  // of view.ended() that have been written
  unsigned tick_ = 0;
};

/// "✓ classify  1.2s  the last line or what went wrong", at most `columns` wide.
std::string task_line(
    TaskView const& task,
    Instant now,
    std::size_t id_width,
    std::size_t columns,
    unsigned tick,
    Style style
);
/// "[=====>    ] 5/10 · 2 running · 1 failed · 12.3s", at most `columns` wide.
std::string bar_line(RunView const& view, Instant now, std::size_t columns, Style style);
/// The column width that ids are padded to: that of the longest, within reason.
std::size_t id_width(RunView const& view);

}  // namespace ropewalk::cli
