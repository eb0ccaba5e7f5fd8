// Goal: nothing that a task prints can steer the terminal, and columns line up.
// Method: examples of each kind of sequence; widths of one, two and no columns.
#include "server/cli/terminal_text.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace ropewalk::cli {
namespace {

constexpr Style plain{};
constexpr Style rich{.colour = true, .unicode = true};

TEST(StripControl, RemovesEscapeSequences) {
  EXPECT_EQ(strip_control("\x1b[31mred\x1b[0m"), "red");
  EXPECT_EQ(strip_control("a\x1b[2J\x1b[1;1Hb"), "ab");
  EXPECT_EQ(strip_control("a\x1b]0;title\ab"), "ab");
  EXPECT_EQ(strip_control("a\x1b]52;c;aGk=\x1b\\b"), "ab");
  EXPECT_EQ(strip_control("a\x1bP1;2q\x1b\\b"), "ab");
}

TEST(StripControl, LeavesTextOfUnfinishedSequences) {
  EXPECT_EQ(strip_control("\x1b"), "");
  EXPECT_EQ(strip_control("\x1b["), "");
  EXPECT_EQ(strip_control("a\x1b]0;never ended"), "a]0;never ended");
}

TEST(StripControl, RemovesControlCharacters) {
  EXPECT_EQ(strip_control("a\rb\bc\x7f"), "abc");
  EXPECT_EQ(strip_control("a\tb\nc"), "a b c");
  EXPECT_EQ(
      strip_control("a\xc2\x9b"
                    "31mb"),
      "a31mb"
  );  // U+009B, CSI in one sign
  EXPECT_EQ(
      strip_control("a\xe2\x80\xae"
                    "b"),
      "ab"
  );  // U+202E, right to left
  EXPECT_EQ(
      strip_control(std::string_view("a\0b", 3)),
      "a\xef\xbf\xbd"
      "b"
  );
}

TEST(StripControl, RepairsUtf8) {
  EXPECT_EQ(strip_control("a\xff"), "a\xef\xbf\xbd");
}

TEST(DisplayWidth, CountsColumns) {
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("äöü"), 3U);
  EXPECT_EQ(display_width("日本"), 4U);
  EXPECT_EQ(display_width("e\xcc\x81"), 1U);  // combining acute
}

TEST(Fit, CutsAtColumns) {
  EXPECT_EQ(fit("abcdef", 6, rich), "abcdef");
  EXPECT_EQ(fit("abcdef", 4, rich), "abc…");
  EXPECT_EQ(fit("abcdef", 5, plain), "ab...");
  EXPECT_EQ(fit("日本語", 4, rich), "日…");
  EXPECT_EQ(fit("abcdef", 2, plain), "..");
}

TEST(Paint, ColoursOnlyWhereTheyAreWanted) {
  EXPECT_EQ(paint("x", Colour::red, plain), "x");
  EXPECT_EQ(paint("x", Colour::red, rich), "\x1b[31mx\x1b[0m");
}

TEST(DurationText, IsShort) {
  EXPECT_EQ(duration_text(std::chrono::milliseconds(1250)), "1.2s");
  EXPECT_EQ(duration_text(std::chrono::seconds(125)), "2m 05s");
  EXPECT_EQ(duration_text(std::chrono::minutes(62)), "1h 02m");
  EXPECT_EQ(duration_text(std::chrono::seconds(-1)), "0.0s");
}

TEST(ClockText, IsLocalTime) {
  setenv("TZ", "UTC", 1);
  tzset();
  auto const at = parse_instant("2026-01-31T12:01:07.5Z").value();
  EXPECT_EQ(clock_text(at), "12:01:07");
  EXPECT_EQ(date_text(at), "2026-01-31 12:01:07");
}

TEST(Table, AlignsColumnsAndCutsLines) {
  std::vector<std::vector<std::string>> const rows{
      {"ID", "NAME"}, {"1", "日本"}, {"22", "\x1b[1mx"}};
  EXPECT_EQ(table(rows, 0, plain), (std::vector<std::string>{"ID  NAME", "1   日本", "22  x"}));
  EXPECT_EQ(table(rows, 5, rich).at(1), "1   …");
}

}  // namespace
}  // namespace ropewalk::cli
