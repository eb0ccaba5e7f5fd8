// Goal: a secret is in nothing that is shown, however it was written there.
#include "providers/http/task/secret_mask.hpp"

#include "engine/base/json.hpp"
#include "engine/model/cel/base64.hpp"
#include "providers/http/task/request_text.hpp"

#include <gtest/gtest.h>

namespace ropewalk::http {
namespace {

TEST(SecretMask, EveryWayToWriteIt) {
  std::string const secret = "s3cr\"et/&key";
  SecretMask mask;
  EXPECT_TRUE(mask.is_empty());
  mask.add(secret);
  EXPECT_FALSE(mask.is_empty());
  EXPECT_EQ(mask.masked("a " + secret + " b " + secret), "a *** b ***");
  EXPECT_EQ(mask.masked("?key=" + percent_encode(secret) + "&x"), "?key=***&x");
  EXPECT_EQ(mask.masked(to_text(json::value(json::string(secret)))), "\"***\"");
  EXPECT_EQ(mask.masked("Basic " + cel::to_base64(secret)), "Basic ***");
}

TEST(SecretMask, TextsAndKeysOfAnyDepth) {
  SecretMask mask;
  mask.add("hunter2hunter2");
  json::value value = {
      {"a", {"x hunter2hunter2", 1, nullptr}}, {"hunter2hunter2", {{"b", "hunter2hunter2"}}}};
  mask.mask(value);
  EXPECT_EQ(to_text(value), R"({"a":["x ***",1,null],"***":{"b":"***"}})");
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
  mask.add("", 0);
  EXPECT_EQ(mask.masked("abc abcd"), "abc abcd");
  mask.add("abcd", 4);
  EXPECT_EQ(mask.masked("abc abcd"), "abc ***");
}

}  // namespace
}  // namespace ropewalk::http
