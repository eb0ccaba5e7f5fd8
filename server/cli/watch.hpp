#pragma once
// Shows an execution as it goes on, in one of three ways: live on a terminal, as plain lines, or as
// JSON lines. Feeding it events is the caller's business.

#include "server/cli/console.hpp"
#include "server/cli/live_screen.hpp"
#include "server/cli/run_view.hpp"
#include "server/cli/token_lines.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <set>
#include <string>
#include <vector>

namespace ropewalk::cli {

enum class WatchStyle : unsigned char { live, plain, json };

struct WatchedTasks {
  std::vector<std::string> ids{};
  std::set<std::string, std::less<>> writers{};  // of `ids`: those that write texts
};

class Watch {
 public:
  /// `tokens`: plain and JSON lines show texts as they come.
  Watch(Console& console, WatchStyle style, bool tokens, WatchedTasks tasks);

  /// An event, or a frame of a text.
  void add(boost::json::object const& frame);
  /// Draws again if it is time to; call it about ten times a second.
  void tick();
  /// A line among the progress.
  void say(std::string_view text);
  /// Leaves the terminal as a program should.
  void finish();

  RunView const& view() const { return view_; }
  /// The execution has, and no text is still on its way: it may come a little later. A text whose
  /// end does not come is not waited for long.
  bool has_ended() const;
  /// Frames of texts are of use.
  bool wants_tokens() const { return tokens_ || style_ == WatchStyle::live; }

 private:
  void add_event(boost::json::object const& event);
  void add_text(boost::json::object const& frame);

  Console& console_;
  WatchStyle style_;
  bool tokens_;
  std::set<std::string, std::less<>> writers_;
  TokenLines token_lines_;
  std::chrono::steady_clock::time_point heard_at_{};
  RunView view_;
  LiveScreen screen_;
  std::chrono::steady_clock::time_point drawn_at_{};
};

/// Now, as events are stamped.
Instant wall_now();

}  // namespace ropewalk::cli
