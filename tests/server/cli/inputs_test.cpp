// Goal: inputs from the command line get the types that the workflow wants.
// Method: pairs with and without a schema; paths into outputs.
#include "server/cli/inputs.hpp"

#include "engine/base/json.hpp"

#include <gtest/gtest.h>

namespace ropewalk::cli {
namespace {

json::value value_of(std::string_view text) {
  return parse_json(text).value();
}

json::value const schema = value_of(R"({"properties":{
    "name": {"type": "string"}, "count": {"type": "integer"}, "any": {}}})");

TEST(Inputs, FollowTheSchema) {
  auto const inputs =
      read_inputs({"name=42", "count=42", "any=[1]", "other=x y", "empty="}, nullptr, schema);
  EXPECT_EQ(
      to_text(inputs.value()), R"({"name":"42","count":42,"any":[1],"other":"x y","empty":""})"
  );
}

TEST(Inputs, StandOverTheFile) {
  auto const inputs = read_inputs({"a=2"}, value_of(R"({"a":1,"b":3})"), nullptr);
  EXPECT_EQ(to_text(inputs.value()), R"({"a":2,"b":3})");
}

TEST(Inputs, MistakesAreErrors) {
  EXPECT_EQ(read_inputs({"a"}, nullptr, nullptr).error().code, "invalid_input");
  EXPECT_EQ(read_inputs({"=a"}, nullptr, nullptr).error().code, "invalid_input");
  EXPECT_EQ(read_inputs({"count=many"}, nullptr, schema).error().code, "invalid_input");
  EXPECT_EQ(read_inputs({}, value_of("[1]"), nullptr).error().code, "invalid_input");
}

TEST(Labels, ArePairs) {
  EXPECT_EQ(to_text(read_labels({"a=1", "b=x=y"}).value()), R"({"a":"1","b":"x=y"})");
  EXPECT_EQ(read_labels({"a"}).error().code, "invalid_label");
}

TEST(OutputAt, WalksIntoTheOutput) {
  auto const execution =
      value_of(R"({"tasks":[{"id":"a","output":{"x":{"y":7},"text":"t"}},{"id":"b"}]})")
          .as_object();
  EXPECT_EQ(output_at(execution, "a.x.y"), json::value(7));
  EXPECT_EQ(output_at(execution, "a.text"), json::value("t"));
  EXPECT_TRUE(output_at(execution, "a").is_object());
  EXPECT_TRUE(output_at(execution, "a.z.y").is_null());
  EXPECT_TRUE(output_at(execution, "b.x").is_null());
  EXPECT_TRUE(output_at(execution, "c").is_null());
}

}  // namespace
}  // namespace ropewalk::cli
