// Goal: forEach is read in its three forms, and what cannot work is said before anything runs.
#include "engine/model/workflow.hpp"
#include "tests/engine/model/fake_types.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ropewalk {
namespace {

TaskTypes const& types() {
  static TaskTypes const registry = [] {
    TaskTypes all;
    all.add(TaskType{.name = "work", .fields = {{.name = "text", .kind = FieldKind::string}}});
    return all;
  }();
  return registry;
}

/// Task `a` with these fields more.
LoadedWorkflow load(std::string const& fields) {
  return load_workflow("name: x\ntasks:\n  a: {type: work, " + fields + "}\n", types());
}

std::string problem(std::string const& fields) {
  auto const loaded = load(fields);
  if (loaded.problems.empty()) return "none";
  auto const& first = loaded.problems.front();
  return first.code + " at " + first.path + ": " + first.message;
}

TEST(ForEach, IsAListAnExpressionOrBothWithOptions) {
  auto const list = load("forEach: [1, 2]");
  ASSERT_TRUE(list.workflow);
  auto const& each = *list.workflow->tasks[0].for_each;
  EXPECT_EQ(each.items.document(), boost::json::value({1, 2}));
  EXPECT_EQ(each.parallel_max, 100U);
  EXPECT_EQ(each.on_failure, OnItemFailure::stop);
  EXPECT_EQ(problem("forEach: \"${{ inputs.list }}\", text: \"${{ item }} ${{ index }}\""), "none");
  auto const options =
      load("forEach: {items: \"${{ inputs.list }}\", maxParallel: 7, onItemFailure: ignore}");
  ASSERT_TRUE(options.workflow);
  EXPECT_EQ(options.workflow->tasks[0].for_each->parallel_max, 7U);
  EXPECT_EQ(options.workflow->tasks[0].for_each->on_failure, OnItemFailure::ignore);
}

TEST(ForEach, WhatIsNoListIsSaidBefore) {
  EXPECT_EQ(
      problem("forEach: 5"),
      "wrong_kind at tasks.a.forEach: `forEach` must be a list, not an integer"
  );
  EXPECT_EQ(
      problem("forEach: \"a ${{ inputs.b }}\""),
      "wrong_kind at tasks.a.forEach: `forEach` must be a list, not a string"
  );
  EXPECT_NE(problem("forEach: {maxParallel: 2}").find("tasks.a.forEach.items"), std::string::npos);
  EXPECT_NE(problem("forEach: {items: [], itmes: []}").find("unknown_field"), std::string::npos);
  EXPECT_NE(problem("forEach: {items: [], maxParallel: 0}").find("maxParallel"), std::string::npos);
  EXPECT_NE(problem("forEach: {items: [], onItemFailure: no}").find("onItem"), std::string::npos);
}

TEST(ForEach, ItemsAreKnownOnlyInWhatRunsForThem) {
  EXPECT_NE(problem("text: \"${{ item }}\"").find("this task has no forEach"), std::string::npos);
  EXPECT_NE(problem("text: \"${{ index }}\"").find("no index here"), std::string::npos);
  EXPECT_NE(
      problem("forEach: [1], when: item > 1").find("once, for the whole list"), std::string::npos
  );
  EXPECT_NE(problem("forEach: \"${{ item }}\"").find("the whole list"), std::string::npos);
  EXPECT_EQ(problem("forEach: [1], failWhen: tasks.a.output > item"), "none");
}

}  // namespace
}  // namespace ropewalk
