// Goal: what parse_json refuses, and that what to_text writes is valid JSON which reads back as the
// same value.

#include "engine/base/json.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace ropewalk {
namespace {

std::string code_of(std::string_view text, JsonLimits const& limits = {}) {
  auto const parsed = parse_json(text, limits);
  return parsed ? "ok" : parsed.error().code;
}

std::string message_of(std::string_view text) {
  auto const parsed = parse_json(text);
  return parsed ? "ok" : parsed.error().message;
}

TEST(ParseJson, reads_every_kind_of_value) {
  auto const value =
      parse_json(R"({"a":[1,-2,18446744073709551615,0.1,true,null,"x\ny\u00e9"],"b":{}})");
  ASSERT_TRUE(value);
  EXPECT_EQ(to_text(*value), R"({"a":[1,-2,18446744073709551615,0.1,true,null,"x\nyé"],"b":{}})");
}

struct Refused {
  std::string_view text;
  std::string_view code;
  std::string_view message_part;
};

TEST(ParseJson, refuses_with_a_place) {
  Refused const cases[]{
      {"", "invalid_json", "ends too early at line 1, column 1"},
      {"{\"a\":", "invalid_json", "ends too early at line 1, column 6"},
      {"{\n  \"a\": 1,\n  \"é\": tru }", "invalid_json", "at line 3"},
      {"[1] x", "invalid_json", "something follows the JSON document at line 1, column 5"},
      {"{\"a\":1,\"b\":{\"a\":2},\n \"a\":2}",
       "duplicate_key",
       "\"a\" is there twice at line 2, column 2"},
      {"{\"a\\\"\":1,\"a\\u0022\":2}", "duplicate_key", "at line 1, column 10"},
      {"[1e999]", "invalid_json", "too large for a double at line 1"},
      {"[-1e999]", "invalid_json", "too large for a double"},
      {"123456789012345678901234567890", "invalid_json", "does not fit 64 bits"},
      {"[-9223372036854775809]", "invalid_json", "does not fit 64 bits"},
      {"[NaN]", "invalid_json", ""},
      {"[1,]", "invalid_json", ""},
      {"{\"a\":1 /* no */}", "invalid_json", ""},
      {"\"\\ud800\"", "invalid_json", ""},
      {"\"\xff\"", "invalid_json", ""},
  };
  for (auto const& c : cases) {
    EXPECT_EQ(code_of(c.text), c.code) << c.text;
    EXPECT_NE(message_of(c.text).find(c.message_part), std::string::npos) << message_of(c.text);
  }
}

TEST(ParseJson, keeps_its_limits) {
  std::string const deep32 = std::string(32, '[') + std::string(32, ']');
  std::string const deep33 = std::string(33, '[') + std::string(33, ']');
  EXPECT_EQ(code_of(deep32), "ok");
  EXPECT_EQ(code_of(deep33), "too_large");
  EXPECT_EQ(code_of("[1,2,3]", {.bytes_max = 7}), "ok");
  EXPECT_EQ(code_of("[1,2,3]", {.bytes_max = 6}), "too_large");
  EXPECT_EQ(code_of("[1,{\"a\":2}]", {.nodes_max = 5}), "ok");
  EXPECT_EQ(code_of("[1,{\"a\":2}]", {.nodes_max = 4}), "too_large");
}

TEST(ParseJson, long_strings_and_keys_with_escapes_stay_whole) {
  std::string key, text;
  for (int i = 0; i < 5000; ++i) key += "k\\u00e9", text += "t\\n";
  auto const value = parse_json("{\"" + key + "\":\"" + text + "\"}");
  ASSERT_TRUE(value);
  EXPECT_EQ(value->as_object().begin()->key().size(), 15000U);
  EXPECT_EQ(value->as_object().begin()->value().as_string().size(), 10000U);
}

TEST(ParseJson, doubles_are_read_exactly) {
  for (char const* text :
       {"0.1",
        "3.141592653589793",
        "2.2250738585072014e-308",
        "1.7976931348623157e308",
        "5e-324"}) {
    auto const value = parse_json(text);
    ASSERT_TRUE(value) << text;
    EXPECT_EQ(value->as_double(), std::strtod(text, nullptr)) << text;
  }
  EXPECT_EQ(parse_json("1e-999")->as_double(), 0.0);
}

TEST(ToText, writes_doubles_as_people_do) {
  std::pair<double, char const*> const cases[]{
      {2.0, "2.0"},
      {0.1, "0.1"},
      {1e300, "1e300"},
      {-0.0, "-0.0"},
      {100000.0, "100000.0"},
      {1.5e-7, "1.5e-7"},
      {1e-6, "0.000001"},
      {1e21, "1e21"},
      {123456789012.5, "123456789012.5"},
      {std::numeric_limits<double>::infinity(), "null"},
      {std::nan(""), "null"},
  };
  for (auto const& [number, text] : cases) EXPECT_EQ(to_text(number), text);
}

TEST(ToText, escapes_what_must_be_and_repairs_broken_utf8) {
  std::string const raw("a\"b\\\b\f\n\r\t\x01\0z \xc3\xa9 \xff\xe2\x82", 19);
  std::string const text = to_text(json::string(raw));
  EXPECT_EQ(text, "\"a\\\"b\\\\\\b\\f\\n\\r\\t\\u0001\\u0000z é \xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(code_of(text), "ok");
}

TEST(ToText, canonical_form_sorts_keys_at_every_level) {
  auto const value = parse_json(R"({"b":{"z":1,"a":2},"a":[{"d":1.0,"c":2}]})");
  EXPECT_EQ(to_canonical_text(*value), R"({"a":[{"c":2,"d":1.0}],"b":{"a":2,"z":1}})");
}

TEST(TextSize, is_what_to_text_writes) {
  auto const value = parse_json(R"({"a":[1,2.5,"x\ny"],"b":{"c":null,"d":"é"}})");
  EXPECT_EQ(text_size(*value, 1000), to_text(*value).size());
  EXPECT_GT(text_size(*value, 5), 5U);
}

TEST(ReplaceNul, in_strings_and_keys) {
  auto value = parse_json(R"({"a\u0000":["b\u0000c",{"d":"\u0000"}]})");
  ASSERT_TRUE(value);
  replace_nul(*value);
  EXPECT_EQ(
      to_text(*value),
      "{\"a\xEF\xBF\xBD\":[\"b\xEF\xBF\xBD"
      "c\",{\"d\":\"\xEF\xBF\xBD\"}]}"
  );
}

}  // namespace
}  // namespace ropewalk
