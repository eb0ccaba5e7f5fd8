// Goal: `budget` of a workflow: what is read, and the problem of what is not.

#include "tests/engine/model/fake_types.hpp"

#include <gtest/gtest.h>

namespace ropewalk {
namespace {

using test::fake_types;
using test::problems_of;

std::string with_budget(std::string const& budget) {
  return "name: x\nbudget: " + budget + "\ntasks: {a: {type: pass}}";
}

TEST(WorkflowBudget, OfAnExecutionAndOfADay) {
  auto const loaded = load_workflow(
      with_budget("{maxTokens: 20000, maxCostUsd: 0.5, onExceeded: pause,"
                  " perDay: {maxCostUsd: 20}}"),
      fake_types()
  );
  ASSERT_EQ(problems_of(loaded), "");
  auto const& budget = loaded.workflow->budget;
  EXPECT_EQ(budget.execution.max_tokens, 20000);
  EXPECT_EQ(budget.execution.max_cost_usd, 0.5);
  EXPECT_EQ(budget.execution.on_exceeded, OnExceeded::pause);
  EXPECT_FALSE(budget.day.max_tokens);
  EXPECT_EQ(budget.day.max_cost_usd, 20);
  EXPECT_EQ(budget.day.on_exceeded, OnExceeded::fail);
}

TEST(WorkflowBudget, MayBeOfADayAloneOrAbsent) {
  auto const day = load_workflow(with_budget("{perDay: {maxTokens: 1}}"), fake_types());
  ASSERT_EQ(problems_of(day), "");
  EXPECT_FALSE(day.workflow->budget.execution.is_set());
  EXPECT_TRUE(day.workflow->budget.day.is_set());
  auto const none = load_workflow("name: x\ntasks: {a: {type: pass}}", fake_types());
  ASSERT_TRUE(none.workflow);
  EXPECT_FALSE(none.workflow->budget.execution.is_set());
  EXPECT_FALSE(none.workflow->budget.day.is_set());
}

TEST(WorkflowBudget, Problems) {
  struct Case {
    std::string budget;
    std::string problems;
  };
  Case const cases[]{
      {"5", "2:9 wrong_kind budget\n"},
      {"{}", "2:9 missing_field budget\n"},
      {"{maxTokens: 0}", "2:21 out_of_range budget.maxTokens\n"},
      {"{maxTokens: 1.5}", "2:21 wrong_kind budget.maxTokens\n"},
      {"{maxCostUsd: -1}", "2:22 out_of_range budget.maxCostUsd\n"},
      {"{maxCostUsd: '$1'}", "2:22 wrong_kind budget.maxCostUsd\n"},
      {"{maxCostUSD: 1}", "2:9 missing_field budget\n2:10 unknown_field budget.maxCostUSD\n"},
      {"{maxTokens: 5, onExceeded: wait}", "2:36 unknown_word budget.onExceeded\n"},
      {"{onExceeded: pause, perDay: {maxTokens: 5}}", "2:9 missing_field budget\n"},
      {"{perDay: 5}", "2:18 wrong_kind budget.perDay\n"},
      {"{perDay: {onExceeded: fail}}", "2:18 missing_field budget.perDay\n"},
      {"{perDay: {maxTokens: 5, perDay: {}}}", "2:33 unknown_field budget.perDay.perDay\n"},
  };
  for (auto const& c : cases) EXPECT_EQ(problems_of(with_budget(c.budget)), c.problems) << c.budget;
}

TEST(WorkflowBudget, AnUnknownFieldHasASuggestion) {
  auto const loaded = load_workflow(with_budget("{maxTokens: 1, perDey: {}}"), fake_types());
  ASSERT_EQ(loaded.problems.size(), 1U);
  EXPECT_NE(loaded.problems[0].hint.find("perDay"), std::string::npos) << loaded.problems[0].hint;
}

}  // namespace
}  // namespace ropewalk
