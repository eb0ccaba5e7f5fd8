#include "providers/process/output_tail.hpp"

#include "engine/base/text.hpp"

#include <algorithm>

namespace ropewalk {
namespace {

constexpr std::string_view blanks = " \t\r";
constexpr std::size_t shown_line_bytes_max = 1000;

bool is_blank(std::string_view text) {
  return text.find_first_not_of(blanks) == std::string_view::npos;
}

}  // namespace

void OutputTail::feed(std::string_view chunk) {
  total_bytes_ += chunk.size();
  if (chunk.size() > bytes_max_) chunk.remove_prefix(chunk.size() - bytes_max_);
  bytes_.append(chunk);
  if (bytes_.size() > 2 * bytes_max_) bytes_.erase(0, bytes_.size() - bytes_max_);
}

std::string_view OutputTail::bytes() const {
  std::string_view tail = bytes_;
  if (tail.size() > bytes_max_) tail.remove_prefix(tail.size() - bytes_max_);
  return tail;
}

std::vector<std::string> OutputTail::last_lines(std::size_t count) const {
  std::vector<std::string> lines;
  auto rest = bytes();
  while (!rest.empty() && lines.size() < count) {
    auto const begin = rest.find_last_of("\r\n");
    auto const line = begin == std::string_view::npos ? rest : rest.substr(begin + 1);
    if (!is_blank(line)) lines.push_back(shorten(repair_utf8(line), shown_line_bytes_max));
    rest = begin == std::string_view::npos ? std::string_view{} : rest.substr(0, begin);
  }
  std::reverse(lines.begin(), lines.end());
  return lines;
}

void LastLine::append(std::string_view part) {
  auto const room = bytes_max_ - current_.size();
  current_is_too_long_ = current_is_too_long_ || part.size() > room;
  current_.append(part.substr(0, room));
}

void LastLine::complete() {
  if (current_is_too_long_ || !is_blank(current_)) {
    std::swap(whole_, current_);
    whole_is_too_long_ = current_is_too_long_;
  }
  current_.clear();
  current_is_too_long_ = false;
}

void LastLine::feed(std::string_view chunk) {
  auto const first_end = chunk.find('\n');
  if (first_end == std::string_view::npos) return append(chunk);
  append(chunk.substr(0, first_end));
  complete();
  // Of the lines that lie wholly in this chunk only the last that is not blank matters: look for it
  // from the end.
  auto const last_end = chunk.rfind('\n');
  auto inner = chunk.substr(first_end + 1, last_end - first_end);  // lines with their ends
  if (last_end == first_end) inner = {};
  while (!inner.empty()) {
    inner.remove_suffix(1);
    auto const begin = inner.rfind('\n') + 1;  // npos + 1 is 0
    auto const line = inner.substr(begin);
    inner = inner.substr(0, begin);
    if (is_blank(line)) continue;
    append(line);
    complete();
    break;
  }
  append(chunk.substr(last_end + 1));
}

std::string_view LastLine::text() const {
  if (current_is_too_long_) return {};
  std::string_view line = current_;
  if (is_blank(line)) {
    if (whole_is_too_long_) return {};
    line = whole_;
  }
  auto const end = line.find_last_not_of(blanks);
  return end == std::string_view::npos ? std::string_view{} : line.substr(0, end + 1);
}

}  // namespace ropewalk
