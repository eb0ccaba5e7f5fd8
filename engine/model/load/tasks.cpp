#include "engine/model/load/tasks.hpp"

#include "engine/base/text.hpp"

#include <algorithm>
#include <array>

namespace ropewalk::load {
namespace {

constexpr std::array<std::string_view, 6> structure_fields{
    "type", "needs", "dependencies", "env", "forEach", "cache"};

std::string quoted(std::string_view text) {
  return '"' + shorten(text, 60) + '"';
}

std::size_t tasks_in(json::value const& tasks) {
  if (auto const* list = tasks.if_array()) return list->size();
  auto const* object = tasks.if_object();
  return object ? object->size() : 0;
}

bool is_variable_name(std::string_view name) {
  return is_identifier(name) && name.find('-') == std::string_view::npos;
}

}  // namespace

Steps steps_inside(Path const& task, std::string_view field) {
  Steps steps = steps_of(task);
  while (!field.empty()) {
    if (field.front() == '.') field.remove_prefix(1);
    std::size_t const end = field.find_first_of(".[", 1);
    if (!field.empty()) steps.emplace_back(field.substr(0, end));
    field = end == std::string_view::npos ? std::string_view{} : field.substr(end);
  }
  return steps;
}

Path TasksReader::task_path(TaskIndex index) const {
  TaskDef const& task = workflow_.tasks[index];
  Path const& tasks = task.is_final ? finally_path_ : tasks_path_;
  auto const position = raw_[index].position;
  return position ? tasks.element(*position) : tasks.field(task.id);
}

void TasksReader::read(json::value const& tasks, json::value const* finally, Path const& root) {
  tasks_path_ = root.field("tasks");
  finally_path_ = root.field("finally");
  std::size_t const count = tasks_in(tasks) + (finally ? tasks_in(*finally) : 0);
  if (count > limits_.tasks_max)
    return problems_.add(
        tasks_path_,
        {"too_large",
         std::to_string(count) + " tasks, where " + std::to_string(limits_.tasks_max) +
             " are allowed"}
    );
  workflow_.tasks.reserve(count);  // ids must not move: index_by_id looks at them
  workflow_.index_by_id.reserve(count);
  raw_.reserve(count);
  read_ids(tasks, tasks_path_);
  if (finally) {
    reads_finally_ = true;
    read_ids(*finally, finally_path_);
  }
  last_user_.assign(workflow_.tasks.size(), Scope::no_task);
  for (TaskIndex index = 0; index < workflow_.tasks.size(); ++index)
    read_task(index, task_path(index));
  add_branches();
  add_calls();
  build_graph();
}

void TasksReader::read_ids(json::value const& tasks, Path const& path) {
  if (!tasks.is_structured())
    return add_wrong_kind(
        problems_,
        path,
        tasks,
        "an object of tasks by their id",
        "write " + std::string(path.name) + ": {a: {type: pass}}"
    );
  if (tasks_in(tasks) == 0)
    problems_.add(path, {"no_tasks", "there are no tasks", "add at least one"});
  if (auto const* object = tasks.if_object()) {
    for (auto const& member : *object)
      add_task(member.key(), member.value(), std::nullopt, path.field(member.key()));
    return;
  }
  auto const& list = tasks.get_array();
  for (std::size_t i = 0; i < list.size(); ++i) {
    Path const here = path.element(i);
    auto const* object = list[i].if_object();
    if (!object) {
      add_wrong_kind(problems_, here, list[i], "an object with an `id`");
      continue;
    }
    Fields const fields(problems_, here, *object);
    if (!fields.find("id")) {
      add_missing(problems_, fields.path("id"));
    } else if (auto const id = fields.string("id")) {
      add_task(*id, list[i], i, here);
    }
  }
}

void TasksReader::add_task(
    std::string_view id,
    json::value const& task,
    std::optional<std::size_t> position,
    Path const& path
) {
  if (!is_identifier(id))
    problems_.add(
        path,
        {"invalid_id",
         quoted(id) + " cannot be the id of a task",
         "letters, digits, _ and -, beginning with a letter; at most 128",
         Spot::key}
    );
  if (workflow_.find(id))
    return problems_.add(
        path.field("id"),
        {"duplicate_task", "there are two tasks " + quoted(id), "rename one of them"}
    );
  if (!task.is_object()) add_wrong_kind(problems_, path, task, "an object", "write {type: pass}");
  TaskDef& added = workflow_.tasks.emplace_back();
  added.id = id;
  added.is_final = reads_finally_;
  workflow_.index_by_id.emplace(added.id, static_cast<TaskIndex>(workflow_.tasks.size() - 1));
  raw_.push_back({task.if_object(), position});
}

TaskType const* TasksReader::read_type(RawTask const& raw, Path const& path) {
  Fields const fields(problems_, path, *raw.fields);
  auto const names = types_.names();
  std::string known = "one of";
  for (std::string_view const name : names) known += ' ' + std::string(name);
  if (!fields.find("type")) {
    std::string hint = "write " + known;
    for (auto const& member : *raw.fields)
      if (!closest_match(member.key(), std::array<std::string_view, 1>{"type"}).empty())
        hint = "rename `" + std::string(member.key()) + "` to `type`";
    add_missing(problems_, fields.path("type"), std::move(hint));
    return nullptr;
  }
  auto const name = fields.string("type");
  if (!name) return nullptr;
  TaskType const* type = types_.find(*name);
  if (!type)
    problems_.add(
        fields.path("type"),
        {"unknown_type",
         "there is no type of task " + quoted(*name),
         problems_.suggest(*name, names, "write " + known)}
    );
  return type;
}

FieldTable const& TasksReader::fields_of(TaskType const& type) {
  FieldTable& table = field_tables_[&type];
  if (!table.empty()) return table;
  for (FieldSpec const& spec : type.fields) table.emplace(spec.name, &spec);
  for (std::string_view const name : structure_fields) table.emplace(name, nullptr);
  for (std::string_view const name : option_fields()) table.emplace(name, nullptr);
  return table;
}

void TasksReader::read_task(TaskIndex index, Path const& path) {
  RawTask const& raw = raw_[index];
  if (!raw.fields) return;
  json::object const& task = *raw.fields;
  read_dependencies(index, task, path);
  TaskType const* type = read_type(raw, path);
  if (!type) return;
  TaskDef& def = workflow_.tasks[index];
  def.type = type;
  def.options = options_.read(task, path, *type, index);
  read_for_each(index, task, path);
  read_cases(index, task, path);
  read_caching(index, task, path);
  read_calls(index, task, *type, path);
  read_config(index, task, *type, path);
}

void TasksReader::read_config(
    TaskIndex index, json::object const& task, TaskType const& type, Path const& path
) {
  FieldTable const& table = fields_of(type);
  json::object config;
  std::size_t const problems_before = problems_.count();
  for (auto const& member : task) {
    std::string_view const name = member.key();
    if (name == "id" && raw_[index].position) continue;
    Path const field_path = path.field(name);
    auto const found = table.find(name);
    if (found == table.end()) {
      std::vector<std::string_view> known;
      for (auto const& [field, spec] : table) known.push_back(field);
      add_unknown_field(problems_, path, name, known);
      continue;
    }
    if (found->second)
      check_field(
          *found->second,
          member.value(),
          field_path,
          Scope{index, false, false, found->second->secrets},
          references_,
          problems_
      );
    if (name == "env" && !found->second) check_env(member.value(), field_path, index);
    if (found->second || name == "env") config.emplace(name, member.value());
  }
  for (FieldSpec const& spec : type.fields)
    if (spec.required && !task.contains(spec.name)) {
      std::string const hint = "a `" + type.name + "` task needs it";
      add_missing(problems_, path.field(spec.name), hint);
    }
  if (type.check) {
    ReportProblem const report =
        [&](std::string field, std::string code, std::string message, std::string hint) {
          problems_.add(
              steps_inside(path, field), {std::move(code), std::move(message), std::move(hint)}
          );
        };
    type.check(task, report);
  }
  if (config.empty()) return;
  if (type.prepare) type.prepare(config);
  auto compiled = cel::JsonTemplate::compile(std::move(config));
  if (compiled) {
    workflow_.tasks[index].config = std::move(*compiled);
  } else if (problems_.count() == problems_before) {  // else a part of it was reported already, in
                                                      // its own place
    references_.add_bad_expression(compiled.error(), path, {});
  }
}

void TasksReader::check_env(json::value const& env, Path const& path, TaskIndex index) {
  auto const* object = env.if_object();
  if (!object) return add_wrong_kind(problems_, path, env, "an object", "write {NAME: value}");
  for (auto const& member : *object) {
    Path const here = path.field(member.key());
    if (!is_variable_name(member.key()))
      problems_.add(
          here,
          {"invalid_name",
           quoted(member.key()) + " cannot be the name of a variable",
           "letters, digits and _, beginning with a letter",
           Spot::key}
      );
    if (member.value().is_structured() || member.value().is_null())
      add_wrong_kind(problems_, here, member.value(), "a string, a number or a boolean");
  }
  references_.check_templates(env, path, Scope{index, false, false, true});
}

}  // namespace ropewalk::load
