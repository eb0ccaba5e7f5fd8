#include "engine/model/cel/utf8.hpp"

namespace ropewalk::cel {
namespace {

unsigned byte_at(std::string_view text, std::size_t offset) {
  return static_cast<unsigned char>(text[offset]);
}

std::size_t announced_size(unsigned lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  if (lead >= 0xF0 && lead < 0xF5) return 4;
  return 0;
}

bool is_surrogate(char32_t code_point) {
  return code_point >= 0xD800 && code_point < 0xE000;
}

// 0 when the bytes at `offset` are no code point.
std::size_t decode(std::string_view text, std::size_t offset, char32_t& code_point) {
  unsigned const lead = byte_at(text, offset);
  std::size_t const size = announced_size(lead);
  if (size == 0 || offset + size > text.size()) return 0;
  if (size == 1) {
    code_point = lead;
    return 1;
  }
  code_point = lead & (0x7Fu >> size);
  for (std::size_t index = 1; index < size; ++index) {
    unsigned const next = byte_at(text, offset + index);
    if ((next & 0xC0u) != 0x80u) return 0;
    code_point = (code_point << 6) | (next & 0x3Fu);
  }
  bool const overlong = (size == 3 && code_point < 0x800) || (size == 4 && code_point < 0x10000);
  if (overlong || code_point > 0x10FFFF || is_surrogate(code_point)) return 0;
  return size;
}

}  // namespace

std::size_t code_point_size(std::string_view text, std::size_t offset) {
  char32_t code_point = 0;
  std::size_t const size = decode(text, offset, code_point);
  return size == 0 ? 1 : size;
}

std::size_t count_code_points(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t offset = 0; offset < text.size(); ++count) {
    offset += code_point_size(text, offset);
  }
  return count;
}

std::size_t byte_offset(std::string_view text, std::size_t index) {
  std::size_t offset = 0;
  for (; index > 0 && offset < text.size(); --index) offset += code_point_size(text, offset);
  return offset;
}

char32_t code_point_at(std::string_view text, std::size_t offset) {
  char32_t code_point = 0;
  return decode(text, offset, code_point) == 0 ? U'\uFFFD' : code_point;
}

bool append_code_point(std::string& text, char32_t code_point) {
  if (code_point > 0x10FFFF || is_surrogate(code_point)) return false;
  auto const put = [&text](char32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | (code_point >> 6));
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | (code_point >> 12));
    put(0x80 | ((code_point >> 6) & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | (code_point >> 18));
    put(0x80 | ((code_point >> 12) & 0x3F));
    put(0x80 | ((code_point >> 6) & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
  return true;
}

bool is_utf8(std::string_view text) {
  for (std::size_t offset = 0; offset < text.size();) {
    char32_t code_point = 0;
    std::size_t const size = decode(text, offset, code_point);
    if (size == 0) return false;
    offset += size;
  }
  return true;
}

}  // namespace ropewalk::cel
