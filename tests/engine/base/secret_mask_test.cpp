// Goal: a secret is in nothing that is shown, however it was written there.
#include "engine/base/secret_mask.hpp"

#include "engine/base/json.hpp"

#include <gtest/gtest.h>

namespace ropewalk {
namespace {

std::string masked(std::string_view secret, std::string_view text) {
  SecretMask mask;
  mask.add(secret);
  return mask.masked(text);
}

TEST(SecretMask, AsItIs) {
  SecretMask mask;
  EXPECT_TRUE(mask.is_empty());
  EXPECT_EQ(mask.masked("anything"), "anything");
  mask.add("s3cr\"et/&key");
  EXPECT_FALSE(mask.is_empty());
  EXPECT_EQ(mask.masked("a s3cr\"et/&key b s3cr\"et/&key"), "a *** b ***");
  EXPECT_EQ(mask.masked("s3cr\"et/&ke"), "s3cr\"et/&ke");
  EXPECT_EQ(mask.masked("s3cr\"et/&keys3cr\"et/&key"), "***") << "neighbours are one";
}

TEST(SecretMask, InUrls) {
  std::string const secret = "p@ss w/rd~ü";
  EXPECT_EQ(masked(secret, "?a=p%40ss%20w%2Frd~%C3%BC&b"), "?a=***&b");
  EXPECT_EQ(masked(secret, "?a=p%40ss%20w%2frd%7e%c3%bc&b"), "?a=***&b") << "either case";
  EXPECT_EQ(masked(secret, "?a=p%40ss+w/rd~%C3%BC&b"), "?a=***&b") << "forms";
  EXPECT_EQ(masked(secret, "?a=%70%40%73%73 w/rd~ü&b"), "?a=***&b") << "more than needed";
  EXPECT_EQ(masked(secret, "100%p@ss w/rd~ü%4"), "100%***%4") << "what is no escape";
}

TEST(SecretMask, InJson) {
  std::string const secret = "a\"b\\c/d\n<ü😀>";
  EXPECT_EQ(masked(secret, R"({"x":"a\"b\\c/d\n<ü😀>"})"), R"({"x":"***"})");
  EXPECT_EQ(
      masked(secret, R"({"x":"a\"b\\c\/d\u000a\u003c\u00fc\ud83d\ude00\u003E"})"), R"({"x":"***"})"
  );
  EXPECT_EQ(
      masked(secret, R"(\ud83d\ud83d\ude00 a\"b\\c/d\n<\u00fC😀>)"), R"(\ud83d\ud83d\ude00 ***)"
  );
  EXPECT_EQ(masked("tab\there-here", R"(C:\tab\u12 tab\there-here)"), R"(C:\tab\u12 ***)");
}

TEST(SecretMask, InBase64WhereverItBegins) {
  std::string const secret = "hunter2-hunter2?";
  // Encoded by coreutils, with nothing, one byte and two bytes before it.
  EXPECT_EQ(masked(secret, "aHVudGVyMi1odW50ZXIyPw=="), "***==");
  EXPECT_EQ(masked(secret, "Omh1bnRlcjItaHVudGVyMj8="), "Om***=");
  EXPECT_EQ(masked(secret, "dTpodW50ZXIyLWh1bnRlcjI/"), "dTp***");
  EXPECT_EQ(masked(secret, "dTpodW50ZXIyLWh1bnRlcjI_"), "dTp***") << "for URLs";
  EXPECT_EQ(masked(secret, "dTpodW50ZXIyLWh1bnRlcjI%2F"), "dTp***") << "and in one";
  EXPECT_EQ(masked(secret, "dTpodW50ZXIyLWh1bnRlcjI\\/"), "dTp***") << "in JSON";
  EXPECT_EQ(masked(secret, "aHVudGVyMi1o\r\ndW50ZXIyPw=="), "***==") << "over a line end";
}

TEST(SecretMask, InHexadecimal) {
  EXPECT_EQ(masked("hunter2!", "x 68756e7465723221 y"), "x *** y");
  EXPECT_EQ(masked("hunter2!", "x 68756E74\n65723221 y"), "x *** y");
}

TEST(SecretMask, LinesOfOne) {
  std::string const secret =
      "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\nshort\n-----END KEY-----\n";
  EXPECT_EQ(masked(secret, "a kqhkiG9w0BAQEF b"), "a *** b");
  EXPECT_EQ(masked(secret, "short -----BEGIN KEY-----"), "short -----BEGIN KEY-----");
  EXPECT_EQ(masked(secret, secret), "***\n") << "the whole is one";
}

TEST(SecretMask, LongOnesInPieces) {
  std::string secret;
  for (int i = 0; i < 200; ++i) secret += std::to_string(i) + "/";
  EXPECT_EQ(masked(secret, "<" + secret + ">"), "<***>");
  auto const part = masked(secret, secret.substr(100, 200));
  EXPECT_LT(part.size(), 130U) << "most of a part is taken out as well";
}

TEST(SecretMask, TextsKeysAndNumbersOfAnyDepth) {
  SecretMask mask;
  mask.add("hunter2hunter2");
  mask.add("123456789");
  json::value value = {
      {"a", {"x hunter2hunter2", 1, nullptr, 123456789, 1234}},
      {"hunter2hunter2", {{"b", "hunter2hunter2"}}}};
  mask.mask(value);
  EXPECT_EQ(to_text(value), R"({"a":["x ***",1,null,"***",1234],"***":{"b":"***"}})");
}

TEST(SecretMask, ErrorsWithTheirFacts) {
  SecretMask mask;
  mask.add("hunter2hunter2");
  Error error{ErrorClass::permanent, "c", "m hunter2hunter2", "h hunter2hunter2", nullptr};
  error.detail = {{"x", "hunter2hunter2"}};
  mask.mask(error);
  EXPECT_EQ(error.message, "m ***");
  EXPECT_EQ(error.hint, "h ***");
  EXPECT_EQ(to_text(error.detail), R"({"x":"***"})");
}

TEST(SecretMask, TheLongestFirst) {
  SecretMask mask;
  mask.add("password");
  mask.add("password-long");
  EXPECT_EQ(mask.masked("password-long password"), "*** ***");
}

TEST(SecretMask, WhatIsShortIsNoSecretUnlessItIsNamedOne) {
  SecretMask mask;
  mask.add("abc");
  mask.add("1234567");
  mask.add("", 0);
  mask.add("abc", 0);
  EXPECT_EQ(mask.masked("abc abcd 1234567"), "abc abcd 1234567");
  mask.add("abcd", SecretMask::bytes_min);
  EXPECT_EQ(mask.masked("abc abcd"), "abc ***");
}

}  // namespace
}  // namespace ropewalk
