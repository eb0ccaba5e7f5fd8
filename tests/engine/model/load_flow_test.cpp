// Goal: finally, switch, cache and onFailure are read, and what cannot work is said before anything
// runs.
#include "engine/model/workflow.hpp"
#include "tests/engine/model/fake_types.hpp"

#include <gtest/gtest.h>

#include <string>

namespace ropewalk {
namespace {

using test::fake_types;

std::string problems(std::string const& body) {
  std::string out;
  for (auto const& problem : load_workflow("name: x\n" + body, fake_types()).problems)
    out += problem.code + " at " + problem.path + "\n";
  return out;
}

std::string run(std::string const& more = "") {
  return "{type: command, command: [x]" + more + "}";
}

TEST(LoadFinally, TasksStandInASectionOfTheirOwn) {
  auto const loaded = load_workflow(
      "name: x\ntasks: {a: " + run() +
          "}\nfinally: [{id: b, type: command, command: [\"${{ "
          "tasks.a.status }} ${{ execution.status }}\"]}]",
      fake_types()
  );
  ASSERT_TRUE(loaded.workflow) << test::problems_of(loaded);
  EXPECT_FALSE(loaded.workflow->tasks[0].is_final);
  EXPECT_TRUE(loaded.workflow->tasks[1].is_final);
}

TEST(LoadFinally, ItsTasksAndTheOthersDoNotWaitForEachOther) {
  EXPECT_EQ(
      problems("tasks: {a: " + run() + "}\nfinally: {b: " + run(", needs: [a]") + "}"),
      "needless_dependency at finally.b.needs[0]\n"
  );
  EXPECT_EQ(
      problems("tasks: {a: " + run(", needs: [b]") + "}\nfinally: {b: " + run() + "}"),
      "waits_for_finally at tasks.a.needs[0]\n"
  );
  EXPECT_EQ(
      problems(
          "tasks: {a: " + run(", env: {X: \"${{ tasks.b.output }}\"}") +
          "}\nfinally: {b: " + run() + "}"
      ),
      "not_upstream at tasks.a.env.X\n"
  );
}

TEST(LoadFinally, IdsAreOneSpace) {
  EXPECT_EQ(
      problems("tasks: {a: " + run() + "}\nfinally: {a: " + run() + "}"),
      "duplicate_task at finally.a.id\n"
  );
  EXPECT_EQ(problems("tasks: {a: " + run() + "}\nfinally: {}"), "no_tasks at finally\n");
  EXPECT_EQ(problems("tasks: {a: " + run() + "}\nfinally: 5"), "wrong_kind at finally\n");
}

std::string with_switch(std::string const& fields) {
  return "tasks:\n  s: {type: switch, " + fields + "}\n  a: " + run() + "\n  b: " + run() + "\n";
}

TEST(LoadSwitch, ItsCasesBecomeEdges) {
  auto const loaded = load_workflow(
      "name: x\n" +
          with_switch("cases: [{when: inputs.n > 1, then: [a]}, {name: two, when: 'true'}], "
                      "otherwise: [a, b]"),
      fake_types()
  );
  ASSERT_TRUE(loaded.workflow) << test::problems_of(loaded);
  auto const& cases = *loaded.workflow->tasks[0].cases;
  ASSERT_EQ(cases.size(), 2U);
  EXPECT_EQ(cases[0].name, "case1");
  EXPECT_EQ(cases[1].name, "two");
  auto const edges = loaded.workflow->graph.dependencies(1);
  ASSERT_EQ(edges.size(), 1U);
  EXPECT_EQ(
      loaded.workflow->edge_conditions[edges[0].condition].source(),
      R"(tasks["s"].output.case in ["case1", "otherwise"])"
  );
}

TEST(LoadSwitch, WhatCannotWorkIsSaid) {
  EXPECT_EQ(problems(with_switch("cases: []")), "wrong_count at tasks.s.cases\n");
  EXPECT_EQ(problems(with_switch("otherwise: [a]")), "missing_field at tasks.s.cases\n");
  EXPECT_EQ(
      problems(with_switch("cases: [{then: [a]}]")), "missing_field at tasks.s.cases[0].when\n"
  );
  EXPECT_EQ(
      problems(with_switch("cases: [{when: 'true', then: [c]}]")),
      "unknown_task at tasks.s.cases[0].then[0]\n"
  );
  EXPECT_EQ(
      problems(with_switch("cases: [{when: 'true', then: [s]}]")),
      "invalid_branch at tasks.s.cases[0].then[0]\n"
  );
  EXPECT_EQ(
      problems(with_switch("cases: [{when: 'true', name: otherwise}]")),
      "duplicate_case at tasks.s.cases[0]\n"
  );
  EXPECT_EQ(
      problems(with_switch("cases: [{when: 'true', name: 'a b'}]")),
      "invalid_name at tasks.s.cases[0].name\n"
  );
  EXPECT_EQ(
      problems(with_switch("cases: [{when: tasks.a.output > 1, then: [b]}]")),
      "not_upstream at tasks.s.cases[0].when\n"
  );
  EXPECT_EQ(
      problems(
          "tasks:\n  s: {type: switch, cases: [{when: 'true', then: [a]}]}\n  a: " +
          run(", needs: [s]")
      ),
      "duplicate_dependency at tasks.a\n"
  );
}

TEST(LoadCache, NeedsAKeyAndATime) {
  EXPECT_EQ(problems("tasks: {a: " + run(", cache: {key: inputs.x, ttl: 1h}") + "}"), "");
  EXPECT_EQ(
      problems("tasks: {a: " + run(", cache: {key: inputs.x}") + "}"),
      "missing_field at tasks.a.cache.ttl\n"
  );
  EXPECT_EQ(
      problems("tasks: {a: " + run(", cache: {ttl: 1h}") + "}"),
      "missing_field at tasks.a.cache.key\n"
  );
  EXPECT_EQ(problems("tasks: {a: " + run(", cache: true") + "}"), "wrong_kind at tasks.a.cache\n");
  EXPECT_EQ(
      problems("tasks: {a: " + run(", cache: {key: inputs.x, ttl: 0s}") + "}"),
      "out_of_range at tasks.a.cache.ttl\n"
  );
  EXPECT_EQ(
      problems("tasks: {a: {type: pass, cache: {key: inputs.x, ttl: 1s}}}"),
      "not_cached at tasks.a.cache\n"
  );
}

TEST(LoadOnFailure, IsAWordOfTheWorkflowOrOfATask) {
  auto const loaded = load_workflow(
      "name: x\nonFailure: pause\ntasks: {a: " + run(", onFailure: pause") + ", b: " + run() + "}",
      fake_types()
  );
  ASSERT_TRUE(loaded.workflow);
  EXPECT_EQ(loaded.workflow->on_failure, OnFailure::pause);
  EXPECT_TRUE(loaded.workflow->tasks[0].options->pause_on_failure);
  EXPECT_FALSE(loaded.workflow->tasks[1].options->pause_on_failure);
  EXPECT_NE(problems("tasks: {a: " + run(", onFailure: cancel") + "}"), "");
}

}  // namespace
}  // namespace ropewalk
