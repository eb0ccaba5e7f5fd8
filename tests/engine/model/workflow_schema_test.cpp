// Goal: the schema for editors is one, names every field, and accepts what the loader accepts.

#include "engine/model/workflow_schema.hpp"

#include "engine/base/json.hpp"
#include "engine/model/json_schema.hpp"
#include "tests/engine/model/fake_types.hpp"

#include <gtest/gtest.h>

namespace ropewalk {
namespace {

std::size_t violations(std::string_view workflow) {
  auto const schema = JsonSchema::compile(workflow_schema(test::fake_types()));
  EXPECT_TRUE(schema) << schema.error().message;
  return (*schema)->check(*parse_json(workflow)).size();
}

TEST(WorkflowSchema, accepts) {
  EXPECT_EQ(violations(R"({"name":"a.b","tasks":{"t":{"type":"pass","value":[1]}}})"), 0U);
  EXPECT_EQ(
      violations(R"({"name":"x","tasks":{
    "w":{"type":"wait","duration":"${{ inputs.d }}"},
    "c":{"type":"command","command":["ls"],"needs":["w"],
      "retry":{"maxAttempts":2,"onExitCodes":[1,"2-5"]},
         "pool":[{"name":"gpu","slots":2},"x"],"resources":{"cpu":1.5,"memory":"1GiB","gpu":1},
         "dependencies":[{"taskId":"w","type":"failure","condition":"true"}],"env":{"A":1}}}})"),
      0U
  );
}

TEST(WorkflowSchema, budgets) {
  auto const with = [](std::string const& budget) {
    return violations(R"({"name":"x","tasks":{"t":{"type":"pass"}},"budget":)" + budget + "}");
  };
  EXPECT_EQ(with(R"({"maxTokens":5,"maxCostUsd":0.1,"onExceeded":"pause"})"), 0U);
  EXPECT_EQ(with(R"({"perDay":{"maxTokens":5,"maxCostUsd":0.1,"onExceeded":"fail"}})"), 0U);
  EXPECT_GT(with(R"({"maxTokens":0})"), 0U);
  EXPECT_GT(with(R"({"perDay":{"perDay":{}}})"), 0U);
}

TEST(WorkflowSchema, refuses) {
  EXPECT_GT(violations(R"({"name":"x"})"), 0U);
  EXPECT_GT(violations(R"({"name":"x","tasks":{}})"), 0U);
  EXPECT_GT(violations(R"({"name":"x","tasks":{"t":{"type":"pass","valeu":1}}})"), 0U);
  EXPECT_GT(violations(R"({"name":"x","tasks":{"t":{"type":"wait"}}})"), 0U);
  EXPECT_GT(violations(R"({"name":"x","tasks":{"t":{"type":"wait","duration":"5"}}})"), 0U);
  EXPECT_GT(violations(R"({"name":"x","tasks":{"t":{"type":"nope"}}})"), 0U);
  EXPECT_GT(violations(R"({"name":"x","tasks":{"a b":{"type":"pass"}}})"), 0U);
}

}  // namespace
}  // namespace ropewalk
