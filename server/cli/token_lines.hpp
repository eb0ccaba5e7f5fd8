#pragma once
// The texts of tasks as they come, for files and pipes: "write | It is a …", each task's on lines
// of its own. What was written cannot be taken back; it is said that it does not count.
//
// Pure: frames in, text to write out. Keeps a number or two a task that streams, never its text.

#include <boost/json/object.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace ropewalk::cli {

class TokenLines {
 public:
  /// What to write for a frame `token`, `superseded` or `end` (docs/wire.md). The last line may
  /// stay open, for the next piece of the same text. A text that is sent again, after a connection
  /// was lost, is not written again.
  std::string add(boost::json::object const& frame);
  /// Ends the line that is open; to be written before anything else is.
  std::string close();

  /// The task has completed: the end of its text is still to come.
  void expect(std::string_view task);
  /// Texts whose end has not come.
  std::size_t open_count() const { return open_count_; }

 private:
  struct Progress {
    std::uint64_t attempt = 0;
    std::uint64_t points = 0;  // code points of the attempt's answer that were written
    bool is_open = false;
    bool has_ended = false;
  };

  Progress& at(std::string_view task);
  void open(Progress& progress);
  void end(Progress& progress);
  std::string add_token(std::string_view task, boost::json::object const& frame);
  std::string add_superseded(std::string_view task, boost::json::object const& frame);
  std::string write(std::string_view task, std::string_view text);

  std::map<std::string, Progress, std::less<>> texts_;
  std::string open_line_;  // the task whose line is open
  std::size_t open_count_ = 0;
};

}  // namespace ropewalk::cli
