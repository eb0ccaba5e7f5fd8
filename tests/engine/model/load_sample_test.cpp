// Goal: the sample of the design loads as its readers expect, and a file with many mistakes shows
// all of them at once.

#include "engine/base/json.hpp"
#include "engine/model/graph_export.hpp"
#include "tests/engine/model/fake_types.hpp"

#include <gtest/gtest.h>

namespace ropewalk {
namespace {

using namespace std::chrono_literals;
using test::fake_types;
using test::problems_of;

constexpr std::string_view sample = R"(name: triage
description: Sort a ticket and page someone if it is urgent.
inputs:
  type: object
  required: [ticket]
  properties: { ticket: { type: string }, customer: { type: string, default: nobody } }
variables: { team: support }
defaults:
  retry: { maxAttempts: 3, initialDelay: 1s, backoffFactor: 2, maxDelay: 30s, jitter: 0.2 }
  timeout: 5m
concurrency: { limit: 4, key: "${{ inputs.customer }}", onLimit: queue }
priority: 50
tasks:
  classify:
    type: ai
    prompt: prompts/classify.prompt
    model: openai/gpt-4o-mini
    temperature: 0
    maxTokens: 200
    context: ["${{ inputs.ticket }}"]
    output:
      schema: { type: object, required: [urgency], properties: { urgency: { type: integer } } }
  page:
    type: command
    dependencies:
      - { taskId: classify, type: success, condition: "tasks.classify.output.urgency > 7" }
    command: [./page.sh, "${{ tasks.classify.output.urgency }}"]
    priority: 90
    resources: { cpu: 1, memory: 256MiB }
  report:
    type: script
    language: python
    needs: [page]
    source: |
      import json, os
      print("team", json.load(open(os.environ["ROPEWALK_CONTEXT"]))["variables"]["team"])
)";

TEST(LoadSample, loads) {
  auto const loaded = load_workflow(sample, fake_types());
  ASSERT_EQ(problems_of(loaded), "");
  Workflow const& workflow = *loaded.workflow;
  EXPECT_EQ(workflow.name, "triage");
  EXPECT_EQ(workflow.priority, 50);
  EXPECT_EQ(workflow.concurrency->limit, 4U);
  EXPECT_TRUE(workflow.concurrency->key->is_single_expression());
  EXPECT_EQ(to_text(workflow.variables), R"({"team":"support"})");
  ASSERT_EQ(workflow.tasks.size(), 3U);

  TaskDef const& page = workflow.tasks[*workflow.find("page")];
  EXPECT_EQ(page.type->name, "command");
  EXPECT_EQ(page.options->priority, 90);
  EXPECT_EQ(page.options->timeout, 5min);
  EXPECT_EQ(page.options->retry.max_attempts, 3U);
  EXPECT_EQ(page.options->retry.max_delay, 30s);
  std::vector<PoolNeed> const needs{{"cpu", 1000}, {"default", 1}, {"memory", 256U << 20}};
  EXPECT_EQ(page.options->needs, needs);

  auto const edges = workflow.graph.dependencies(*workflow.find("page"));
  ASSERT_EQ(edges.size(), 1U);
  EXPECT_EQ(
      workflow.edge_conditions[edges[0].condition].source(), "tasks.classify.output.urgency > 7"
  );
  EXPECT_EQ(workflow.graph.levels(), (std::vector<std::uint32_t>{0, 1, 2}));
  EXPECT_EQ(workflow.tasks[0].options->retry.max_attempts, 3U);
}

TEST(LoadSample, the_same_as_json_has_the_same_canonical_form) {
  auto const yaml = load_workflow(sample, fake_types());
  ASSERT_TRUE(yaml.workflow);
  std::string const text = to_text(json::value(yaml.workflow->document));
  auto const json = load_workflow(text, fake_types());
  ASSERT_EQ(problems_of(json), "");
  EXPECT_EQ(canonical_text(*json.workflow), canonical_text(*yaml.workflow));
  auto const value = load_workflow(json::value(yaml.workflow->document), fake_types());
  ASSERT_TRUE(value.workflow);
}

TEST(LoadSample, inputs_are_checked_and_filled_in) {
  auto const loaded = load_workflow(sample, fake_types());
  ASSERT_TRUE(loaded.workflow);
  auto const good = accept_inputs(*loaded.workflow, {{"ticket", "it burns"}});
  ASSERT_TRUE(good);
  EXPECT_EQ(to_text(json::value(*good)), R"({"ticket":"it burns","customer":"nobody"})");
  auto const bad = accept_inputs(*loaded.workflow, {{"ticket", 7}});
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, "invalid_inputs");
  EXPECT_NE(to_text(bad.error().detail).find(R"("path":"ticket")"), std::string::npos);
}

constexpr std::string_view broken = R"(name: triage
tasks:
  fetch:
    type: pass
    needs: [publish]
  clean:
    type: pass
    needs: [fetch]
    timout: 5m
  publish:
    type: pass
    dependencies:
      - taskId: clean
        condition: tasks.clean.output.rows >> 7
      - taskId: fecth
  report:
    type: script
    language: python
    source: |
      import sys
      print("${{ tasks.clean.output }}")
)";

TEST(LoadSample, all_mistakes_at_once) {
  auto const loaded = load_workflow(broken, fake_types());
  EXPECT_EQ(loaded.workflow, nullptr);
  EXPECT_EQ(
      problems_of(loaded),
      "3:3 cycle tasks.fetch\n"
      "9:5 unknown_field tasks.clean.timout\n"
      "14:45 bad_expression tasks.publish.dependencies[0].condition\n"
      "15:17 unknown_task tasks.publish.dependencies[1].taskId\n"
      "21:14 interpolation_in_code tasks.report.source\n"
  );
  ASSERT_EQ(loaded.problems.size(), 5U);
  EXPECT_NE(loaded.problems[0].message.find("fetch → clean → publish → fetch"), std::string::npos);
  EXPECT_EQ(loaded.problems[1].hint, "did you mean `timeout`?");
  EXPECT_EQ(loaded.problems[3].hint, "did you mean `fetch`?");
  EXPECT_NE(loaded.problems[4].hint.find("pass it by env:"), std::string::npos);
  for (Problem const& problem : loaded.problems) EXPECT_FALSE(problem.hint.empty()) << problem.code;
}

TEST(LoadSample, the_same_mistakes_in_json) {
  EXPECT_EQ(
      problems_of(R"({
  "name": "x",
  "tasks": {
    "a": {"type": "pass", "needs": ["b", "c"]},
    "b": {"type": "pass", "needs": ["a"], "valeu": 1},
    "c": {"type": "pass", "when": "inputs.x >"}
  }
})"),
      "4:5 cycle tasks.a\n"
      "5:43 unknown_field tasks.b.valeu\n"
      "6:46 bad_expression tasks.c.when\n"
  );
}

}  // namespace
}  // namespace ropewalk
