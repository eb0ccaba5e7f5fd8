#include "engine/model/prompt/characters.hpp"

#include <array>

namespace ropewalk::prompt {
namespace {

constexpr std::array<std::string_view, 5> wide_blanks{
    "\xC2\xA0", "\xE1\x9A\x80", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"};

std::size_t wide_blank_size(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) return 3;
  if (text.starts_with("\xE2\x80") && text.size() > 2) {  // U+2000 to U+200A, U+2028, U+2029
    auto const last = static_cast<unsigned char>(text[2]);
    if ((last >= 0x80 && last <= 0x8A) || last == 0xA8 || last == 0xA9) return 3;
  }
  for (std::string_view const blank : wide_blanks)
    if (text.starts_with(blank)) return blank.size();
  return 0;
}

}  // namespace

std::size_t blank_size(std::string_view text) {
  if (text.empty()) return 0;
  char const first = text.front();
  if (first == ' ' || (first >= '\t' && first <= '\r')) return 1;
  return static_cast<unsigned char>(first) < 0x80 ? 0 : wide_blank_size(text);
}

std::size_t blanks_before(std::string_view text) {
  std::size_t size = 0;
  while (std::size_t const more = blank_size(text.substr(size))) size += more;
  return size;
}

std::size_t blanks_after(std::string_view text) {
  std::size_t end = text.size();
  while (end > 0) {
    std::size_t found = 0;
    for (std::size_t size = 1; size <= 3 && size <= end && found == 0; ++size)
      if (blank_size(text.substr(end - size, size)) == size) found = size;
    if (found == 0) break;
    end -= found;
  }
  return text.size() - end;
}

std::string_view trim(std::string_view text) {
  text.remove_prefix(blanks_before(text));
  text.remove_suffix(blanks_after(text));
  return text;
}

}  // namespace ropewalk::prompt
