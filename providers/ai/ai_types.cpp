#include "providers/ai/ai_types.hpp"

#include "engine/model/make_field.hpp"
#include "providers/ai/ai_task.hpp"

#include <utility>

namespace ropewalk {
namespace {

std::vector<FieldSpec> question_fields() {
  auto prompt = make_field(
      "prompt",
      FieldKind::any,
      "What the model is asked. A text with a blank, a line break or `${{` in it is the prompt "
      "itself; any other text is a reference: name, name@label, name@3, name@sha256:…, or a path "
      "that ends in .prompt, .txt or .md. Or {inline: \"…\"}, or {messages: [{role, content}]}."
  );
  prompt.required = true;
  return {
      std::move(prompt),
      make_field("system", FieldKind::string, "Instructions that stand before everything else."),
      make_field(
          "context",
          FieldKind::list,
          "Data that the model is shown, each piece marked as data: texts, outputs of other tasks, "
          "or {label, text} and {label, value}."
      ),
      make_field(
          "attachments",
          FieldKind::list,
          "Images and text files: paths from the folder of the workflow file, or {file}, {url}, "
          "{data, mediaType}, {text}, each with an optional label."
      ),
      make_field(
          "history",
          FieldKind::any,
          "The key of a conversation of this workflow: its earlier turns are sent again, and this "
          "one is kept. {key, shared: true} shares it with other workflows."
      )};
}

std::vector<FieldSpec> model_fields() {
  return {
      make_field(
          "model",
          FieldKind::any,
          "provider/model; a list is a fallback chain. The prompt's own when it is a reference."
      ),
      make_field("temperature", FieldKind::number, "0 to 2; sent only when it is set."),
      make_field("topP", FieldKind::number, "0 to 1; sent only when it is set."),
      make_field("maxTokens", FieldKind::integer, "The most tokens that the answer may have."),
      make_field("stop", FieldKind::any, "A text, or a list of texts, at which the answer stops."),
      make_field("seed", FieldKind::integer, "Makes sampling repeatable where the provider can."),
      make_field("stream", FieldKind::boolean, "Whether the answer is streamed. Default: true."),
      make_field(
          "hedgeAfter",
          FieldKind::duration,
          "Starts a second call when no token has come by then; the first answer wins."
      ),
      make_field(
          "extra",
          FieldKind::object,
          "Merged into the body of the request, last: what only this provider knows."
      )};
}

std::vector<FieldSpec> answer_fields() {
  return {
      make_field(
          "output",
          FieldKind::object,
          "{format: text or json, schema}. With a JSON Schema the format is json."
      ),
      make_field(
          "extract",
          FieldKind::string,
          "CEL over text, json, finishReason and model; its value is the task's output."
      ),
      make_field(
          "repair",
          FieldKind::integer,
          "How often the model is shown what is wrong with its answer. Default: 1."
      ),
      make_field(
          "tools",
          FieldKind::list,
          "What the model may call: {name, description, parameters, task}."
      ),
      make_field("toolChoice", FieldKind::string, "auto, none, required, or the name of a tool."),
      make_field("maxToolRounds", FieldKind::integer, "How often it may call tools. Default: 8.")};
}

std::vector<FieldSpec> bound_fields() {
  auto strategy = make_field(
      "contextStrategy",
      FieldKind::string,
      "What happens when everything together does not fit into the model's window. Default: error."
  );
  strategy.allowed = {"error", "truncateOldest", "truncateMiddle", "summarize"};
  return {
      std::move(strategy),
      make_field(
          "summarizeModel", FieldKind::string, "The model that summarizes. Default: `model`."
      ),
      make_field(
          "contextWindow",
          FieldKind::integer,
          "The model's window in tokens, where the table of models does not know it or is wrong."
      ),
      make_field("cache", FieldKind::boolean, "Whether the answer to the same question is kept."),
      make_field(
          "budget",
          FieldKind::object,
          "{maxTokens, maxCostUsd, onExceeded: fail or pause}, over all calls of the task."
      )};
}

}  // namespace

void register_ai_types(TaskTypes& types) {
  TaskType type;
  type.name = "ai";
  type.description = "Asks a language model.";
  type.max_attempts_default = 3;
  for (auto const& fields : {question_fields(), model_fields(), answer_fields(), bound_fields()})
    type.fields.insert(type.fields.end(), fields.begin(), fields.end());
  type.why_no_secrets = "what stands here goes to a model";
  type.check = ai::check_ai_fields;
  type.prepare = ai::prepare_ai_fields;
  type.called_tasks = [](boost::json::object const& task) {
    std::vector<CalledTask> out;
    for (auto& tool : ai::tool_tasks(task))
      out.push_back({std::move(tool.task), std::move(tool.field)});
    return out;
  };
  types.add(std::move(type));
}

}  // namespace ropewalk
