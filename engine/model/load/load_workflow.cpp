#include "engine/model/load/tasks.hpp"
#include "engine/model/load/workflow_fields.hpp"
#include "engine/model/workflow.hpp"
#include "engine/model/yaml_text.hpp"

namespace ropewalk {
namespace {

using load::Path;
using load::Problems;
using load::SourceKind;

LoadedWorkflow failed(std::string code, std::string message, std::string hint = {}) {
  Problem problem;
  problem.code = std::move(code);
  problem.message = std::move(message);
  problem.hint = std::move(hint);
  return {nullptr, {std::move(problem)}};
}

/// A text that is no document at all: the reader stops at the first problem.
LoadedWorkflow unreadable(Error const& error) {
  LoadedWorkflow out = failed(error.code, error.message, error.hint);
  auto const* detail = error.detail.if_object();
  if (!detail) return out;
  out.problems[0].line = detail->at("line").to_number<std::uint32_t>();
  out.problems[0].column = detail->at("column").to_number<std::uint32_t>();
  return out;
}

/// Whether lists and objects nest deeper than `depth_max`. Looks no deeper than that.
bool is_deeper(json::value const& value, std::size_t depth_max) {
  if (!value.is_structured()) return false;
  if (depth_max == 0) return true;
  if (auto const* list = value.if_array()) {
    for (auto const& element : *list)
      if (is_deeper(element, depth_max - 1)) return true;
    return false;
  }
  for (auto const& member : value.get_object())
    if (is_deeper(member.value(), depth_max - 1)) return true;
  return false;
}

LoadedWorkflow load_document(
    json::value&& document,
    TaskTypes const& types,
    WorkflowLimits const& limits,
    std::string_view text,
    SourceKind kind
) {
  Problems problems;
  Path const root;
  auto workflow = std::make_shared<Workflow>();
  if (!document.is_object()) {
    problems.add(
        root, {"wrong_kind", "a workflow is an object, with `name` and `tasks`", "see the examples"}
    );
    return {nullptr, problems.take(text, kind)};
  }
  workflow->document = std::move(document.get_object());
  load::TasksReader tasks(*workflow, problems, types, limits);
  load::read_workflow_fields(*workflow, root, tasks.references(), problems);
  load::Fields const fields(problems, root, workflow->document);
  if (auto const* defaults = fields.object("defaults"))
    tasks.options().set_defaults(*defaults, fields.path("defaults"));
  if (auto const* given = fields.find("tasks")) {
    tasks.read(*given, fields.find("finally"), root);
  } else {
    load::add_missing(problems, fields.path("tasks"), "add at least one task");
  }
  if (!problems.is_empty()) return {nullptr, problems.take(text, kind)};
  return {std::move(workflow), problems.take(text, kind)};
}

}  // namespace

LoadedWorkflow load_workflow(
    std::string_view text, TaskTypes const& types, WorkflowLimits const& limits, TextFormat format
) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  if (format == TextFormat::detect) {
    std::size_t const first = text.find_first_not_of(" \t\r\n");
    bool const is_json = first != std::string_view::npos && text[first] == '{';
    format = is_json ? TextFormat::json : TextFormat::yaml;
  }
  JsonLimits const reading{limits.bytes_max, limits.depth_max, limits.nodes_max};
  bool const is_json = format == TextFormat::json;
  auto document = is_json ? parse_json(text, reading) : read_yaml(text, reading);
  if (!document) return unreadable(document.error());
  SourceKind const kind = is_json ? SourceKind::json : SourceKind::yaml;
  return load_document(std::move(*document), types, limits, text, kind);
}

LoadedWorkflow load_workflow(
    boost::json::value const& document, TaskTypes const& types, WorkflowLimits const& limits
) {
  if (is_deeper(document, limits.depth_max))
    return failed(
        "too_large", "lists and objects nest deeper than " + std::to_string(limits.depth_max)
    );
  if (text_size(document, limits.bytes_max) > limits.bytes_max)
    return failed(
        "too_large", "the definition is larger than " + std::to_string(limits.bytes_max) + " bytes"
    );
  return load_document(json::value(document), types, limits, {}, SourceKind::none);
}

}  // namespace ropewalk
