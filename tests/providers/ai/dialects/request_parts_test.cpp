// Goal: the parts that requests are made of. Method: tables.
#include "providers/ai/dialects/request_parts.hpp"

#include "providers/ai/dialects/json_access.hpp"
#include "tests/providers/ai/dialects/decode.hpp"

#include <gtest/gtest.h>

namespace ropewalk::ai {
namespace {

TEST(RequestParts, Addresses) {
  EXPECT_EQ(join_url("http://h", "v1", "/x"), "http://h/v1/x");
  EXPECT_EQ(join_url("http://h/v1/", "v1", "/x"), "http://h/v1/x");
  EXPECT_EQ(join_url("http://h/api", "", "/x"), "http://h/api/x");
  EXPECT_EQ(percent_encoded("a b/c?d%\xC3\xA9"), "a%20b/c%3Fd%25%C3%A9");
}

TEST(RequestParts, MergePatch) {
  auto target = json_of(R"({"a":1,"b":{"c":1,"d":2},"e":[1]})").as_object();
  merge_patch(
      target, json_of(R"({"a":null,"b":{"c":null,"x":3},"e":[2],"f":{"g":null}})").as_object()
  );
  EXPECT_EQ(json::value(target), json_of(R"({"b":{"d":2,"x":3},"e":[2],"f":{}})"));
}

TEST(RequestParts, Arguments) {
  EXPECT_EQ(arguments_object(""), json::object());
  EXPECT_EQ(arguments_object("{\"a\":1}"), json_of("{\"a\":1}").as_object());
  EXPECT_EQ(arguments_object("[1]"), json_of("{\"arguments\":\"[1]\"}").as_object());
  EXPECT_EQ(arguments_object("{"), json_of("{\"arguments\":\"{\"}").as_object());
}

bool is_strict(std::string_view text) {
  return is_strict_schema(json_of(text).as_object());
}

TEST(RequestParts, StrictSchemas) {
  EXPECT_TRUE(is_strict(R"({"type":"object","properties":{"a":{"type":"array","items":
    {"type":"object","properties":{},"additionalProperties":false}}},"required":["a"],
    "additionalProperties":false})"));
  EXPECT_FALSE(is_strict(R"({"type":"object","properties":{"a":{}},"required":[],
    "additionalProperties":false})"));
  EXPECT_FALSE(is_strict(R"({"type":"object","properties":{}})"));
  EXPECT_FALSE(is_strict(R"({"type":"array","items":{"type":"string"}})"));
  EXPECT_FALSE(is_strict(R"({"type":"object","additionalProperties":false,"required":["a"],
    "properties":{"a":{"type":"object"}}})"));
  EXPECT_FALSE(is_strict(R"({"type":"object","additionalProperties":false,"required":["a"],
    "properties":{"a":{"allOf":[{"type":"string"}]}}})"));
}

TEST(RequestParts, ClosedSchemas) {
  auto const closed = closed_schema(json_of(R"({"type":"object","properties":{
    "minimum":{"type":"number","minimum":1},"list":{"type":"array","minItems":2,"maxItems":3,
    "items":{"type":["object","null"],"properties":{"x":{"type":"string","minLength":1}}}}}})")
                                        .as_object());
  EXPECT_EQ(json::value(closed), json_of(R"({"type":"object","additionalProperties":false,
    "properties":{"minimum":{"type":"number"},"list":{"type":"array",
    "items":{"type":["object","null"],"additionalProperties":false,
    "properties":{"x":{"type":"string"}}}}}})"));
}

}  // namespace
}  // namespace ropewalk::ai
