#pragma once
// The end of a text that grows, as a terminal may show it.
//
// Holds at most 2 * bytes_max bytes, however long the text is. Pure.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::cli {

class TextTail {
 public:
  static constexpr std::size_t bytes_max = 4 * 1024;

  /// Appends; control characters are left out, line ends are kept.
  void add(std::string_view text);
  void clear() { text_.clear(); }
  bool is_empty() const { return text_.empty(); }

  /// The last `lines_max` lines, each at most `columns` wide: longer ones go on in the next.
  std::vector<std::string> lines(std::size_t columns, std::size_t lines_max) const;

 private:
  std::string text_;
};

/// The same text with its line ends, safe to print.
std::string strip_control_of_lines(std::string_view text);

}  // namespace ropewalk::cli
