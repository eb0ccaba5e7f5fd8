#include "server/cli/text_tail.hpp"

#include "server/cli/terminal_text.hpp"

#include <algorithm>
#include <iterator>

namespace ropewalk::cli {

std::string strip_control_of_lines(std::string_view text) {
  std::string out;
  for (;;) {
    auto const end = text.find('\n');
    out += strip_control(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    out += '\n';
    text.remove_prefix(end + 1);
  }
}

void TextTail::add(std::string_view text) {
  if (text.size() > bytes_max) text.remove_prefix(text.size() - bytes_max);
  text_ += strip_control_of_lines(text);
  if (text_.size() <= 2 * bytes_max) return;
  auto from = text_.size() - bytes_max;
  auto const is_inside = [this](std::size_t at) {
    return (static_cast<unsigned char>(text_[at]) & 0xC0U) == 0x80U;
  };
  while (from < text_.size() && is_inside(from)) ++from;
  text_.erase(0, from);
}

std::vector<std::string> TextTail::lines(std::size_t columns, std::size_t lines_max) const {
  std::vector<std::string> out;  // the last one first
  std::string_view rest = text_;
  while (rest.ends_with('\n')) rest.remove_suffix(1);
  while (!rest.empty() && out.size() < lines_max) {
    auto const end = rest.rfind('\n');
    auto const begin = end == std::string_view::npos ? 0 : end + 1;
    auto pieces = wrap(rest.substr(begin), columns);
    std::move(pieces.rbegin(), pieces.rend(), std::back_inserter(out));
    rest = rest.substr(0, begin == 0 ? 0 : begin - 1);
  }
  if (out.size() > lines_max) out.resize(lines_max);
  std::reverse(out.begin(), out.end());
  return out;
}

}  // namespace ropewalk::cli
