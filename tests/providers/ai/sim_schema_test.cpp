// What the simulation makes of a schema satisfies it, says the validator; and ends, whatever the
// schema.
#include "providers/ai/sim_schema.hpp"

#include "engine/base/json.hpp"
#include "engine/model/json_schema.hpp"

#include <gtest/gtest.h>

namespace ropewalk::ai {
namespace {

json::object schema(std::string_view text) {
  auto const value = parse_json(text);
  EXPECT_TRUE(value) << text;
  return value->as_object();
}

TEST(SimSchema, SatisfiesWhatItIsAskedFor) {
  for (std::string_view const text : {
           R"({"type":"integer","minimum":3,"maximum":5})",
           R"({"type":"integer","exclusiveMinimum":3,"exclusiveMaximum":5})",
           R"({"type":"integer","minimum":10,"multipleOf":7})",
           R"({"type":"number","minimum":0.5,"maximum":0.75})",
           R"({"type":"number","exclusiveMinimum":1,"exclusiveMaximum":2})",
           R"({"type":"string","minLength":40,"maxLength":60})",
           R"({"type":"string","maxLength":3})",
           R"({"type":["null","string"]})",
           R"({"type":"boolean"})",
           R"({"type":"null"})",
           R"({"const":{"a":[1]}})",
           R"({"enum":["a",2,null]})",
           R"({"type":"array","items":{"type":"integer"},"minItems":4,"uniqueItems":true})",
           R"({"type":"array","items":{"enum":[1,2,3]},"minItems":3,"uniqueItems":true})",
           R"({"type":"array","items":[{"type":"string"},{"type":"integer"}]})",
           R"({"type":"array","items":{"type":"string"},"maxItems":0})",
           R"({"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"object",
               "required":["c"],"properties":{"c":{"type":"array","items":{"type":"number"}}}}},
               "required":["a","b"],"additionalProperties":false})",
           R"({"allOf":[{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]},
               {"properties":{"b":{"type":"boolean"}},"required":["b"]}]})",
           R"({"anyOf":[{"type":"integer"},{"type":"string"}]})",
           R"({"type":"object","properties":{"n":{"$ref":"#/definitions/x~1y"}},"required":["n"],
               "definitions":{"x/y":{"type":"integer","minimum":7}}})",
           R"({"$ref":"#/definitions/node","definitions":{"node":{"type":"object",
               "properties":{"next":{"$ref":"#/definitions/node"},"v":{"type":"integer"}},
               "required":["v"]}}})",
           R"({"type":"object","required":["free"]})",
           R"({})",
       }) {
    json::object const wanted = schema(text);
    auto const compiled = JsonSchema::compile(wanted);
    ASSERT_TRUE(compiled) << text;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      SimRandom random(seed);
      auto const value = value_for_schema(wanted, random);
      for (auto const& violation : (*compiled)->check(value))
        ADD_FAILURE() << text << "\n" << to_text(value) << "\n" << violation.message;
    }
  }
}

TEST(SimSchema, KnowsTheUsualFormats) {
  SimRandom random(1);
  auto const of = [&](std::string_view format) {
    return string_for_schema({{"type", "string"}, {"format", format}}, random);
  };
  EXPECT_EQ(of("date").size(), 10U);
  EXPECT_EQ(of("date-time").size(), 20U);
  EXPECT_EQ(of("uuid").size(), 36U);
  EXPECT_NE(of("email").find("@example.com"), std::string::npos);
  EXPECT_TRUE(of("uri").starts_with("https://"));
  EXPECT_TRUE(of("no-such-format").starts_with("(simulated)"));
}

TEST(SimSchema, EndsWhateverTheSchema) {
  for (std::string_view const text : {
           R"({"$ref":"#"})",
           R"({"$ref":"#/nowhere"})",
           R"({"allOf":[{"$ref":"#"},{"$ref":"#"},{"$ref":"#"}]})",
           R"({"type":"object","required":["a","b"],
               "properties":{"a":{"$ref":"#"},"b":{"$ref":"#"}}})",
           R"({"type":"array","minItems":1000000,"items":{"$ref":"#"}})",
           R"({"type":"array","minItems":-5,"maxItems":-9})",
           R"({"type":"integer","minimum":1e300,"maximum":-1e300})",
           R"({"type":"string","minLength":1000000000})",
           R"({"type":7,"enum":[],"required":3,"properties":[]})",
       }) {
    SimRandom random(1);
    auto const value = value_for_schema(schema(text), random);
    EXPECT_LT(text_size(value, 10'000'000), 10'000'000U) << text;
  }
}

}  // namespace
}  // namespace ropewalk::ai
