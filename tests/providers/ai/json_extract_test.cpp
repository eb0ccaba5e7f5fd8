// Goal: the JSON in an answer is found wherever it stands, and hostile answers cost linear time.
// Method: answers as models write them; megabytes of brackets.
#include "providers/ai/json_extract.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace ropewalk::ai {
namespace {

using testing::HasSubstr;

std::string found(std::string_view text) {
  auto const value = extract_json(text);
  return value ? to_text(*value) : value.error().code;
}

std::string repeated(std::string_view text, std::size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += text;
  return out;
}

TEST(ExtractJson, Bare) {
  EXPECT_EQ(found(R"({"a":1})"), R"({"a":1})");
  EXPECT_EQ(found(" \n[1,2]\n"), "[1,2]");
  EXPECT_EQ(found("42"), "42");
  EXPECT_EQ(found("\"text\""), "\"text\"");
  EXPECT_EQ(found("null"), "null");
}

TEST(ExtractJson, Fenced) {
  EXPECT_EQ(found("Here it is [1]:\n```json\n{\"a\": 1}\n```\nEnjoy!"), R"({"a":1})");
  EXPECT_EQ(found("```\n[1]\n```"), "[1]");
  EXPECT_EQ(found("```JSON\r\n{\"a\":1}\r\n```"), R"({"a":1})");
  EXPECT_EQ(found("```python\nx = {}\n```\n```json\n7\n```"), "7");
  EXPECT_EQ(found("```json\n{\"a\":1}"), R"({"a":1})");  // the fence does not end
  EXPECT_EQ(found("```json {\"a\":1}```"), R"({"a":1})");
  EXPECT_EQ(found("```json\n{\"a\":\"```\"}\n```"), R"({"a":"```"})");
}

TEST(ExtractJson, WithTextAround) {
  EXPECT_EQ(found("The answer is {\"a\":{\"b\":[1]}} as you see {}."), R"({"a":{"b":[1]}})");
  EXPECT_EQ(found("Use {placeholder} like so: {\"a\":\"}{\"}"), R"({"a":"}{"})");
  EXPECT_EQ(found("{ not this, but [1, 2]"), "[1,2]");
  EXPECT_EQ(found("a {\"x\": [1, 2}, then {\"y\":2}"), R"({"y":2})");
}

TEST(ExtractJson, Strictly) {
  for (auto const* text :
       {"",
        "  ",
        "no JSON at all",
        "{'a': 1}",
        "{a: 1}",
        "{\"a\": 1,}",
        "{\"a\":1",
        "{\"a\": NaN}",
        "[1 2]",
        "{\"a\":\"un\nterminated\"}",
        "```json\n```"})
    EXPECT_EQ(found(text), "invalid_output") << text;
}

TEST(ExtractJson, AKeyTwiceIsRefused) {
  auto const value = extract_json("so: {\"a\":1,\"a\":2} or {\"b\":1}");
  ASSERT_FALSE(value);
  EXPECT_THAT(value.error().message, HasSubstr("twice"));
}

TEST(ExtractJson, SaysWhere) {
  auto const value = extract_json("first\n{\"a\": oops}");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().error_class, ErrorClass::permanent);
  EXPECT_EQ(value.error().detail.at("line").to_number<int>(), 2);
  EXPECT_EQ(value.error().detail.at("column").to_number<int>(), 7);
  auto const cut = extract_json("{\"a\": [1, 2");
  EXPECT_THAT(cut.error().message, HasSubstr("ends in the middle"));
}

TEST(ExtractJson, HostileTextsTakeLinearTime) {
  constexpr std::size_t size = 1024 * 1024;
  auto const begin = std::chrono::steady_clock::now();
  for (std::string_view const unit :
       {"{",
        "[",
        "[\"",
        "{\"a\":",
        "[1,",
        "```",
        "```\n",
        "\n```json\n",
        "[\"[\",",
        "{}{",
        "\\\"[",
        "[{\"a\":\"",
        "[[[[1],"}) {
    std::string const text = "x" + repeated(unit, size);
    (void)extract_json(text);
  }
  std::string const closed = "x" + std::string(size, '[') + std::string(size, ']');
  EXPECT_EQ(found(closed), "invalid_output");
  EXPECT_EQ(found("x[" + repeated("1,", size)), "invalid_output");
  auto const took = std::chrono::steady_clock::now() - begin;
  EXPECT_LT(took, std::chrono::seconds(30));  // quadratic would take hours, also under sanitizers
}

TEST(ExtractJson, TooLarge) {
  EXPECT_EQ(found("x" + std::string(9 * 1024 * 1024, '1')), "invalid_output");
}

TEST(ExtractJson, BrokenBytes) {
  EXPECT_EQ(found("{\"a\":\"\xff\"}"), "invalid_output");
  EXPECT_EQ(found(std::string_view("{\"a\":1}\0", 8)), R"({"a":1})");
}

TEST(Repair, ShowsEveryViolation) {
  std::vector<SchemaViolation> const violations{{"a.b", "is no integer"}, {"", "needs c"}};
  Error const error = schema_violated(violations);
  EXPECT_EQ(error.code, "invalid_output");
  EXPECT_THAT(error.message, HasSubstr("`a.b`: is no integer (and 1 more)"));
  json::object schema;
  schema["type"] = "object";
  std::string const text = text_of(repair_message(error, schema));
  EXPECT_THAT(text, HasSubstr("- a.b: is no integer"));
  EXPECT_THAT(text, HasSubstr("- the value: needs c"));
  EXPECT_THAT(text, HasSubstr(R"({"type":"object"})"));
}

TEST(Repair, IsBounded) {
  std::vector<SchemaViolation> const violations(100, {"x", std::string(10'000, 'y')});
  EXPECT_LT(text_of(repair_message(schema_violated(violations), std::nullopt)).size(), 8192U);
}

}  // namespace
}  // namespace ropewalk::ai
