// Goal: the tail and the last line are right for any chunking. Method: tables, and every cut.
#include "providers/process/output_tail.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk {
namespace {

using testing::ElementsAre;

std::string last_line(std::vector<std::string_view> const& chunks, std::size_t max = 10) {
  LastLine line(max);
  for (auto const chunk : chunks) line.feed(chunk);
  return std::string(line.text());
}

TEST(OutputTail, KeepsTheEnd) {
  OutputTail tail(4);
  tail.feed("ab");
  EXPECT_EQ(tail.bytes(), "ab");
  EXPECT_FALSE(tail.is_cut());
  tail.feed("cdef");
  EXPECT_EQ(tail.bytes(), "cdef");
  tail.feed("0123456789");
  EXPECT_EQ(tail.bytes(), "6789");
  EXPECT_TRUE(tail.is_cut());
  EXPECT_EQ(tail.total_bytes(), 16U);
}

TEST(OutputTail, LastLinesLeaveOutTheEmpty) {
  OutputTail tail(100);
  tail.feed("one\n\ntwo\r\nthree\n \nfour");
  EXPECT_THAT(tail.last_lines(3), ElementsAre("two", "three", "four"));
}

TEST(LastLine, Table) {
  EXPECT_EQ(last_line({"a\nb\n"}), "b");
  EXPECT_EQ(last_line({"a\nb"}), "b");
  EXPECT_EQ(last_line({"a\nb\n\n \r\n"}), "b");
  EXPECT_EQ(last_line({""}), "");
  EXPECT_EQ(last_line({"a\n0123456789ab\n"}), "")
      << "too long, and the one before it does not count";
  EXPECT_EQ(last_line({"0123456789ab\na\n"}), "a");
  EXPECT_EQ(last_line({"a\n0123456789ab"}), "");
}

TEST(LastLine, AnyCutGivesTheSame) {
  for (std::string_view const text :
       {"first\n\nsecond\r\n\n  \n", "a\nbb\nccc", "\n\n\n", "x\n01234567890\n\n", "one\n\n"}) {
    auto const whole = last_line({text});
    for (std::size_t i = 0; i <= text.size(); ++i)
      for (std::size_t k = i; k <= text.size(); ++k)
        EXPECT_EQ(last_line({text.substr(0, i), text.substr(i, k - i), text.substr(k)}), whole)
            << text << " " << i << " " << k;
  }
}

}  // namespace
}  // namespace ropewalk
