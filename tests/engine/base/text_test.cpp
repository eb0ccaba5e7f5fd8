// Goal: UTF-8 is repaired as the Unicode standard recommends, and suggestions are only made for
// slips of the hand.

#include "engine/base/text.hpp"

#include <gtest/gtest.h>

#include <array>

namespace ropewalk {
namespace {

#define U "\xEF\xBF\xBD"

TEST(Utf8, repair) {
  std::pair<std::string, std::string> const cases[]{
      {"plain é € 😀", "plain é € 😀"},
      {std::string("a\0b", 3), "a" U "b"},
      {"\x80", U},                    // a continuation byte alone
      {"\xc0\xaf", U U},              // an overlong form
      {"\xed\xa0\x80", U U U},        // a surrogate
      {"\xf4\x90\x80\x80", U U U U},  // past U+10FFFF
      {"\xe2\x82", U},                // cut: one mark for what was there
      {"\xf0\x9f\x98", U},
      {"\xe2\x82x", U "x"},
      {"\xff\xfe", U U},
  };
  for (auto const& [broken, mended] : cases) {
    EXPECT_EQ(repair_utf8(broken), mended);
    EXPECT_TRUE(is_valid_utf8(repair_utf8(broken)));
  }
  EXPECT_FALSE(is_valid_utf8("\xe2\x82"));
  EXPECT_TRUE(is_valid_utf8(""));
}

TEST(Utf8, unfinished_tail) {
  EXPECT_EQ(unfinished_utf8_tail(""), 0U);
  EXPECT_EQ(unfinished_utf8_tail("abc"), 0U);
  EXPECT_EQ(unfinished_utf8_tail("a\xc3"), 1U);
  EXPECT_EQ(unfinished_utf8_tail("a\xe2\x82"), 2U);
  EXPECT_EQ(unfinished_utf8_tail("a\xf0\x9f\x98"), 3U);
  EXPECT_EQ(unfinished_utf8_tail("a😀"), 0U);
  EXPECT_EQ(unfinished_utf8_tail("a\xff"), 0U);
  EXPECT_EQ(unfinished_utf8_tail("\xe0\x80"), 0U);  // can never become valid
  EXPECT_EQ(unfinished_utf8_tail("\x80\x80\x80\x80"), 0U);
}

TEST(Shorten, cuts_at_a_code_point) {
  EXPECT_EQ(shorten("hello", 5), "hello");
  EXPECT_EQ(shorten("hello", 4), "hell…");
  EXPECT_EQ(shorten("aé", 2), "a…");
  EXPECT_EQ(shorten("é", 0), "…");
}

TEST(ClosestMatch, finds_slips_and_nothing_else) {
  std::array<std::string_view, 4> const words{"classify", "page", "report", "dependencies"};
  EXPECT_EQ(closest_match("clasify", words), "classify");
  EXPECT_EQ(closest_match("Classify", words), "classify");
  EXPECT_EQ(closest_match("paeg", words), "page");
  EXPECT_EQ(closest_match("dependancies", words), "dependencies");
  EXPECT_EQ(closest_match("summary", words), "");
  EXPECT_EQ(closest_match("x", words), "");
  EXPECT_EQ(closest_match("", words), "");
  EXPECT_EQ(closest_match("page", {}), "");
}

TEST(IsIdentifier, examples) {
  for (char const* good : {"a", "_x", "build-2", "A_b-C"}) EXPECT_TRUE(is_identifier(good)) << good;
  for (char const* bad : {"", "2a", "-a", "a.b", "a b", "é"})
    EXPECT_FALSE(is_identifier(bad)) << bad;
  EXPECT_TRUE(is_identifier(std::string(128, 'a')));
  EXPECT_FALSE(is_identifier(std::string(129, 'a')));
}

TEST(ToHex, lower_case) {
  std::array<unsigned char, 3> const bytes{0x00, 0xab, 0x7f};
  EXPECT_EQ(to_hex(bytes), "00ab7f");
}

}  // namespace
}  // namespace ropewalk
