// Goal: objects come out whole, whatever stands between them and wherever the bytes are cut.
#include "providers/ai/dialects/json_splitter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::ai {
namespace {

using testing::ElementsAre;

std::vector<std::string> split(std::string_view bytes) {
  std::vector<std::string> whole;
  JsonSplitter all;
  EXPECT_TRUE(all.feed(bytes, whole));
  EXPECT_TRUE(all.end());
  for (std::size_t at = 0; at <= bytes.size(); ++at) {
    std::vector<std::string> out;
    JsonSplitter splitter;
    EXPECT_TRUE(splitter.feed(bytes.substr(0, at), out));
    EXPECT_TRUE(splitter.feed(bytes.substr(at), out));
    EXPECT_EQ(out, whole) << "split at " << at;
  }
  return whole;
}

TEST(JsonSplitter, LinesDocumentsAndArrays) {
  EXPECT_THAT(split("{\"a\":1}\n{\"a\":2}\n"), ElementsAre("{\"a\":1}", "{\"a\":2}"));
  EXPECT_THAT(split("{\"a\":1}\r\n{\"a\":2}"), ElementsAre("{\"a\":1}", "{\"a\":2}"));
  EXPECT_THAT(
      split("{\n  \"a\": [1, {\"b\": 2}]\n}\n"), ElementsAre("{\n  \"a\": [1, {\"b\": 2}]\n}")
  );
  EXPECT_THAT(split("[{\"a\":1},\n{\"a\":2}]"), ElementsAre("{\"a\":1}", "{\"a\":2}"));
  EXPECT_THAT(split(" \n"), ElementsAre());
}

TEST(JsonSplitter, BracesInsideStrings) {
  EXPECT_THAT(
      split(R"({"a":"}\"{ \\"}{"b":"\\\"}"})"),
      ElementsAre(R"({"a":"}\"{ \\"})", R"({"b":"\\\"}"})")
  );
}

std::string problem_of(std::string_view bytes) {
  JsonSplitter splitter(32);
  std::vector<std::string> out;
  if (auto const fed = splitter.feed(bytes, out); !fed) return fed.error().code;
  auto const ended = splitter.end();
  return ended ? "" : ended.error().code;
}

TEST(JsonSplitter, WhatIsNoJson) {
  EXPECT_EQ(problem_of("<html>"), "malformed_response");
  EXPECT_EQ(problem_of("{\"a\":1}x"), "malformed_response");
  EXPECT_EQ(problem_of("{\"a\":1"), "malformed_response");
  EXPECT_EQ(problem_of("{\"a\":\"cut\n{\"b\":1}"), "malformed_response");
  EXPECT_EQ(problem_of("{\"a\":\"" + std::string(40, 'x')), "malformed_response");
  EXPECT_EQ(problem_of("{\"a\":1}{\"b\":\"" + std::string(15, 'x') + "\"}"), "");
}

}  // namespace
}  // namespace ropewalk::ai
