#pragma once
// Cuts a stream of bytes into log lines, however the bytes come.
//
// "\n", "\r\n" and "\r\r\n" end a line; so does a lone "\r" (progress bars), which yields no empty
// lines. A line longer than the limit comes in parts, cut between code points. Pure; parts are
// valid UTF-8 without NUL.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ropewalk {

class LineSplitter {
 public:
  struct Line {
    std::string text{};
    bool is_continued = false;  // the line goes on in the next part
    std::size_t bytes = 0;      // raw bytes it was made from, line end not counted
  };

  explicit LineSplitter(std::size_t line_bytes_max) : line_bytes_max_(line_bytes_max) {}

  /// REQUIRES: next() has returned nullopt since the last feed(). `chunk` must live until it does
  /// again.
  void feed(std::string_view chunk) { input_ = chunk; }
  /// The next whole line (or part of a long one); nullopt when the chunk is used up.
  std::optional<Line> next();
  /// At the end of the stream: what stands there without a line end.
  std::optional<Line> finish();

 private:
  Line take(std::size_t bytes, bool is_continued);

  std::size_t line_bytes_max_;
  std::string_view input_{};
  std::string line_{};
  bool after_return_ = false;  // the last byte was "\r"
  bool owes_blank_ = false;    // … and it ended an empty line, which counts only if "\n" follows
  bool is_inside_ = false;     // a part of the current line has been given out
};

}  // namespace ropewalk
