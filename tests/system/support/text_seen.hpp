#pragma once
// The text of a task as a watcher puts it together from frames, and what is wrong with them.

#include "tests/system/support/socket.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace ropewalk::system_test {

/// A frame out of turn, a gap or a doubled piece is a failure of the test.
class TextSeen {
 public:
  /// A frame `token`, `superseded` or `end`. Other channels than the answer's are not looked at.
  void take(json::object const& frame);
  /// The connection is a new one: it may begin with the text so far.
  void reconnected() { may_begin_anew_ = true; }

  std::string const& text() const { return text_; }
  std::uint64_t attempt() const { return attempt_; }
  bool has_ended() const { return !end_.empty(); }
  json::object const& end() const { return end_; }
  /// How often a part of the answer had come.
  int pieces_count() const { return pieces_count_; }
  /// How often what was shown had to be dropped.
  int superseded_count() const { return superseded_count_; }

 private:
  void take_token(json::object const& frame);
  void take_superseded(json::object const& frame);
  void take_end(json::object const& frame);

  std::string text_;
  std::uint64_t length_ = 0;   // in code points
  std::uint64_t attempt_ = 0;  // 0: nothing came yet
  json::object end_;
  int pieces_count_ = 0;
  int superseded_count_ = 0;
  bool may_begin_anew_ = true;
};

/// An event of Server-Sent Events.
struct ServerEvent {
  std::string id{};
  std::string name{};
  json::object data{};
};

/// Takes whole events off the beginning of `bytes`; comments are left out.
std::vector<ServerEvent> take_server_events(std::string& bytes);

}  // namespace ropewalk::system_test
