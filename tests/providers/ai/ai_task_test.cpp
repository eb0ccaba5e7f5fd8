// Goal: the fields of an AI task become values, and data never becomes structure. Method: fields as
// they stand in a file, prepared, rendered by hand or by the engine's templates, and read.
#include "providers/ai/ai_task.hpp"

#include "engine/base/json.hpp"
#include "engine/model/cel/json_template.hpp"
#include "tests/engine/model/cel/map_activation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::ai {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

json::object object(std::string_view text) {
  return parse_json(text).value().as_object();
}

Result<AiTask> read(std::string_view text) {
  json::object config = object(text);
  prepare_ai_fields(config);
  return read_ai_task(config);
}

/// As the engine does it: prepared, then rendered.
Result<AiTask> render(std::string_view text, char const* variables) {
  json::object config = object(text);
  prepare_ai_fields(config);
  auto const compiled = cel::JsonTemplate::compile(std::move(config)).value();
  cel::MapActivation const activation(variables);
  return read_ai_task(compiled.evaluate(activation).value().as_object());
}

std::string prompt_text(AiTask const& task) {
  return text_of(std::get<std::vector<Message>>(task.prompt).at(0));
}

TEST(AiTask, Everything) {
  auto const task = read(R"({"prompt":"Say hello","system":"s","model":["openai/a","local/b/c:d"],
    "temperature":0,"topP":1,"maxTokens":10,"stop":"END","seed":7,"history":"k",
    "context":["x",{"label":"l","value":{"a":1}},{"b":2},null],"attachments":["a.png",{"text":"t"}],
    "output":{"schema":{"type":"object"}},"extract":"json","repair":0,
    "tools":[{"name":"t","parameters":{},"task":"up"}],"toolChoice":"t","maxToolRounds":1,
    "cache":true,"budget":{"maxCostUsd":0.5,"onExceeded":"pause"},"stream":false,"extra":{"k":1},
    "contextStrategy":"truncateMiddle","summarizeModel":"openai/s","contextWindow":4000,
    "hedgeAfter":"2s"})");
  ASSERT_TRUE(task) << task.error().message;
  EXPECT_EQ(prompt_text(*task), "Say hello");
  EXPECT_THAT(task->models, ElementsAre(ModelName{"openai", "a"}, ModelName{"local", "b/c:d"}));
  EXPECT_EQ(task->temperature, 0.0);
  EXPECT_EQ(task->max_tokens, 10);
  EXPECT_THAT(task->stop, ElementsAre("END"));
  ASSERT_EQ(task->context.size(), 3U);  // null is the output of a task that was skipped
  EXPECT_EQ(task->context[1].label, "l");
  EXPECT_EQ(task->context[1].text, R"({"a":1})");
  EXPECT_EQ(task->context[2].text, R"({"b":2})");
  EXPECT_EQ(task->attachments[0].file, "a.png");
  EXPECT_EQ(task->output.format, OutputFormat::json);
  EXPECT_EQ(task->repair_rounds_max, 0U);
  EXPECT_EQ(task->tools[0].task, "up");
  EXPECT_EQ(task->budget.on_exceeded, OnExceeded::pause);
  EXPECT_EQ(task->context_strategy, ContextStrategy::truncate_middle);
  EXPECT_EQ(task->hedge_after, std::chrono::seconds(2));
  EXPECT_FALSE(task->stream);
}

/// The names of files stand in the workflow: else a value would have any of them sent.
TEST(AiTask, AValueNeverNamesAFileToAttach) {
  auto const code_of = [](std::string const& attachments) {
    auto const task =
        render(R"({"prompt":"x y","model":"a/b","attachments":)" + attachments + "}", "{}");
    if (task) return std::string("none");
    return std::string(task.error().detail.at("problems").at(0).at("code").as_string());
  };
  for (char const* attachments :
       {R"(["${{ 'notes.md' }}"])",
        R"("${{ ['notes.md'] }}")",
        R"("${{ 'notes.md' }}")",
        R"(["${{ {'file': 'notes.md'} }}"])",
        R"(["${{ {'own': {'file': 'notes.md'}} }}"])",
        R"([{"file": "${{ 'notes.md' }}"}])",
        R"(["dir/${{ 'notes.md' }}"])",
        R"([{"own": {"file": "notes.md"}}])"})
    EXPECT_NE(code_of(attachments), "none") << attachments;
  for (char const* attachments :
       {R"(["notes.md"])",
        R"([{"file": "notes.md", "label": "${{ 'a' }}"}])",
        R"([{"text": "${{ '.env' }}"}])",
        R"(["${{ {'text': 'hello'} }}", "${{ null }}"])",
        R"("${{ [{'url': 'https://example.org/a.png'}] }}")"})
    EXPECT_EQ(code_of(attachments), "none") << attachments;
  for (char const* path :
       {".env", "a/.ssh/id", "./.env", "ropewalk.yaml", "Ropewalk.YML", "a/.Env"}) {
    EXPECT_EQ(code_of("[\"" + std::string(path) + "\"]"), "forbidden_file") << path;
    EXPECT_EQ(code_of("[{\"file\": \"" + std::string(path) + "\"}]"), "forbidden_file") << path;
  }
  EXPECT_EQ(code_of(R"([{"url": "file:///etc/passwd"}])"), "invalid_url");
  EXPECT_EQ(code_of(R"(["${{ {'url': 'file:///etc/passwd'} }}"])"), "invalid_url");
}

TEST(AiTask, Defaults) {
  auto const task = read(R"({"prompt":"a b","model":"p/m"})");
  ASSERT_TRUE(task);
  EXPECT_EQ(task->repair_rounds_max, 1U);
  EXPECT_EQ(task->output.format, OutputFormat::text);
  EXPECT_TRUE(task->stream);
  EXPECT_FALSE(task->temperature);
  EXPECT_EQ(task->context_strategy, ContextStrategy::error);
}

TEST(AiTask, AValueNeverBecomesAReference) {
  auto const task =
      render(R"({"prompt":"${{ inputs.q }}","model":"p/m"})", R"({"inputs":{"q":"secrets.txt"}})");
  ASSERT_TRUE(task) << task.error().message;
  EXPECT_EQ(prompt_text(*task), "secrets.txt");
}

TEST(AiTask, AReferenceStaysOne) {
  auto const task = read(R"({"prompt":"triage@3"})");
  ASSERT_TRUE(task);
  EXPECT_EQ(std::get<PromptReference>(task->prompt).version, 3U);
}

TEST(AiTask, AValueNeverBecomesAFormOfContext) {
  auto const task = render(
      R"({"prompt":"a b","model":"p/m","context":["${{ x }}",{"label":"y","value":"${{ x }}"}]})",
      R"({"x":{"text":"t","label":"evil"}})"
  );
  ASSERT_TRUE(task);
  EXPECT_EQ(task->context[0].label, "");
  EXPECT_EQ(task->context[0].text, R"({"text":"t","label":"evil"})");
  EXPECT_EQ(task->context[1].label, "y");
}

TEST(AiTask, OneExpressionForTheWholeContext) {
  std::string_view const fields = R"({"prompt":"a b","model":"p/m","context":"${{ x }}"})";
  auto const list = render(fields, R"({"x":["a",{"value":1}]})");
  ASSERT_TRUE(list) << list.error().message;
  ASSERT_EQ(list->context.size(), 2U);
  EXPECT_EQ(list->context[1].text, R"({"value":1})");
  auto const one = render(fields, R"({"x":"just this"})");
  ASSERT_TRUE(one);
  EXPECT_EQ(one->context.at(0).text, "just this");
}

TEST(AiTask, RenderedValuesAreChecked) {
  auto const task = render(
      R"({"prompt":"a b","model":"${{ m }}","temperature":"${{ t }}","maxTokens":"${{ n }}"})",
      R"({"m":"nothing","t":"hot","n":200.0})"
  );
  ASSERT_FALSE(task);
  EXPECT_EQ(task.error().code, "invalid_task");
  EXPECT_EQ(task.error().error_class, ErrorClass::permanent);
  EXPECT_THAT(task.error().message, HasSubstr("`model`"));
  EXPECT_THAT(task.error().message, HasSubstr("`temperature`"));
  EXPECT_EQ(task.error().detail.at("problems").as_array().size(), 2U);  // 200.0 is an integer
}

TEST(AiTask, DollarsAndBracesInDataAreText) {
  auto const task =
      render(R"({"prompt":"Sum up: ${{ x }}","model":"p/m"})", R"({"x":"write ${{ secrets }}"})");
  ASSERT_TRUE(task);
  EXPECT_EQ(prompt_text(*task), "Sum up: write ${{ secrets }}");
}

TEST(AiTask, AToolCannotNameAWorkflow) {
  auto const task = read(R"({"prompt":"a b","model":"p/m",
      "tools":[{"name":"t","parameters":{},"workflow":"other"}]})");
  ASSERT_FALSE(task);
  EXPECT_THAT(task.error().message, HasSubstr("a tool runs a task of this workflow"));
  EXPECT_EQ(task.error().detail.at("problems").as_array().size(), 1U);
}

TEST(AiTask, Bounds) {
  json::object config = object(R"({"prompt":"a b","model":"p/m"})");
  config["system"] = std::string(9 * 1024 * 1024, 'x');
  auto const task = read_ai_task(config);
  ASSERT_FALSE(task);
  EXPECT_THAT(task.error().message, HasSubstr("bytes of text"));
  config["system"] = "";
  config["context"] = json::array(1001, json::value("x"));
  EXPECT_FALSE(read_ai_task(config));
}

TEST(AiTask, ManyProblemsAreBounded) {
  json::object config = object(R"({"prompt":"a b","model":"p/m"})");
  config["attachments"] = json::array(60, json::value(std::string(1, 'x')));
  config["stop"] = json::array(16, json::value(nullptr));
  for (auto& item : config["attachments"].as_array()) item = 1;
  auto const task = read_ai_task(config);
  ASSERT_FALSE(task);
  EXPECT_LE(task.error().message.size(), 2200U);
  EXPECT_EQ(task.error().detail.at("problems").as_array().size(), 76U);
}

TEST(AiTask, TasksOfItsTools) {
  auto const tools =
      tool_tasks(object(R"({"tools":[{"task":"a"},7,{"task":"${{ x }}"},{"task":"b"}]})"));
  ASSERT_EQ(tools.size(), 2U);
  EXPECT_EQ(tools[1].task, "b");
  EXPECT_EQ(tools[1].field, "tools[3].task");
  EXPECT_TRUE(tool_tasks(object(R"({"tools":"${{ x }}"})")).empty());
}

TEST(ModelNames, ProviderThenModel) {
  EXPECT_EQ(
      full_name(parse_model_name("openrouter/openai/gpt-4o").value()), "openrouter/openai/gpt-4o"
  );
  for (auto const* bad : {"gpt-4o", "/x", "a/", "a b/c", "a/b c", ""})
    EXPECT_EQ(parse_model_name(bad).error().code, "invalid_model") << bad;
}

}  // namespace
}  // namespace ropewalk::ai
