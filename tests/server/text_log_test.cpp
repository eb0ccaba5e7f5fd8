// The shared text. Method: text of one- to four-byte code points, appended in pieces of every size,
// read and cut at every place, against the plain string.
#include "server/stream/text_log.hpp"

#include "engine/base/text.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace ropewalk::server {
namespace {

std::vector<std::string> const letters{"a", "é", "€", "🚀", "\n", "ж"};

std::string sample(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += letters[(i * 7 + i / 5) % letters.size()];
  return out;
}

/// Where the code points of `text` begin, and its end.
std::vector<TextPosition> places(std::string const& text) {
  std::vector<TextPosition> out;
  for (std::uint64_t at = 0, points = 0; at <= text.size(); ++points) {
    out.push_back(TextPosition{at, points});
    if (at == text.size()) break;
    at += utf8_sequence_size(text, at);
  }
  return out;
}

TEST(TextLog, ReadsWhatWasWrittenAcrossBlocks) {
  auto const text = sample(5000);  // 1 KiB, 2 KiB, 4 KiB, …: borders fall into code points
  auto const all = places(text);
  TextLog log("text");
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    auto const piece = text.substr(all[i].bytes, all[i + 1].bytes - all[i].bytes);
    EXPECT_EQ(log.append(piece), all[i + 1]);
  }
  std::string whole;
  log.read(all.front(), all.back(), whole);
  EXPECT_EQ(whole, text);
  for (std::size_t from = 0; from < all.size(); from += 37) {
    std::string part;
    log.read(all[from], all.back(), part);
    EXPECT_EQ(part, text.substr(all[from].bytes));
  }
}

TEST(TextLog, FindsEveryCodePoint) {
  auto const text = sample(3000);
  TextLog log("text");
  auto const end = log.append(text);
  for (auto const& place : places(text)) EXPECT_EQ(log.find(place.points, end), place);
}

TEST(TextLog, CutsBetweenCodePoints) {
  auto const text = sample(2000);
  TextLog log("text");
  auto const end = log.append(text);
  for (std::uint64_t size = 4; size < 3000; size += 11) {
    std::string joined;
    for (TextPosition at; at.bytes < end.bytes;) {
      auto const to = log.cut(at, end, size);
      ASSERT_GT(to.bytes, at.bytes);
      ASSERT_LE(to.bytes - at.bytes, size);
      std::string piece;
      log.read(at, to, piece);
      ASSERT_TRUE(is_valid_utf8(piece));
      ASSERT_EQ(to.points - at.points, code_points(piece));
      joined += piece;
      at = to;
    }
    ASSERT_EQ(joined, text);
  }
}

TEST(TextLog, HoldsAboutWhatWasWritten) {
  TextLog log("text");
  EXPECT_EQ(log.bytes_held(), 0U);
  log.append("x");
  EXPECT_EQ(log.bytes_held(), 1024U);
  log.append(std::string(1024 * 1024, 'x'));
  EXPECT_LE(log.bytes_held(), 2U * 1024 * 1024 + 2048);
}

}  // namespace
}  // namespace ropewalk::server
