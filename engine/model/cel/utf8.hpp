#pragma once
// Code points in UTF-8 text: CEL counts and cuts strings by code point.
//
// Any thread: pure functions. Invalid bytes count as one code point each.

#include <cstddef>
#include <string>
#include <string_view>

namespace ropewalk::cel {

/// Bytes of the code point that starts at `offset`. REQUIRES: offset < text.size().
std::size_t code_point_size(std::string_view text, std::size_t offset);
std::size_t count_code_points(std::string_view text);
/// The byte offset of the code point number `index`; text.size() when there are fewer.
std::size_t byte_offset(std::string_view text, std::size_t index);
/// The code point that starts at `offset`, or U+FFFD.
char32_t code_point_at(std::string_view text, std::size_t offset);
/// False (and nothing appended) for surrogates and numbers past U+10FFFF.
bool append_code_point(std::string& text, char32_t code_point);
bool is_utf8(std::string_view text);

}  // namespace ropewalk::cel
