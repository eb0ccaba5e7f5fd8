// `output`, `tools` and `budget`: what may come back, and what it may cost.

#include "engine/base/text.hpp"
#include "engine/model/json_schema.hpp"
#include "providers/ai/ai_task_parts.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace ropewalk::ai {
namespace {

constexpr std::array<std::string_view, 2> output_fields{"format", "schema"};
constexpr std::array<std::string_view, 2> formats{"text", "json"};
constexpr std::array<std::string_view, 4> tool_fields{"name", "description", "parameters", "task"};
// With the field that people expect there, which gets a problem of its own.
constexpr std::array<std::string_view, 5> tool_fields_or_workflow{
    "name", "description", "parameters", "task", "workflow"};
constexpr std::array<std::string_view, 3> budget_fields{"maxTokens", "maxCostUsd", "onExceeded"};
constexpr std::array<std::string_view, 2> budget_words{"fail", "pause"};
constexpr std::array<std::string_view, 3> choices{"auto", "none", "required"};

/// [A-Za-z0-9_-]{1,64}
bool is_tool_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

void check_schema(
    Fields const& fields, std::string_view name, json::object const& schema, Reading const& reading
) {
  if (!reading.is_rendered && has_expression_inside(schema)) return;
  auto const compiled = JsonSchema::compile(schema);
  if (!compiled)
    fields.add(
        name,
        compiled.error().code,
        compiled.error().message,
        compiled.error().hint.empty() ? "write JSON Schema, draft 7" : compiled.error().hint
    );
}

void read_tool(json::value const& value, std::size_t index, Reading const& reading, AiTask& task) {
  std::string const path = element_path("tools", index);
  auto const* object = value.if_object();
  if (object == nullptr)
    return reading.report(
        path,
        "wrong_kind",
        "a tool is an object, not " + std::string(kind_name(value)),
        "write {name: …, parameters: {type: object}, task: …}"
    );
  Fields const fields(*object, path, reading);
  bool const names_workflow = fields.has("workflow");
  if (names_workflow)
    fields.add(
        "workflow",
        "unknown_field",
        "a tool runs a task of this workflow, it cannot name another workflow",
        "add task: and the id of a task of this workflow; to run a workflow, that will be a task "
        "of "
        "type: workflow"
    );
  fields.allow_only(
      names_workflow ? std::span<std::string_view const>(tool_fields_or_workflow) : tool_fields
  );
  AiTool tool;
  if (!fields.has("name"))
    fields.add("", "missing_field", "a tool needs `name`", "add name: what_it_does");
  if (auto name = fields.text("name")) {
    if (!is_tool_name(*name))
      fields.add(
          "name",
          "invalid_name",
          "`" + shorten(*name, 70) + "` cannot be the name of a tool",
          "letters, digits, _ and -, at most 64"
      );
    if (std::ranges::any_of(task.tools, [&](AiTool const& t) { return t.spec.name == *name; }))
      fields.add(
          "name",
          "duplicate_tool",
          "there are two tools `" + shorten(*name, 70) + "`",
          "rename one of them"
      );
    tool.spec.name = std::move(*name);
  }
  if (auto text = fields.text("description")) tool.spec.description = std::move(*text);
  if (!fields.has("parameters"))
    fields.add(
        "",
        "missing_field",
        "a tool needs `parameters`, the JSON Schema of its arguments",
        "add parameters: {type: object, properties: {}}"
    );
  if (auto const* schema = fields.object("parameters")) {
    check_schema(fields, "parameters", *schema, reading);
    tool.spec.parameters = *schema;
  }
  if (!fields.has("task") && !names_workflow)
    fields.add(
        "",
        "missing_field",
        "nothing says what a call of the tool runs",
        "add task: and the id of a task of this workflow"
    );
  if (auto name = fields.text("task")) tool.task = std::move(*name);
  task.tools.push_back(std::move(tool));
}

void read_tool_choice(Fields const& fields, AiTask& task) {
  auto const choice = fields.text("toolChoice");
  if (!choice) return;
  std::vector<std::string_view> known(choices.begin(), choices.end());
  for (AiTool const& tool : task.tools)
    if (!tool.spec.name.empty()) known.push_back(tool.spec.name);
  if (fields.find("tools") != nullptr || !fields.has("tools")) fields.word("toolChoice", known);
  bool const needs_tools = *choice != "none" && *choice != "auto";
  if (needs_tools && !fields.has("tools") &&
      std::ranges::find(choices, std::string_view(*choice)) != choices.end())
    fields.add("toolChoice", "missing_field", "there are no tools to call", "add `tools`");
  task.tool_choice = *choice;
}

}  // namespace

std::string element_path(std::string_view name, std::size_t index) {
  std::string out(name);
  out += '[';
  out += std::to_string(index);
  out += ']';
  return out;
}

bool is_too_long(
    Fields const& fields, std::string_view name, std::size_t count, std::size_t count_max
) {
  if (count <= count_max) return false;
  fields.add(
      name,
      "too_large",
      std::to_string(count) + " elements, where " + std::to_string(count_max) + " are allowed",
      "leave some away"
  );
  return true;
}

void read_output(Fields const& fields, Reading const& reading, AiTask& task) {
  auto const* object = fields.object("output");
  if (object == nullptr) return;
  Fields const output(*object, "output", reading);
  output.allow_only(output_fields);
  if (auto const* schema = output.object("schema")) {
    check_schema(output, "schema", *schema, reading);
    task.output.schema = *schema;
    task.output.format = OutputFormat::json;
  }
  auto const format = output.word("format", formats);
  if (!format) return;
  if (*format == 0 && output.has("schema"))
    output.add(
        "format",
        "conflicting_fields",
        "a text has no schema",
        "write format: json, or leave `schema` away"
    );
  task.output.format = *format == 0 ? OutputFormat::text : OutputFormat::json;
}

void read_tools(Fields const& fields, Reading const& reading, AiTask& task) {
  if (auto const* list = fields.array("tools");
      list != nullptr && !is_too_long(fields, "tools", list->size(), AiTaskLimits::tools_max))
    for (std::size_t i = 0; i < list->size(); ++i)
      if (reading.is_rendered || !has_expression((*list)[i]))
        read_tool((*list)[i], i, reading, task);
  read_tool_choice(fields, task);
  if (auto const rounds = fields.integer("maxToolRounds", 0, 100))
    task.tool_rounds_max = static_cast<std::uint32_t>(*rounds);
}

std::vector<ToolTask> tool_tasks(json::object const& task) {
  std::vector<ToolTask> out;
  auto const* tools = task.if_contains("tools");
  auto const* list = tools == nullptr ? nullptr : tools->if_array();
  if (list == nullptr) return out;
  for (std::size_t i = 0; i < list->size() && i < AiTaskLimits::tools_max; ++i) {
    auto const* tool = (*list)[i].if_object();
    auto const* name = tool == nullptr ? nullptr : tool->if_contains("task");
    if (name == nullptr || !name->is_string() || has_expression(*name)) continue;
    out.push_back({std::string(name->get_string()), element_path("tools", i) + ".task"});
  }
  return out;
}

void read_budget(Fields const& fields, Reading const& reading, AiTask& task) {
  auto const* object = fields.object("budget");
  if (object == nullptr) return;
  Fields const budget(*object, "budget", reading);
  budget.allow_only(budget_fields);
  task.budget.max_tokens = budget.integer("maxTokens", 1, 1'000'000'000'000);
  task.budget.max_cost_usd = budget.number("maxCostUsd", 0, 1'000'000);
  if (auto const word = budget.word("onExceeded", budget_words))
    task.budget.on_exceeded = static_cast<OnExceeded>(*word);
  if (!budget.has("maxTokens") && !budget.has("maxCostUsd"))
    budget.add(
        "", "missing_field", "the budget has no limit", "add maxTokens: 20000, or maxCostUsd: 0.10"
    );
}

}  // namespace ropewalk::ai
