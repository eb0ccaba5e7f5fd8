#include "server/stream/text_log.hpp"

#include "engine/base/error.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace ropewalk::server {
namespace {

bool begins_code_point(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U;
}

}  // namespace

std::uint64_t code_points(std::string_view text) {
  return static_cast<std::uint64_t>(std::count_if(text.begin(), text.end(), begins_code_point));
}

TextLog::Place TextLog::place(std::uint64_t position) {
  auto const block = static_cast<std::size_t>(std::bit_width(position / first_block + 1)) - 1;
  auto const begin = first_block * ((std::uint64_t{1} << block) - 1);
  auto const size = first_block << block;
  return Place{block, position - begin, size - (position - begin)};
}

char TextLog::at(std::uint64_t position) const {
  auto const where = place(position);
  return blocks_[where.block][where.offset];
}

TextPosition TextLog::append(std::string_view text) {
  end_.points += code_points(text);
  while (!text.empty()) {
    auto const where = place(end_.bytes);
    ROPEWALK_CHECK(where.block < blocks_max);
    auto& block = blocks_[where.block];
    if (!block) block.reset(new char[first_block << where.block]);
    auto const count = std::min<std::uint64_t>(where.room, text.size());
    std::memcpy(block.get() + where.offset, text.data(), count);
    end_.bytes += count;
    text.remove_prefix(count);
  }
  return end_;
}

void TextLog::read(TextPosition from, TextPosition to, std::string& out) const {
  out.reserve(out.size() + (to.bytes - from.bytes));
  for (auto position = from.bytes; position < to.bytes;) {
    auto const where = place(position);
    auto const count = std::min(where.room, to.bytes - position);
    out.append(blocks_[where.block].get() + where.offset, count);
    position += count;
  }
}

TextPosition TextLog::cut(TextPosition from, TextPosition to, std::uint64_t bytes_max) const {
  if (to.bytes - from.bytes <= bytes_max) return to;
  auto end = from.bytes + bytes_max;
  while (end > from.bytes && !begins_code_point(at(end))) --end;
  std::string piece;
  read(from, TextPosition{end, 0}, piece);
  return TextPosition{end, from.points + code_points(piece)};
}

TextPosition TextLog::find(std::uint64_t points, TextPosition end) const {
  if (points >= end.points) return end;
  TextPosition out;
  // At `out` a code point begins; the one number `points` begins at the place that is wanted.
  while (out.bytes < end.bytes) {
    auto const where = place(out.bytes);
    auto const count = std::min(where.room, end.bytes - out.bytes);
    for (std::uint64_t i = 0; i < count; ++i) {
      if (!begins_code_point(blocks_[where.block][where.offset + i])) continue;
      if (out.points == points) return TextPosition{out.bytes + i, points};
      ++out.points;
    }
    out.bytes += count;
  }
  return end;
}

std::uint64_t TextLog::bytes_held() const {
  std::uint64_t out = 0;
  for (std::size_t block = 0; block < blocks_max; ++block)
    if (blocks_[block]) out += first_block << block;
  return out;
}

}  // namespace ropewalk::server
