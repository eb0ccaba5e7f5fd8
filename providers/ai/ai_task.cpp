#include "providers/ai/ai_task.hpp"

#include "engine/base/text.hpp"
#include "engine/model/cel/expression.hpp"
#include "providers/ai/ai_task_parts.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace ropewalk::ai {
namespace {

constexpr std::int64_t tokens_max = 100'000'000;
constexpr std::array<std::string_view, 4> strategies{
    "error", "truncateOldest", "truncateMiddle", "summarize"};

Error invalid_model(std::string message) {
  return {
      .code = "invalid_model",
      .message = std::move(message),
      .hint =
          "write provider/model, as in openai/gpt-4o-mini; `ropewalk providers` lists the "
          "providers"};
}

void add_model(
    Fields const& fields, std::string const& name, json::value const& value, AiTask& task
) {
  if (!value.is_string()) {
    std::string message = "a model is a text, not ";
    message += kind_name(value);
    return fields.add(name, "wrong_kind", std::move(message), "write provider/model");
  }
  auto model = parse_model_name(value.get_string());
  if (!model)
    return fields.add(name, model.error().code, model.error().message, model.error().hint);
  task.models.push_back(std::move(*model));
}

void read_models(Fields const& fields, Reading const& reading, AiTask& task) {
  auto const* value = fields.find("model");
  if (value == nullptr) {
    if (!fields.has("model") && std::holds_alternative<std::vector<Message>>(task.prompt) &&
        fields.has("prompt"))
      fields.add(
          "", "missing_field", "the task names no model", "add model: provider/model, or a list"
      );
    return;
  }
  auto const* list = value->if_array();
  if (list == nullptr) return add_model(fields, "model", *value, task);
  if (list->empty())
    fields.add("model", "missing_field", "the list names no model", "write provider/model");
  if (is_too_long(fields, "model", list->size(), AiTaskLimits::models_max)) return;
  for (std::size_t i = 0; i < list->size(); ++i)
    if (reading.is_rendered || !has_expression((*list)[i]))
      add_model(fields, element_path("model", i), (*list)[i], task);
}

void read_stop(Fields const& fields, Reading const& reading, AiTask& task) {
  auto const* value = fields.find("stop");
  if (value == nullptr) return;
  if (value->is_string()) {
    task.stop.emplace_back(value->get_string());
    return;
  }
  auto const* list = fields.array("stop");
  if (list == nullptr || is_too_long(fields, "stop", list->size(), AiTaskLimits::stop_max)) return;
  for (std::size_t i = 0; i < list->size(); ++i) {
    auto const* text = (*list)[i].if_string();
    if (text == nullptr || text->empty())
      fields.add(
          element_path("stop", i),
          "wrong_kind",
          "what the answer stops at is a text that is not empty",
          "put it in quotes"
      );
    else if (reading.is_rendered || !has_expression((*list)[i]))
      task.stop.emplace_back(*text);
  }
}

void read_sampling(Fields const& fields, Reading const& reading, AiTask& task) {
  task.temperature = fields.number("temperature", 0, 2);
  task.top_p = fields.number("topP", 0, 1);
  task.max_tokens = fields.integer("maxTokens", 1, tokens_max);
  task.seed = fields.integer(
      "seed", std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()
  );
  read_stop(fields, reading, task);
  if (auto const* extra = fields.object("extra")) task.extra = *extra;
}

void read_history_key(Fields const& fields, std::string_view name, AiTask& task) {
  auto const key = fields.text(name);
  if (!key) return;
  if (key->empty() || key->size() > 256)
    return fields.add(
        name,
        "out_of_range",
        "the key of a conversation is a text of 1 to 256 bytes",
        "history: \"${{ inputs.customer }}\""
    );
  task.history = *key;
}

void read_history(Fields const& fields, Reading const& reading, AiTask& task) {
  auto const* value = fields.find("history");
  if (value == nullptr || !value->is_object()) return read_history_key(fields, "history", task);
  Fields const inside(value->get_object(), "history", reading);
  inside.allow_only(std::array<std::string_view, 2>{"key", "shared"});
  if (!inside.has("key"))
    inside.add("key", "missing_field", "`history` has no key", "history: {key: …, shared: true}");
  read_history_key(inside, "key", task);
  task.is_history_shared = inside.boolean("shared").value_or(false);
}

void read_extract(Fields const& fields, AiTask& task) {
  auto const text = fields.text("extract");
  if (!text) return;
  auto const compiled = cel::Expression::compile(*text);
  if (!compiled)
    return fields.add(
        "extract",
        compiled.error().code,
        compiled.error().message,
        compiled.error().hint.empty() ? "write CEL over text, json, finishReason and model"
                                      : compiled.error().hint
    );
  constexpr std::array<std::string_view, 4> known{"text", "json", "finishReason", "model"};
  for (auto const& use : compiled->variables()) {
    std::string_view const name = use.path.front();
    if (std::ranges::find(known, name) != known.end()) continue;
    std::string_view const near = closest_match(name, known);
    fields.add(
        "extract",
        "unknown_name",
        "`" + shorten(name, 60) + "` is not known here",
        near.empty() ? "use text, json, finishReason or model"
                     : "did you mean `" + std::string(near) + "`?"
    );
  }
  task.extract = *text;
}

void read_context_rules(Fields const& fields, Reading const& reading, AiTask& task) {
  // In a file the word is checked with the field's kind.
  std::optional<std::size_t> index;
  if (reading.is_rendered) index = fields.word("contextStrategy", strategies);
  if (index) task.context_strategy = static_cast<ContextStrategy>(*index);
  task.context_window = fields.integer("contextWindow", 256, tokens_max);
  auto const model = fields.text("summarizeModel");
  if (!model) return;
  auto name = parse_model_name(*model);
  if (!name)
    return fields.add("summarizeModel", name.error().code, name.error().message, name.error().hint);
  task.summarize_model = std::move(*name);
}

std::size_t text_bytes(AiTask const& task) {
  std::size_t bytes = task.system.size();
  if (auto const* messages = std::get_if<std::vector<Message>>(&task.prompt))
    for (Message const& message : *messages)
      for (Part const& part : message.parts)
        if (auto const* text = std::get_if<TextPart>(&part)) bytes += text->text.size();
  for (ContextItem const& item : task.context) bytes += item.text.size();
  for (Attachment const& item : task.attachments) bytes += item.text.size() + item.data.size();
  return bytes;
}

AiTask read_fields(json::object const& config, Reading const& reading) {
  AiTask task;
  Fields const fields(config, "", reading);
  if (auto text = fields.text("system")) task.system = std::move(*text);
  read_prompt(fields, reading, task);
  read_models(fields, reading, task);
  read_sampling(fields, reading, task);
  read_context(fields, reading, task);
  read_attachments(fields, reading, task);
  read_history(fields, reading, task);
  read_output(fields, reading, task);
  read_extract(fields, task);
  read_tools(fields, reading, task);
  read_budget(fields, reading, task);
  read_context_rules(fields, reading, task);
  if (auto const flag = fields.boolean("cache")) task.cache = *flag;
  if (auto const flag = fields.boolean("stream")) task.stream = *flag;
  if (auto const rounds = fields.integer("repair", 0, 10))
    task.repair_rounds_max = static_cast<std::uint32_t>(*rounds);
  task.hedge_after = fields.duration("hedgeAfter");
  if (text_bytes(task) > AiTaskLimits::text_bytes_max)
    fields.add(
        "",
        "too_large",
        std::to_string(text_bytes(task)) + " bytes of text, where " +
            std::to_string(AiTaskLimits::text_bytes_max) + " are allowed",
        "send less: cut the data in a task before this one"
    );
  return task;
}

}  // namespace

std::string_view to_string(ContextStrategy strategy) {
  return strategies[static_cast<std::size_t>(strategy)];
}

Result<ModelName> parse_model_name(std::string_view text) {
  std::size_t const slash = text.find('/');
  std::string shown = "`";
  shown += shorten(text, 100);
  shown += '`';
  if (slash == std::string_view::npos) return invalid_model(shown + " names no provider");
  std::string_view const provider = text.substr(0, slash);
  std::string_view const model = text.substr(slash + 1);
  if (!is_identifier(provider))
    return invalid_model(shown + " does not begin with the name of a provider");
  bool const is_bad = std::ranges::any_of(model, [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
  });
  if (model.empty() || model.size() > 256 || is_bad)
    return invalid_model(shown + " names no model behind the provider");
  return ModelName{std::string(provider), std::string(model)};
}

std::string full_name(ModelName const& name) {
  return name.provider + "/" + name.model;
}

void check_ai_fields(json::object const& task, ReportProblem const& report) {
  read_fields(task, Reading{report, false});
}

Result<AiTask> read_ai_task(json::object const& config) {
  fields::FieldProblems problems;
  AiTask task = read_fields(config, problems.reading());
  if (auto const read = problems.result(); !read) return read.error();
  return task;
}

}  // namespace ropewalk::ai
