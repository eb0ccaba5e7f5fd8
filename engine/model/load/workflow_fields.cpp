#include "engine/model/load/workflow_fields.hpp"

#include "engine/base/text.hpp"
#include "engine/model/json_schema.hpp"

#include <algorithm>
#include <array>

namespace ropewalk::load {
namespace {

constexpr std::array<std::string_view, 16> known_fields{
    "name",
    "description",
    "inputs",
    "variables",
    "defaults",
    "concurrency",
    "rateLimit",
    "debounce",
    "singleton",
    "budget",
    "priority",
    "onFailure",
    "labels",
    "tasks",
    "finally",
    "$schema"};

void read_name(Workflow& workflow, Fields const& fields) {
  if (!fields.find("name"))
    return add_missing(fields.problems(), fields.path("name"), "give the workflow a name");
  auto const name = fields.string("name");
  if (!name) return;
  workflow.name = *name;
  if (is_workflow_name(*name)) return;
  fields.problems().add(
      fields.path("name"),
      {"invalid_name",
       '"' + shorten(*name, 60) + "\" cannot be the name of a workflow",
       "letters, digits, '_', '.' and '-', at most 128"}
  );
}

void read_inputs(Workflow& workflow, Fields const& fields) {
  auto const* schema = fields.object("inputs");
  if (!schema) return;
  auto compiled = JsonSchema::compile(json::value(*schema));
  if (!compiled) {
    Error const& error = compiled.error();
    return fields.problems().add(fields.path("inputs"), {error.code, error.message, error.hint});
  }
  workflow.inputs = std::move(*compiled);
  auto const* properties = schema->if_contains("properties");
  if (!properties || !properties->is_object()) return;
  for (auto const& member : properties->get_object()) {
    auto const* property = member.value().if_object();
    auto const* given = property ? property->if_contains("default") : nullptr;
    if (given) workflow.input_defaults[member.key()] = *given;
  }
}

/// What parts executions that share a limit from others. Sees inputs and variables.
std::optional<cel::Template> read_key(Fields const& fields, References& references) {
  auto const key = fields.string("key");
  if (!key) return std::nullopt;
  Path const path = fields.path("key");
  auto compiled = cel::Template::compile(*key);
  if (!compiled) {
    references.add_bad_expression(compiled.error(), path, *key);
    return std::nullopt;
  }
  references.check(*compiled, path, *key, Scope{});
  return std::move(*compiled);
}

void read_concurrency(Workflow& workflow, Fields const& outer, References& references) {
  auto const* object = outer.object("concurrency");
  if (!object) return;
  constexpr std::array<std::string_view, 3> known{"limit", "key", "onLimit"};
  Path const path = outer.path("concurrency");
  Fields const fields(outer.problems(), path, *object);
  fields.allow_only(known);
  ConcurrencyLimit& concurrency = workflow.concurrency.emplace();
  if (!fields.find("limit")) add_missing(fields.problems(), fields.path("limit"));
  if (auto const limit = fields.integer("limit", 1, 1'000'000))
    concurrency.limit = static_cast<std::uint32_t>(*limit);
  if (auto const word = fields.word("onLimit", {"queue", "reject", "cancelOldest"}))
    concurrency.on_limit = static_cast<OnLimit>(*word);
  concurrency.key = read_key(fields, references);
}

SpendLimit read_limit(Fields const& fields) {
  constexpr std::int64_t tokens_max = 1'000'000'000'000;
  constexpr double dollars_max = 1'000'000;
  SpendLimit out;
  out.max_tokens = fields.integer("maxTokens", 1, tokens_max);
  out.max_cost_usd = fields.number("maxCostUsd", 0, dollars_max);
  if (auto const word = fields.word("onExceeded", {"fail", "pause"}))
    out.on_exceeded = static_cast<OnExceeded>(*word);
  return out;
}

bool names_limit(Fields const& fields) {
  return fields.find("maxTokens") || fields.find("maxCostUsd");
}

void add_no_limit(Fields const& outer, std::string_view name, std::string hint) {
  outer.problems().add(
      outer.path(name),
      {"missing_field", "`" + std::string(name) + "` has no limit", std::move(hint)}
  );
}

void read_budget(Workflow& workflow, Fields const& outer) {
  auto const* object = outer.object("budget");
  if (!object) return;
  constexpr std::array<std::string_view, 4> known{
      "maxTokens", "maxCostUsd", "onExceeded", "perDay"};
  constexpr std::array<std::string_view, 3> known_of_day{"maxTokens", "maxCostUsd", "onExceeded"};
  Path const path = outer.path("budget");
  Fields const fields(outer.problems(), path, *object);
  fields.allow_only(known);
  workflow.budget.execution = read_limit(fields);
  if (!names_limit(fields) && (!fields.find("perDay") || fields.find("onExceeded")))
    add_no_limit(outer, "budget", "add maxTokens: 20000, or maxCostUsd: 0.10");
  auto const* of_day = fields.object("perDay");
  if (!of_day) return;
  Path const day_path = fields.path("perDay");
  Fields const day(outer.problems(), day_path, *of_day);
  day.allow_only(known_of_day);
  workflow.budget.day = read_limit(day);
  if (!names_limit(day))
    add_no_limit(fields, "perDay", "add maxTokens: 2000000, or maxCostUsd: 20");
}

void read_labels(Workflow& workflow, Fields const& fields) {
  auto const* labels = fields.object("labels");
  if (!labels) return;
  Path const path = fields.path("labels");
  for (auto const& member : *labels) {
    if (auto const* text = member.value().if_string()) {
      workflow.labels.emplace(member.key(), *text);
    } else {
      add_wrong_kind(
          fields.problems(),
          path.field(member.key()),
          member.value(),
          "a string",
          "put it in quotes"
      );
    }
  }
}

}  // namespace

void read_workflow_fields(
    Workflow& workflow, Path const& root, References& references, Problems& problems
) {
  Fields const fields(problems, root, workflow.document);
  fields.allow_only(known_fields);
  read_name(workflow, fields);
  if (auto const text = fields.string("description")) workflow.description = *text;
  if (auto const* variables = fields.object("variables")) workflow.variables = *variables;
  if (auto const priority = fields.integer("priority", 0, 100))
    workflow.priority = static_cast<std::int32_t>(*priority);
  if (auto const word = fields.word("onFailure", {"finish", "cancel", "pause"}))
    workflow.on_failure = static_cast<OnFailure>(*word);
  static_cast<void>(fields.string("$schema"));
  read_inputs(workflow, fields);
  read_concurrency(workflow, fields, references);
  read_start_limits(workflow, fields, read_key, references);
  read_budget(workflow, fields);
  read_labels(workflow, fields);
}

}  // namespace ropewalk::load
