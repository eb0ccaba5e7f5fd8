// Goal: schemas check what they say, and no schema can fetch, hang or overflow.

#include "engine/model/json_schema.hpp"

#include "engine/base/json.hpp"

#include <gtest/gtest.h>

namespace ropewalk {
namespace {

std::string violations(std::string_view schema, std::string_view document) {
  auto const compiled = JsonSchema::compile(*parse_json(schema));
  if (!compiled) return compiled.error().code;
  std::string out;
  for (auto const& violation : (*compiled)->check(*parse_json(document)))
    out += violation.path + ";";
  return out;
}

TEST(JsonSchema, checks) {
  constexpr std::string_view schema = R"({"type":"object","required":["a"],"properties":{
    "a":{"type":"integer"},"items":{"type":"array",
    "items":{"type":"object","properties":{"name":{"type":"string"}}}}}})";
  EXPECT_EQ(violations(schema, R"({"a":1})"), "");
  EXPECT_NE(violations(schema, R"({})"), "");
  EXPECT_EQ(violations(schema, R"({"a":"1"})").substr(0, 2), "a;");
  EXPECT_EQ(
      violations(schema, R"({"a":1,"items":[{},{},{"name":7}]})").substr(0, 14), "items[2].name;"
  );
}

TEST(JsonSchema, refuses) {
  for (char const* schema :
       {"7",
        "[]",
        R"({"type":"object","properties":{"a":{"$ref":"http://example.com/x.json"}}})",
        R"({"$ref":"file:///etc/passwd"})",
        R"({"$ref":"#"})",
        R"({"allOf":[{"$ref":"#"}]})",
        R"({"definitions":{"a":{"$ref":"#/definitions/b"},
        "b":{"anyOf":[{"$ref":"#/definitions/a"}]}}})",
        R"({"$ref":"#/definitions/none"})",
        R"~({"properties":{"a":{"pattern":"(?=x)"}}})~",
        R"({"patternProperties":{"(":{}}})",
        R"({"type":7})"}) {
    EXPECT_EQ(violations(schema, "{}"), "invalid_schema") << schema;
  }
}

TEST(JsonSchema, recursion_into_the_document_is_fine) {
  constexpr std::string_view schema =
      R"({"properties":{"child":{"$ref":"#"},"pattern":{"type":"string"}},"required":["pattern"]})";
  EXPECT_EQ(violations(schema, R"({"pattern":"(","child":{"pattern":"x"}})"), "");
  EXPECT_NE(violations(schema, R"({"pattern":"x","child":{}})"), "");
}

TEST(JsonSchema, patterns_and_formats_take_linear_time_and_no_stack) {
  std::string const long_text(200'000, 'a');
  std::string const document = "\"" + long_text + "!\"";
  EXPECT_NE(violations(R"({"pattern":"^(a+)+$"})", document), "");
  EXPECT_EQ(violations(R"({"pattern":"^(a+)+!$"})", document), "");
  EXPECT_NE(violations(R"({"format":"date-time"})", document), "");
  EXPECT_EQ(violations(R"({"format":"date"})", "\"2026-01-31\""), "");
  EXPECT_NE(violations(R"({"format":"date"})", "\"" + std::string(100'000, '1') + "-01-31\""), "");
}

}  // namespace
}  // namespace ropewalk
