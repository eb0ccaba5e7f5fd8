// Goal: lines do not depend on how the bytes come. Method: every cut of small inputs, random cuts
// of big ones.
#include "providers/process/line_splitter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace ropewalk {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> split(std::vector<std::string_view> const& chunks, std::size_t max = 100) {
  LineSplitter splitter(max);
  std::vector<std::string> out;
  auto const add = [&](LineSplitter::Line const& line) {
    out.push_back(line.text + (line.is_continued ? "+" : ""));
  };
  for (auto const chunk : chunks) {
    splitter.feed(chunk);
    while (auto line = splitter.next()) add(*line);
  }
  if (auto line = splitter.finish()) add(*line);
  return out;
}

TEST(LineSplitter, EndsOfLines) {
  EXPECT_THAT(split({"a\nb\n"}), ElementsAre("a", "b"));
  EXPECT_THAT(split({"a\n\nb"}), ElementsAre("a", "", "b"));
  EXPECT_THAT(split({"a\r\n\r\nb\r\n"}), ElementsAre("a", "", "b"));
  EXPECT_THAT(split({"a\r\r\nb"}), ElementsAre("a", "b"));
  EXPECT_THAT(split({"10%\r20%\r\r\r100%\n"}), ElementsAre("10%", "20%", "100%"));
  EXPECT_THAT(split({"\r\r\r"}), IsEmpty());
  EXPECT_THAT(split({""}), IsEmpty());
}

TEST(LineSplitter, BytesThatAreNoText) {
  EXPECT_THAT(split({std::string_view("a\0b\xFF\n", 5)}), ElementsAre("a\uFFFDb\uFFFD"));
}

TEST(LineSplitter, LongLinesAreCutBetweenCodePoints) {
  EXPECT_THAT(split({"abcdefgh\nx"}, 4), ElementsAre("abcd+", "efgh", "x"));
  EXPECT_THAT(split({"abcdefghi"}, 4), ElementsAre("abcd+", "efgh+", "i"));
  EXPECT_THAT(split({"abcäöü"}, 4), ElementsAre("abc+", "äö+", "ü"));
  EXPECT_THAT(split({"abcd\r\n"}, 4), ElementsAre("abcd"));
}

TEST(LineSplitter, AnyCutGivesTheSame) {
  std::string const text = "a\r\nbä\r\r\n\n\rc\r\n\r\nlong€line\xF0\x9F\n\xFFz\r";
  auto const whole = split({text}, 5);
  for (std::size_t i = 0; i <= text.size(); ++i)
    for (std::size_t k = i; k <= text.size(); ++k) {
      std::string_view const view = text;
      EXPECT_EQ(split({view.substr(0, i), view.substr(i, k - i), view.substr(k)}, 5), whole)
          << i << " " << k;
    }
}

TEST(LineSplitter, RandomCutsOfRandomBytes) {
  std::mt19937 random(20240601);
  std::string const alphabet = "ab\r\n\xC3\xA4\xF0";
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (int i = 0; i < 200; ++i) text += alphabet[random() % alphabet.size()];
    std::vector<std::string_view> chunks;
    for (std::size_t begin = 0; begin < text.size();) {
      auto const size = std::min<std::size_t>(random() % 9, text.size() - begin);
      chunks.push_back(std::string_view(text).substr(begin, size));
      begin += size;
    }
    EXPECT_EQ(split(chunks, 7), split({text}, 7)) << "round " << round;
  }
}

}  // namespace
}  // namespace ropewalk
