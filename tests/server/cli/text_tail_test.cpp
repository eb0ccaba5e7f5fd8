// Goal: the end of a text of any length and content is shown in a few safe lines, and costs a few
// kilobytes. Method: texts of many kinds, pieces of many sizes.
#include "server/cli/text_tail.hpp"

#include "engine/base/text.hpp"
#include "server/cli/terminal_text.hpp"

#include <gtest/gtest.h>

namespace ropewalk::cli {
namespace {

using Lines = std::vector<std::string>;

TEST(TextTail, ShowsItsLastLinesWrapped) {
  TextTail tail;
  EXPECT_TRUE(tail.lines(10, 3).empty());
  tail.add("first\nsecond line is lo");
  tail.add("ng\n\nlast\n");
  EXPECT_EQ(tail.lines(10, 9), (Lines{"first", "second", "line is", "long", "last"}));
  EXPECT_EQ(tail.lines(10, 2), (Lines{"long", "last"}));
  EXPECT_TRUE(tail.lines(10, 0).empty());
  tail.clear();
  EXPECT_TRUE(tail.is_empty());
}

TEST(TextTail, NothingSteersTheTerminal) {
  TextTail tail;
  for (auto const* piece : {"a\x1b[2J", "\x1b", "[31mb", "\r\x9b", "c\x1b]0;title\a", "d\b\x7f"})
    tail.add(piece);
  std::string all;
  for (auto const& line : tail.lines(80, 10)) all += line;
  EXPECT_EQ(all, strip_control(all)) << "an escape that was cut in two shows its rest only";
  EXPECT_EQ(all.find('\x1b'), std::string::npos);
}

TEST(TextTail, IsBoundedAndCutBetweenCharacters) {
  TextTail tail;
  std::string expected;
  for (int i = 0; i < 20'000; ++i) {
    auto const word = "wörd" + std::to_string(i) + (i % 7 == 0 ? "\n" : " ");
    tail.add(word);
    expected = word;
  }
  auto const lines = tail.lines(40, 100'000);
  std::size_t bytes = 0;
  for (auto const& line : lines) {
    EXPECT_EQ(repair_utf8(line), line);
    EXPECT_LE(display_width(line), 40U);
    bytes += line.size();
  }
  EXPECT_LE(bytes, 2 * TextTail::bytes_max);
  EXPECT_NE(lines.back().find(expected.substr(0, expected.size() - 1)), std::string::npos);
  TextTail once;
  once.add(std::string(1'000'000, 'x') + "end");
  ASSERT_EQ(once.lines(10, 1).size(), 1U);
  EXPECT_TRUE(once.lines(10, 1).front().ends_with("end"));
}

TEST(Wrap, CutsAtColumns) {
  EXPECT_EQ(wrap("abcdef", 4), (Lines{"abcd", "ef"}));
  EXPECT_EQ(wrap("日本語", 4), (Lines{"日本", "語"}));
  EXPECT_EQ(wrap("日本", 1), (Lines{"日", "本"}));
  EXPECT_EQ(wrap("one two  three", 7), (Lines{"one two", " three"}));
  EXPECT_EQ(wrap("one verylongword", 5), (Lines{"one", "veryl", "ongwo", "rd"}));
  EXPECT_EQ(wrap("ab cd", 2), (Lines{"ab", "cd"}));
  EXPECT_EQ(wrap("ab ", 2), (Lines{"ab"}));
  EXPECT_TRUE(wrap("", 4).empty());
}

}  // namespace
}  // namespace ropewalk::cli
