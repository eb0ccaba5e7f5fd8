// `forEach`: a task that runs once for each item of a list.

#include "engine/model/load/tasks.hpp"

#include <array>

namespace ropewalk::load {
namespace {

constexpr std::int64_t parallel_most = 100'000;

}  // namespace

void TasksReader::read_for_each(TaskIndex index, json::object const& task, Path const& path) {
  auto const* value = task.if_contains("forEach");
  if (!value) return;
  Path const here = path.field("forEach");
  auto each = std::make_shared<ForEach>();
  if (auto const* object = value->if_object()) {
    Fields const fields(problems_, here, *object);
    fields.allow_only(std::array<std::string_view, 3>{"items", "maxParallel", "onItemFailure"});
    if (auto const most = fields.integer("maxParallel", 1, parallel_most))
      each->parallel_max = static_cast<std::uint32_t>(*most);
    if (auto const word = fields.word("onItemFailure", {"stop", "finish", "ignore"}))
      each->on_failure = static_cast<OnItemFailure>(*word);
    if (auto const* items = fields.find("items"))
      read_items(*each, *items, fields.path("items"), index);
    else
      add_missing(problems_, fields.path("items"), "write items: ${{ inputs.list }}");
  } else {
    read_items(*each, *value, here, index);
  }
  workflow_.tasks[index].for_each = std::move(each);
}

void TasksReader::read_items(
    ForEach& each, json::value const& items, Path const& path, TaskIndex index
) {
  std::string_view const hint = "write a list, or an expression that gives one: ${{ inputs.list }}";
  if (auto const* text = items.if_string()) {
    auto const compiled = cel::Template::compile(*text);
    if (compiled && !compiled->is_single_expression())
      return add_wrong_kind(problems_, path, items, "a list", std::string(hint));
  } else if (!items.is_array()) {
    return add_wrong_kind(problems_, path, items, "a list", std::string(hint));
  }
  std::size_t const problems_before = problems_.count();
  references_.check_templates(items, path, Scope{index, false, true});
  auto compiled = cel::JsonTemplate::compile(items);
  if (compiled)
    each.items = std::move(*compiled);
  else if (problems_.count() == problems_before)
    references_.add_bad_expression(compiled.error(), path, {});
}

}  // namespace ropewalk::load
