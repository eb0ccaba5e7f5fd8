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

/// An array of `count` elements that element(i) writes.
template <class Element>
std::string array_of(std::size_t count, Element element) {
  std::string out = "[";
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) out += ',';
    out += element(i);
  }
  return out + "]";
}

TEST(JsonSchema, unique_items_compare_as_json_schema_does) {
  constexpr std::string_view schema = R"({"uniqueItems":true})";
  for (char const* same :
       {"[1,1]",
        "[1,1.0]",
        "[0,-0.0]",
        "[9007199254740993,2,9007199254740993]",
        "[18446744073709551615,18446744073709551615]",
        "[1e300,10e299]",
        R"([{"a":1,"b":[2]},{"b":[2.0],"a":1}])",
        "[[],[]]",
        "[null,0,null]"})
    EXPECT_EQ(violations(schema, same), ";") << same;
  for (char const* other :
       {"[]",
        "[1]",
        "[0,false,null,\"\",[],{}]",
        "[1,true,\"1\"]",
        "[9007199254740992,9007199254740993]",
        "[9007199254740992.0,9007199254740993]",
        R"(["a,s1:b","a"])",
        R"([["a"],["a",[]],[["a"]]])",
        R"([{"a":1},{"a":1,"b":1},{"b":1}])",
        R"(["a\u0000b","a\u0000c"])",
        R"({"a":1})"})
    EXPECT_EQ(violations(schema, other), "") << other;
  EXPECT_EQ(violations(R"({"uniqueItems":false})", "[1,1]"), "");
}

TEST(JsonSchema, unique_items_hold_wherever_they_stand) {
  EXPECT_EQ(violations(R"({"not":{"uniqueItems":true}})", "[1,1]"), "");
  EXPECT_NE(violations(R"({"not":{"uniqueItems":true}})", "[1,2]"), "");
  constexpr std::string_view one = R"({"oneOf":[{"uniqueItems":true},{"minItems":2}]})";
  EXPECT_EQ(violations(one, "[1,1]"), "");
  EXPECT_NE(violations(one, "[1,2]"), "");
  constexpr std::string_view any = R"({"anyOf":[{"$ref":"#/definitions/u"},{"maxItems":2}],
    "definitions":{"u":{"uniqueItems":true}}})";
  EXPECT_EQ(violations(any, "[1,1]"), "");
  EXPECT_NE(violations(any, "[1,1,1]"), "");
  constexpr std::string_view branch =
      R"({"if":{"uniqueItems":true},"then":{"minItems":2},"else":{"maxItems":2}})";
  EXPECT_EQ(violations(branch, "[1,1]"), "");
  EXPECT_NE(violations(branch, "[1]"), "");
  EXPECT_NE(violations(branch, "[1,1,1]"), "");
  constexpr std::string_view within = R"({"properties":{"a":{"items":{"uniqueItems":true}}}})";
  EXPECT_EQ(violations(within, R"({"a":[[1],[2,2]]})").substr(0, 5), "a[1];");
}

TEST(JsonSchema, many_unique_items_do_not_take_the_square_of_their_number) {
  auto const schema = JsonSchema::compile(*parse_json(R"({"type":"array","uniqueItems":true})"));
  ASSERT_TRUE(schema);
  auto text = array_of(200'000, [](std::size_t i) { return std::to_string(i); });
  JsonLimits const limits{8 * 1024 * 1024, 32, 1'000'000};
  EXPECT_TRUE((*schema)->check(*parse_json(text, limits)).empty());
  text.replace(text.size() - 1, 1, ",7]");
  auto const found = (*schema)->check(*parse_json(text, limits));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NE(found[0].message.find("#7 and #200000"), std::string::npos) << found[0].message;
}

TEST(JsonSchema, the_work_of_a_check_is_bounded) {
  JsonLimits const limits{16 * 1024 * 1024, 64, 4'000'000};
  auto const verdict = [&](std::string const& schema, std::string const& document) {
    auto const compiled = JsonSchema::compile(*parse_json(schema, limits));
    EXPECT_TRUE(compiled) << schema.substr(0, 200);
    if (!compiled) return std::string();
    auto const found = (*compiled)->check(*parse_json(document, limits));
    return found.empty() ? std::string() : found[0].message;
  };
  auto const word = [](std::size_t i) { return "\"word " + std::to_string(i) + "\""; };
  auto const names = array_of(5'000, word);
  auto const texts = array_of(100'000, [&](std::size_t i) { return word(i % 5'000); });
  constexpr std::string_view refused = "could not be checked: it takes more than";
  EXPECT_TRUE(verdict(R"({"items":{"enum":)" + names + "}}", texts).starts_with(refused));
  EXPECT_EQ(
      verdict(
          R"({"items":{"enum":["word 0"]}})",
          array_of(50'000, [](std::size_t) { return "\"word 0\""; })
      ),
      ""
  );
  // Both branches of every level are tried at each level below.
  std::string deep = "1";
  for (int i = 0; i < 30; ++i) deep = "[" + deep + "]";
  EXPECT_TRUE(verdict(R"({"allOf":[{"items":{"$ref":"#"}},{"items":{"$ref":"#"}}]})", deep)
                  .starts_with(refused));
}

TEST(JsonSchema, what_is_wrong_in_branches_is_told) {
  constexpr std::string_view schema =
      R"({"anyOf":[{"properties":{"a":{"type":"string"}}},{"required":["b"]}]})";
  EXPECT_EQ(violations(schema, R"({"a":"1"})"), "");
  EXPECT_EQ(violations(schema, R"({"a":1,"b":1})"), "");
  EXPECT_EQ(violations(schema, R"({"a":1})").substr(0, 2), "a;");
  constexpr std::string_view one = R"({"oneOf":[{"type":"string"},{"type":"integer"}]})";
  EXPECT_EQ(violations(one, "1"), "");
  EXPECT_EQ(violations(one, "null"), ";;;;;");
}

TEST(JsonSchema, no_more_is_gathered_than_is_shown) {
  auto const schema = JsonSchema::compile(
      *parse_json(R"({"anyOf":[{"items":{"type":"string"}},{"items":{"type":"null"}}]})")
  );
  ASSERT_TRUE(schema);
  auto const numbers = array_of(100'000, [](std::size_t) { return "1"; });
  auto const found = (*schema)->check(*parse_json(numbers));
  ASSERT_EQ(found.size(), 100U);
  EXPECT_EQ(found[0].path, "[0]");
}

}  // namespace
}  // namespace ropewalk
