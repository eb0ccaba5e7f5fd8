// Goal: tasks that others run as their tools are known before anything runs: who calls whom, in
// what order, with what slots, and what cannot work.
#include "engine/base/json.hpp"
#include "engine/model/graph_export.hpp"
#include "engine/model/workflow.hpp"
#include "tests/engine/model/fake_types.hpp"

#include <gtest/gtest.h>

namespace ropewalk {
namespace {

TaskTypes const& types() {
  static TaskTypes const registry = [] {
    TaskTypes all;
    all.add(TaskType{.name = "work"});
    all.add(TaskType{
        .name = "agent",
        .fields = {{.name = "tools", .kind = FieldKind::list}},
        .called_tasks =
            [](boost::json::object const& task) {
              std::vector<CalledTask> called;
              auto const* tools = task.if_contains("tools");
              if (!tools || !tools->is_array()) return called;
              for (std::size_t i = 0; i < tools->get_array().size(); ++i)
                called.push_back(
                    {std::string(tools->get_array()[i].as_string()),
                     "tools[" + std::to_string(i) + "]"}
                );
              return called;
            },
    });
    return all;
  }();
  return registry;
}

LoadedWorkflow load(std::string const& tasks) {
  return load_workflow("name: x\ntasks:\n" + tasks, types());
}

std::string problems(std::string const& tasks) {
  return test::problems_of(load(tasks));
}

TEST(LoadCalls, ACalledTaskComesAfterWhoCallsIt) {
  auto const loaded = load(
      "  lookup: {type: work}\n"
      "  ask: {type: agent, tools: [lookup, lookup]}\n"
      "  after: {type: work, needs: [lookup]}\n"
  );
  ASSERT_TRUE(loaded.workflow) << test::problems_of(loaded);
  Workflow const& flow = *loaded.workflow;
  EXPECT_TRUE(flow.tasks[0].is_template);
  EXPECT_FALSE(flow.tasks[1].is_template);
  auto const edges = flow.graph.dependencies(0);
  ASSERT_EQ(edges.size(), 1U) << "a task that is named twice is called by one edge";
  EXPECT_EQ(edges[0].from, 1U);
  EXPECT_TRUE(edges[0].is_call);
  EXPECT_EQ(edges[0].type, DependencyType::completion);
  auto const shown = to_text(to_graph_json(flow));
  EXPECT_NE(shown.find("\"call\":true"), std::string::npos) << shown;
  EXPECT_NE(to_mermaid(flow).find("calls"), std::string::npos);
}

TEST(LoadCalls, WhatCannotWork) {
  EXPECT_EQ(
      problems("  ask: {type: agent, tools: [lokup]}\n  lookup: {type: work}\n"),
      "3:30 unknown_task tasks.ask.tools[0]\n"
  );
  EXPECT_EQ(
      problems("  ask: {type: agent, tools: [ask]}\n"), "3:30 self_call tasks.ask.tools[0]\n"
  );
  EXPECT_EQ(
      problems("  a: {type: work}\n  t: {type: work, needs: [a]}\n  b: {type: agent, tools: [t]}\n"
      ),
      "4:3 called_task_waits tasks.t\n"
  );
  EXPECT_EQ(
      problems("  ask: {type: agent, tools: [t]}\n  t: {type: work}\n"
               "  f: {type: work, dependencies: [{taskId: t, type: failure}]}\n"),
      "5:3 called_task_never_fails tasks.f\n"
  );
  EXPECT_EQ(
      problems("  ask: {type: agent, tools: [t], needs: [t]}\n  t: {type: work}\n"),
      "3:3 cycle tasks.ask\n"
  );
  EXPECT_EQ(
      problems("  a: {type: agent, tools: [b]}\n  b: {type: agent, tools: [a]}\n"),
      "3:3 cycle tasks.a\n"
  );
}

TEST(LoadCalls, ArgumentsAreThereInCalledTasksOnly) {
  EXPECT_EQ(
      problems("  ask: {type: agent, tools: [t]}\n  t: {type: pass, value: '${{ args.city }}'}\n"),
      ""
  );
  EXPECT_EQ(
      problems("  ask: {type: agent, when: args.x > 1}\n"), "3:28 unknown_name tasks.ask.when\n"
  );
}

TEST(LoadCalls, ACallerHoldsWhatItsCallsNeed) {
  auto const loaded = load(
      "  ask: {type: agent, tools: [mid, plain]}\n"
      "  mid: {type: agent, tools: [deep], pool: {name: default, slots: 2}}\n"
      "  deep: {type: work, pool: gpu, resources: {cpu: 2}}\n"
      "  plain: {type: work, resources: {cpu: 1}}\n"
      "  apart: {type: work}\n"
  );
  ASSERT_TRUE(loaded.workflow) << test::problems_of(loaded);
  std::vector<PoolNeed> const all{{"cpu", 2000}, {"default", 2}, {"gpu", 1}};
  EXPECT_EQ(loaded.workflow->tasks[0].options->needs, all);
  EXPECT_EQ(loaded.workflow->tasks[1].options->needs, all);
  std::vector<PoolNeed> const one{{"default", 1}};
  EXPECT_EQ(loaded.workflow->tasks[4].options->needs, one) << "others are left alone";
}

}  // namespace
}  // namespace ropewalk
