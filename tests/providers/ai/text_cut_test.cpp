// Goal: texts are cut to size, at code points, and say so. Method: every size, every side.
#include "providers/ai/text_cut.hpp"

#include "engine/base/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::ai {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

std::string long_text() {
  std::string out;
  for (int i = 0; i < 300; ++i) out += "wört 漢字 🎉 " + std::to_string(i) + " ";
  return out;
}

TEST(CutText, WhatFitsStays) {
  auto const cut = cut_text("hello", 10, CutAt::middle, TokenFamily::openai);
  EXPECT_EQ(cut.text, "hello");
  EXPECT_EQ(cut.characters_cut, 0U);
}

TEST(CutText, EverySizeAndSide) {
  std::string const text = long_text();
  for (CutAt const where : {CutAt::beginning, CutAt::middle, CutAt::end}) {
    for (std::int64_t tokens = 30; tokens < 400; tokens += 7) {
      auto const cut = cut_text(text, tokens, where, TokenFamily::openai);
      EXPECT_LE(estimate_tokens(TokenFamily::openai, cut.text), tokens);
      EXPECT_TRUE(is_valid_utf8(cut.text));
      EXPECT_THAT(cut.text, HasSubstr("[… " + std::to_string(cut.characters_cut) + " characters"));
    }
  }
}

TEST(CutText, KeepsWhatItShould) {
  std::string const text = "FIRST " + long_text() + "LAST";
  auto const cut = [&](CutAt where) {
    return cut_text(text, 100, where, TokenFamily::openai).text;
  };
  EXPECT_THAT(cut(CutAt::beginning), EndsWith("LAST"));
  EXPECT_THAT(cut(CutAt::beginning), StartsWith("[…"));
  EXPECT_THAT(cut(CutAt::end), StartsWith("FIRST"));
  EXPECT_THAT(cut(CutAt::middle), StartsWith("FIRST"));
  EXPECT_THAT(cut(CutAt::middle), EndsWith("LAST"));
  EXPECT_GT(estimate_tokens(TokenFamily::openai, cut(CutAt::middle)), 80);  // not more than needed
}

TEST(CutText, NoRoomLeavesTheMark) {
  auto const cut = cut_text(long_text(), 1, CutAt::middle, TokenFamily::openai);
  EXPECT_THAT(cut.text, HasSubstr("characters left out"));
}

TEST(SplitText, PiecesAreTheWhole) {
  std::string const text = long_text() + std::string(1000, '{') + std::string(5, '\xff');
  std::string joined;
  for (std::string_view const piece : split_text(text, 20, TokenFamily::claude)) {
    EXPECT_LE(estimate_tokens(TokenFamily::claude, piece), 20);
    joined += piece;
  }
  EXPECT_EQ(joined, text);
}

}  // namespace
}  // namespace ropewalk::ai
