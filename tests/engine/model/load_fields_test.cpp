// Goal: every field of a workflow and of its tasks: what is accepted, and the problem of what is
// not.

#include "engine/base/json.hpp"
#include "tests/engine/model/fake_types.hpp"

#include <gtest/gtest.h>

namespace ropewalk {
namespace {

using namespace std::chrono_literals;
using test::fake_types;
using test::problems_of;

/// The problems of a workflow of one task `t` with these fields (flow style).
std::string of_task(std::string const& fields) {
  std::string out =
      problems_of(load_workflow("name: x\ntasks: {t: {" + fields + "}}", fake_types()));
  for (auto at = out.find("2:"); at != std::string::npos; at = out.find("2:"))
    out.erase(at, out.find(' ', at) + 1 - at);
  return out;
}

std::string of_workflow(std::string const& lines) {
  return problems_of(load_workflow(lines + "\ntasks: {a: {type: pass}}", fake_types()));
}

struct Case {
  std::string text;
  std::string problems;
};

TEST(TaskFields, problems) {
  Case const cases[]{
      {"type: pass", ""},
      {"", "missing_field tasks.t.type\n"},
      {"type: 7", "wrong_kind tasks.t.type\n"},
      {"type: pas", "unknown_type tasks.t.type\n"},
      {"type: pass, forEvery: [1]", "unknown_field tasks.t.forEvery\n"},
      {"type: pass, id: t", "unknown_field tasks.t.id\n"},
      {"type: wait", "missing_field tasks.t.duration\n"},
      {"type: wait, duration: 5m", ""},
      {"type: wait, duration: 5", "wrong_kind tasks.t.duration\n"},
      {"type: wait, duration: 5 minutes", "invalid_duration tasks.t.duration\n"},
      {"type: wait, duration: '${{ inputs.pause }}'", ""},
      {"type: pass, timeout: 5", "wrong_kind tasks.t.timeout\n"},
      {"type: pass, deadline: soon", "invalid_duration tasks.t.deadline\n"},
      {"type: pass, queueTimeout: 1h, deadline: 2h, description: d, allowFailure: true", ""},
      {"type: pass, allowFailure: 'true'", "wrong_kind tasks.t.allowFailure\n"},
      {"type: pass, allowFailure: yes", "wrong_kind tasks.t.allowFailure\n"},
      {"type: pass, priority: 100", ""},
      {"type: pass, priority: 101", "out_of_range tasks.t.priority\n"},
      {"type: pass, priority: -1", "out_of_range tasks.t.priority\n"},
      {"type: pass, priority: 010", "wrong_kind tasks.t.priority\n"},
      {"type: pass, pool: gpu", "takes_no_slot tasks.t.pool\n"},
      {"type: pass, when: 'inputs.x >'", "bad_expression tasks.t.when\n"},
      {"type: pass, when: '${{ inputs.x }}'", "bad_expression tasks.t.when\n"},
      {"type: pass, when: true", "wrong_kind tasks.t.when\n"},
      {"type: pass, value: '${{ inputs.'", "bad_expression tasks.t.value\n"},
      {"type: pass, env: [a]", "wrong_kind tasks.t.env\n"},
      {"type: pass, env: {A: 1, b-c: x, D: [1]}",
       "invalid_name tasks.t.env.b-c\nwrong_kind tasks.t.env.D\n"},
      {"type: pass, needs: a", "wrong_kind tasks.t.needs\n"},
      {"type: pass, needs: [1]", "wrong_kind tasks.t.needs[0]\n"},
      {"type: pass, needs: [t]", "self_dependency tasks.t.needs[0]\n"},
      {"type: pass, dependencies: [t]", "wrong_kind tasks.t.dependencies[0]\n"},
      {"type: pass, dependencies: [{}]", "missing_field tasks.t.dependencies[0].taskId\n"},
      {"type: command", "missing_field tasks.t.command\n"},
      {"type: command, command: ls", "wrong_kind tasks.t.command\n"},
      {"type: command, command: [ls], grace: 1x", "invalid_duration tasks.t.grace\n"},
      {"type: command, command: [ls], outputLimit: 1 MB", "invalid_size tasks.t.outputLimit\n"},
      {"type: command, command: [ls], outputLimit: 1MiB", ""},
      {"type: command, command: [ls], until: 'a +'", "bad_expression tasks.t.until\n"},
      {"type: script, language: pyhton, file: a.py", "unknown_word tasks.t.language\n"},
      {"type: script, language: python", "missing_field tasks.t.source\n"},
      {"type: script, language: python, source: 'print(f\"$${{x}}\")'", ""},
      {"type: script, language: python, source: '${{ inputs.x }}'",
       "interpolation_in_code tasks.t.source\n"},
      {"type: ai, prompt: p, temperature: hot", "wrong_kind tasks.t.temperature\n"},
      {"type: ai, prompt: p, maxTokens: 1.5", "wrong_kind tasks.t.maxTokens\n"},
  };
  for (auto const& c : cases) EXPECT_EQ(of_task(c.text), c.problems) << c.text;
}

TEST(TaskFields, retry_and_pools_problems) {
  Case const cases[]{
      {"retry: {maxAttempts: 1000, onExitCodes: [1, '2-5', 255], on: [transient]}", ""},
      {"retry: 3", "wrong_kind tasks.t.retry\n"},
      {"retry: {attempts: 3}", "unknown_field tasks.t.retry.attempts\n"},
      {"retry: {maxAttempts: 0}", "out_of_range tasks.t.retry.maxAttempts\n"},
      {"retry: {maxAttempts: 1001}", "out_of_range tasks.t.retry.maxAttempts\n"},
      {"retry: {backoffFactor: 0.5}", "out_of_range tasks.t.retry.backoffFactor\n"},
      {"retry: {jitter: 1.1}", "out_of_range tasks.t.retry.jitter\n"},
      {"retry: {maxDelay: 1}", "wrong_kind tasks.t.retry.maxDelay\n"},
      {"retry: {on: [transiet]}", "unknown_word tasks.t.retry.on[0]\n"},
      {"retry: {onExitCodes: [256]}", "invalid_exit_code tasks.t.retry.onExitCodes[0]\n"},
      {"retry: {onExitCodes: ['5-1']}", "invalid_exit_code tasks.t.retry.onExitCodes[0]\n"},
      {"retry: {onExitCodes: [x]}", "invalid_exit_code tasks.t.retry.onExitCodes[0]\n"},
      {"pool: 7", "wrong_kind tasks.t.pool\n"},
      {"pool: a b", "invalid_name tasks.t.pool\n"},
      {"pool: {slots: 2}", "missing_field tasks.t.pool.name\n"},
      {"pool: {name: gpu, slots: 0}", "out_of_range tasks.t.pool.slots\n"},
      {"pool: [gpu, gpu]", "duplicate_pool tasks.t.pool[1]\n"},
      {"pool: gpu, resources: {gpu: 1}", "duplicate_pool tasks.t.resources.gpu\n"},
      {"resources: {cpu: -1}", "out_of_range tasks.t.resources.cpu\n"},
      {"resources: {memory: lots}", "invalid_size tasks.t.resources.memory\n"},
      {"resources: {gpu: 1.5}", "wrong_kind tasks.t.resources.gpu\n"},
  };
  for (auto const& c : cases)
    EXPECT_EQ(of_task("type: command, command: [ls], " + c.text), c.problems) << c.text;
}

std::string needs_of(std::string const& fields) {
  auto const loaded = load_workflow(
      "name: x\ntasks: {t: {type: command, command: [ls], " + fields + "}}", fake_types()
  );
  if (!loaded.workflow) return problems_of(loaded);
  std::string out;
  for (PoolNeed const& need : loaded.workflow->tasks[0].options->needs)
    out += need.pool + ":" + std::to_string(need.amount) + " ";
  return out;
}

TEST(TaskFields, pools) {
  EXPECT_EQ(needs_of(""), "default:1 ");
  EXPECT_EQ(needs_of("pool: gpu"), "gpu:1 ");
  EXPECT_EQ(needs_of("pool: {name: gpu, slots: 2}"), "gpu:2 ");
  EXPECT_EQ(needs_of("pool: [gpu, {name: api, slots: 3}]"), "api:3 gpu:1 ");
  EXPECT_EQ(
      needs_of("resources: {cpu: 1.5, memory: 256MiB, gpu: 1}"),
      "cpu:1500 default:1 gpu:1 memory:268435456 "
  );
  EXPECT_EQ(needs_of("resources: {memory: 1024, gpu: 0}"), "default:1 memory:1024 ");
}

TEST(TaskFields, defaults_stand_beneath_the_tasks) {
  auto const loaded = load_workflow(
      R"(
name: x
defaults: {retry: {maxAttempts: 5, jitter: 0}, timeout: 1m, pool: gpu, priority: 7}
tasks:
  a: {type: command, command: [ls]}
  b: {type: command, command: [ls], retry: {maxAttempts: 2}, timeout: 2m, pool: cpu_bound}
  c: {type: command, command: [other]}
  d: {type: pass}
)",
      fake_types()
  );
  ASSERT_EQ(problems_of(loaded), "");
  auto const& tasks = loaded.workflow->tasks;
  EXPECT_EQ(tasks[0].options->retry.max_attempts, 5U);
  EXPECT_EQ(tasks[0].options->timeout, 1min);
  EXPECT_EQ(tasks[0].options->needs, (std::vector<PoolNeed>{{"gpu", 1}}));
  EXPECT_EQ(tasks[1].options->retry.max_attempts, 2U);
  EXPECT_EQ(tasks[1].options->retry.jitter, 0);
  EXPECT_EQ(tasks[1].options->timeout, 2min);
  EXPECT_EQ(tasks[1].options->needs, (std::vector<PoolNeed>{{"cpu_bound", 1}}));
  EXPECT_EQ(tasks[0].options, tasks[2].options);  // one object for both
  EXPECT_TRUE(tasks[3].options->needs.empty());
}

TEST(TaskFields, attempts_by_default_are_the_types) {
  auto const loaded =
      load_workflow("name: x\ntasks: {a: {type: ai, prompt: p}, b: {type: pass}}", fake_types());
  ASSERT_TRUE(loaded.workflow);
  EXPECT_EQ(loaded.workflow->tasks[0].options->retry.max_attempts, 3U);
  EXPECT_EQ(loaded.workflow->tasks[1].options->retry.max_attempts, 1U);
}

TEST(WorkflowFields, problems) {
  Case const cases[]{
      {"name: x", ""},
      {"name: a.b-c_1\nlabels: {team: a}\n$schema: x", ""},
      {"description: d", "1:1 missing_field name\n"},
      {"name: a/b", "1:7 invalid_name name\n"},
      {"name: 7", "1:7 wrong_kind name\n"},
      {"name: x\nlabels: {a: 1}", "2:13 wrong_kind labels.a\n"},
      {"name: x\ntask: {}", "2:1 unknown_field task\n"},
      {"name: x\npriority: 101", "2:11 out_of_range priority\n"},
      {"name: x\nonFailure: stop", "2:12 unknown_word onFailure\n"},
      {"name: x\nonFailure: cancel", ""},
      {"name: x\nvariables: [a]", "2:12 wrong_kind variables\n"},
      {"name: x\ninputs: {type: 7}", "2:9 invalid_schema inputs\n"},
      {"name: x\ninputs: {$ref: 'http://a/b'}", "2:9 invalid_schema inputs\n"},
      {"name: x\nconcurrency: {}", "2:1 missing_field concurrency.limit\n"},
      {"name: x\nconcurrency: {limit: 0}", "2:22 out_of_range concurrency.limit\n"},
      {"name: x\nconcurrency: {limit: 1, onLimit: drop}",
       "2:34 unknown_word concurrency.onLimit\n"},
      {"name: x\nconcurrency: {limit: 1, key: '${{ tasks.a.output }}'}",
       "2:35 not_upstream concurrency.key\n"},
      {"name: x\ndefaults: {timeout: 1}", "2:21 wrong_kind defaults.timeout\n"},
      {"name: x\ndefaults: {needs: [a]}", "2:12 unknown_field defaults.needs\n"},
  };
  for (auto const& c : cases) EXPECT_EQ(of_workflow(c.text), c.problems) << c.text;
}

TEST(Tasks, as_a_list) {
  EXPECT_EQ(
      problems_of("name: x\ntasks:\n- {id: a, type: pass}\n- {id: b, type: pass, needs: [a]}\n"), ""
  );
  EXPECT_EQ(
      problems_of(
          "name: x\ntasks:\n- {id: a, type: pass}\n- {id: a, type: pass}\n- {type: pass}\n- 7\n"
      ),
      "4:8 duplicate_task tasks[1].id\n5:3 missing_field tasks[2].id\n6:3 wrong_kind tasks[3]\n"
  );
}

TEST(Tasks, must_be_there_and_have_sound_ids) {
  EXPECT_EQ(problems_of("name: x"), "1:1 missing_field tasks\n");
  EXPECT_EQ(problems_of("name: x\ntasks: {}"), "2:8 no_tasks tasks\n");
  EXPECT_EQ(problems_of("name: x\ntasks: 7"), "2:8 wrong_kind tasks\n");
  EXPECT_EQ(
      problems_of("name: x\ntasks:\n  a b: {type: pass}\n  c:\n"),
      "3:3 invalid_id tasks.a b\n4:3 wrong_kind tasks.c\n"
  );
}

TEST(Text, that_is_no_document) {
  EXPECT_EQ(problems_of(""), "invalid_yaml\n");
  EXPECT_EQ(problems_of("just text"), "1:1 wrong_kind\n");
  EXPECT_EQ(problems_of("{\"name\": \"x\",\n \"name\": \"y\"}"), "2:2 duplicate_key\n");
  EXPECT_EQ(problems_of("name: x\nname: y"), "2:1 duplicate_key\n");
  EXPECT_EQ(problems_of("\xEF\xBB\xBFname: x\ntasks: {a: {type: pass}}"), "");
}

TEST(Limits, at_and_past) {
  std::string const text =
      R"({"name":"x","tasks":{"a":{"type":"pass"},"b":{"type":"pass","needs":["a"]}}})";
  auto const with = [&](WorkflowLimits const& limits) {
    return problems_of(load_workflow(text, fake_types(), limits));
  };
  EXPECT_EQ(with({.bytes_max = text.size()}), "");
  EXPECT_EQ(with({.bytes_max = text.size() - 1}), "too_large\n");
  EXPECT_EQ(with({.tasks_max = 2}), "");
  EXPECT_EQ(with({.tasks_max = 1}), "1:21 too_large tasks\n");
  EXPECT_EQ(with({.edges_max = 1}), "");
  EXPECT_EQ(with({.edges_max = 0}), "1:21 too_large tasks\n");
  EXPECT_EQ(with({.depth_max = 4}), "");
  EXPECT_EQ(with({.depth_max = 3}), "1:69 too_large\n");
  auto const value = *parse_json(text);
  EXPECT_TRUE(load_workflow(value, fake_types(), {.depth_max = 4}).workflow);
  EXPECT_FALSE(load_workflow(value, fake_types(), {.depth_max = 3}).workflow);
  EXPECT_FALSE(load_workflow(value, fake_types(), {.bytes_max = text.size() - 1}).workflow);
}

TEST(Limits, problems_shown) {
  std::string text = "name: x\ntasks:\n";
  for (int i = 0; i < 1500; ++i) text += "  t" + std::to_string(i) + ": {typ: pass}\n";
  auto const loaded = load_workflow(text, fake_types());
  ASSERT_EQ(loaded.problems.size(), 1000U);
  EXPECT_EQ(loaded.problems.back().code, "too_many_problems");
  EXPECT_EQ(loaded.problems.back().message, "501 more problems are not shown");
}

}  // namespace
}  // namespace ropewalk
