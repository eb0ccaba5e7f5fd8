// Goal: bad `type: ai` tasks are found before they run, all problems at once, in their places.
// Method: small workflow files and the problems they must give.
#include "providers/ai/ai_types.hpp"

#include "engine/model/warnings.hpp"
#include "engine/model/workflow.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

LoadedWorkflow load(std::string const& fields) {
  static TaskTypes const types = [] {
    TaskTypes all;
    register_ai_types(all);
    return all;
  }();
  std::string text =
      "name: w\ntasks:\n  up: { type: pass, value: 1 }\n  a:\n    type: ai\n    needs: [up]\n";
  std::size_t at = 0;
  while (at < fields.size()) {
    std::size_t const end = fields.find('\n', at);
    text += "    " + fields.substr(at, end - at) + "\n";
    at = end == std::string::npos ? fields.size() : end + 1;
  }
  text += "  tool: { type: pass, value: 1 }\n";
  return load_workflow(text, types);
}

/// "path:code" without "tasks.a."; each with a mend.
std::vector<std::string> problems(std::string const& fields) {
  std::vector<std::string> out;
  for (Problem const& problem : load(fields).problems) {
    bool const has_hint = !problem.hint.empty() || problem.code == "wrong_kind";
    EXPECT_TRUE(has_hint) << problem.message;
    EXPECT_GT(problem.line, 0U) << problem.message;
    std::string path = problem.path;
    if (path.starts_with("tasks.a")) path.erase(0, 7);
    if (path.starts_with(".")) path.erase(0, 1);
    out.push_back(path + ":" + problem.code);
  }
  return out;
}

std::string const base = "model: openai/gpt-4o-mini\nprompt: Say hello\n";

TEST(AiTypes, EverythingAtOnceIsFine) {
  EXPECT_THAT(
      problems(
          R"(prompt:
  messages:
    - { role: system, content: a }
    - { role: user, content: "${{ tasks.up.output }}" }
system: "${{ variables }}"
model: [openai/gpt-4o-mini, "${{ inputs.model }}", local/llama3.1:8b]
temperature: "${{ inputs.t }}"
topP: 0.9
maxTokens: 100
stop: [END, "${{ inputs.stop }}"]
seed: -1
context: ["${{ tasks.up.output }}", plain, { label: ticket, value: "${{ inputs }}" }, { any: data }]
attachments: [a.png, { url: "https://example.org/x.png", label: x }, { data: AAAA, mediaType: image/png }]
history: "${{ inputs.customer }}"
output: { schema: { type: object, required: [a], properties: { a: { type: integer } } } }
extract: json.a + size(text)
repair: 2
tools: [{ name: look_up, description: Looks up, parameters: { type: object }, task: tool }]
toolChoice: look_up
maxToolRounds: 3
cache: true
budget: { maxTokens: 1000, maxCostUsd: 0.5, onExceeded: pause }
stream: false
extra: { anything: 1 }
contextStrategy: summarize
summarizeModel: openai/gpt-4o-mini
contextWindow: 8000
hedgeAfter: 3s)"
      ),
      IsEmpty()
  );
}

TEST(AiTypes, IsTriedThreeTimes) {
  TaskTypes types;
  register_ai_types(types);
  EXPECT_EQ(types.find("ai")->max_attempts_default, 3U);
}

TEST(AiTypes, AllProblemsAtOnce) {
  EXPECT_THAT(
      problems(R"(prompt: { messages: [{ role: usr, content: a, name: b }] }
model: gpt-4o
temperature: 3
output: { format: jsn, schma: {} }
budget: { maxToken: 1 }
tools: [{ name: "a b", description: x, task: tool }])"),
      UnorderedElementsAre(
          "prompt.messages[0].role:unknown_word",
          "prompt.messages[0].name:unknown_field",
          "model:invalid_model",
          "temperature:out_of_range",
          "output.format:unknown_word",
          "output.schma:unknown_field",
          "budget.maxToken:unknown_field",
          "budget:missing_field",
          "tools[0].name:invalid_name",
          "tools[0]:missing_field"
      )
  );
}

TEST(AiTypes, OneWordAsAPromptIsWarnedOf) {
  auto const loaded = load("model: openai/x\nprompt: hello\n");
  EXPECT_NE(loaded.workflow, nullptr) << "it may be meant";
  ASSERT_EQ(loaded.problems.size(), 1U);
  Problem const& problem = loaded.problems.front();
  EXPECT_EQ(problem.code, "prompt_is_name");
  EXPECT_TRUE(is_warning(problem));
  EXPECT_EQ(problem.path, "tasks.a.prompt");
  EXPECT_EQ(problem.line, 8U);
  EXPECT_EQ(problem.column, 13U);
  EXPECT_NE(problem.hint.find("{inline: \"hello\"}"), std::string::npos) << problem.hint;
  EXPECT_EQ(to_json(problem).at("severity"), "warning");
  EXPECT_NE(to_line(problem, "x.yaml").find("x.yaml:8:13: warning: "), std::string::npos);
  for (std::string const prompt :
       {"hello@1", "hello@production", "prompts/hello", "hello.txt", "'hello '", "{inline: hello}"})
    EXPECT_THAT(problems("model: openai/x\nprompt: " + prompt), IsEmpty()) << prompt;
  auto const both = load("model: x\nprompt: hello\n");
  EXPECT_EQ(both.workflow, nullptr) << "a warning makes no problem a warning";
  EXPECT_EQ(both.problems.size(), 2U);
}

TEST(AiTypes, ProblemsStandWhereTheyAre) {
  auto const loaded =
      load("model: openai/x\nprompt:\n  messages:\n    - role: usr\n      content: a\n");
  ASSERT_EQ(loaded.problems.size(), 1U);
  EXPECT_EQ(loaded.problems[0].line, 10U);
  EXPECT_THAT(loaded.problems[0].hint, testing::HasSubstr("`user`"));
}

TEST(AiTypes, Prompts) {
  std::string const model = "model: openai/x\n";
  EXPECT_THAT(problems(model), ElementsAre("prompt:missing_field"));
  EXPECT_THAT(problems("prompt: triage@1"), IsEmpty());  // its own model
  EXPECT_THAT(problems("prompt: triage@production"), IsEmpty());
  EXPECT_THAT(problems("prompt: Say hello"), ElementsAre(":missing_field"));  // no model
  EXPECT_THAT(problems(model + "prompt: ../x@"), ElementsAre("prompt:invalid_prompt"));
  EXPECT_THAT(problems(model + "prompt: 3"), ElementsAre("prompt:wrong_kind"));
  EXPECT_THAT(problems(model + "prompt: {}"), ElementsAre("prompt:missing_field"));
  EXPECT_THAT(
      problems(model + "prompt: { inline: a, messages: [] }"),
      ElementsAre("prompt:conflicting_fields")
  );
  EXPECT_THAT(
      problems(model + "prompt: { messages: [{ role: system, content: a }] }"),
      ElementsAre("prompt.messages:missing_field")
  );
  EXPECT_THAT(
      problems(model + "prompt: { messages: [{ content: a }, 7] }"),
      UnorderedElementsAre("prompt.messages[0]:missing_field", "prompt.messages[1]:wrong_kind")
  );
}

TEST(AiTypes, SchemasAndExpressions) {
  EXPECT_THAT(
      problems(base + "output: { schema: { type: 7 } }"),
      ElementsAre("output.schema:invalid_schema")
  );
  EXPECT_THAT(
      problems(base + "output: { schema: { $ref: 'http://example.org/s' } }"),
      ElementsAre("output.schema:invalid_schema")
  );
  EXPECT_THAT(problems(base + "output: { schema: { enum: '${{ inputs.words }}' } }"), IsEmpty());
  EXPECT_THAT(
      problems(base + "output: { format: text, schema: {} }"),
      ElementsAre("output.format:conflicting_fields")
  );
  EXPECT_THAT(problems(base + "extract: 'json.'"), ElementsAre("extract:bad_expression"));
  EXPECT_THAT(problems(base + "extract: jsn.a"), ElementsAre("extract:unknown_name"));
}

TEST(AiTypes, ToolsAndChoices) {
  EXPECT_THAT(
      problems(base + "tools: [{ name: a, parameters: { type: 7 }, task: tool }]"),
      ElementsAre("tools[0].parameters:invalid_schema")
  );
  EXPECT_THAT(
      problems(
          base + "tools: [{ name: a, parameters: {}, task: tool }, { name: a, parameters: {}, "
                 "task: tool }, 1]"
      ),
      UnorderedElementsAre("tools[1].name:duplicate_tool", "tools[2]:wrong_kind")
  );
  EXPECT_THAT(problems(base + "toolChoice: required"), ElementsAre("toolChoice:missing_field"));
  EXPECT_THAT(problems(base + "toolChoice: other"), ElementsAre("toolChoice:unknown_word"));
}

TEST(AiTypes, ContextHoldsNoFiles) {
  EXPECT_THAT(
      problems(base + "context: [{ file: a.txt }]"), ElementsAre("context[0]:conflicting_fields")
  );
  EXPECT_THAT(problems(base + "context: { a: b }"), ElementsAre("context:wrong_kind"));
  EXPECT_THAT(
      problems(base + "attachments: [{}, { file: a, url: b }, { data: AA }, 1]"),
      UnorderedElementsAre(
          "attachments[0]:missing_field",
          "attachments[1]:conflicting_fields",
          "attachments[2]:missing_field",
          "attachments[3]:wrong_kind"
      )
  );
}

TEST(AiTypes, KindsAreSaidOnce) {
  EXPECT_THAT(
      problems(
          base +
          "temperature: warm\nmaxTokens: 1.5\nextra: 1\nhedgeAfter: soon\ncontextStrategy: eror"
      ),
      UnorderedElementsAre(
          "temperature:wrong_kind",
          "maxTokens:wrong_kind",
          "extra:wrong_kind",
          "hedgeAfter:invalid_duration",
          "contextStrategy:unknown_word"
      )
  );
}

}  // namespace
}  // namespace ropewalk
