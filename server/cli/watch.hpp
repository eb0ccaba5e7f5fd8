#pragma once
// Shows an execution as it goes on, in one of three ways: live on a terminal, as plain lines, or as
// JSON lines. Feeding it events is the caller's business.

#include "server/cli/console.hpp"
#include "server/cli/live_screen.hpp"
#include "server/cli/run_view.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace ropewalk::cli {

enum class WatchStyle : unsigned char { live, plain, json };

class Watch {
 public:
  Watch(Console& console, WatchStyle style, std::vector<std::string> const& task_ids);

  void add(boost::json::object const& event);
  /// Draws again if it is time to; call it about ten times a second.
  void tick();
  /// A line among the progress.
  void say(std::string_view text);
  /// Leaves the terminal as a program should.
  void finish();

  RunView const& view() const { return view_; }
  bool has_ended() const { return is_terminal(view_.status()); }

 private:
  Console& console_;
  WatchStyle style_;
  RunView view_;
  LiveScreen screen_;
  std::chrono::steady_clock::time_point drawn_at_{};
};

/// Now, as events are stamped.
Instant wall_now();

}  // namespace ropewalk::cli
