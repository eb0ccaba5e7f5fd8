#include "providers/process/line_splitter.hpp"

#include "engine/base/text.hpp"

#include <algorithm>

namespace ropewalk {

LineSplitter::Line LineSplitter::take(std::size_t bytes, bool is_continued) {
  Line out{repair_utf8(std::string_view(line_).substr(0, bytes)), is_continued, bytes};
  line_.erase(0, bytes);
  is_inside_ = is_continued;
  return out;
}

std::optional<LineSplitter::Line> LineSplitter::next() {
  while (!input_.empty()) {
    char const c = input_.front();
    if (c == '\n') {
      input_.remove_prefix(1);
      bool const is_over = after_return_ && !owes_blank_;  // "\r" gave it out already
      after_return_ = owes_blank_ = false;
      if (is_over) continue;
      return take(line_.size(), false);
    }
    if (c == '\r') {
      input_.remove_prefix(1);
      bool const is_empty = line_.empty() && !is_inside_;
      if (is_empty && !after_return_) owes_blank_ = true;
      after_return_ = true;
      if (is_empty) continue;
      owes_blank_ = false;
      return take(line_.size(), false);
    }
    after_return_ = owes_blank_ = false;
    if (line_.size() >= line_bytes_max_) {
      auto const cut = line_bytes_max_ -
                       unfinished_utf8_tail(std::string_view(line_).substr(0, line_bytes_max_));
      return take(cut > 0 ? cut : line_bytes_max_, true);
    }
    auto const text = input_.substr(0, std::min(input_.size(), line_bytes_max_ - line_.size()));
    auto const end = std::min(text.find_first_of("\r\n"), text.size());
    line_.append(text.substr(0, end));
    input_.remove_prefix(end);
  }
  return std::nullopt;
}

std::optional<LineSplitter::Line> LineSplitter::finish() {
  if (line_.empty() && !is_inside_) return std::nullopt;
  return take(line_.size(), false);
}

}  // namespace ropewalk
