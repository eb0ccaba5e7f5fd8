#pragma once
// Blanks as JavaScript's \s and trim() see them, which is what Handlebars and dotprompt are written
// in: the ASCII ones, and those of Unicode.
//
// Any thread: pure functions on UTF-8.

#include <cstddef>
#include <string_view>

namespace ropewalk::prompt {

/// Bytes of the blank that `text` begins with; 0 when it begins with none.
std::size_t blank_size(std::string_view text);
/// Bytes of all blanks that `text` begins or ends with.
std::size_t blanks_before(std::string_view text);
std::size_t blanks_after(std::string_view text);

std::string_view trim(std::string_view text);
inline bool is_blank(std::string_view text) {
  return blanks_before(text) == text.size();
}

}  // namespace ropewalk::prompt
