// `needs` and `dependencies`, and the graph that they make.

#include "engine/base/text.hpp"
#include "engine/model/load/tasks.hpp"

#include <array>

namespace ropewalk::load {
namespace {

std::string quoted(std::string_view text) {
  return '"' + shorten(text, 60) + '"';
}

Finding across_finally(std::string_view from, TaskDef const& user) {
  if (user.is_final)
    return {
        "needless_dependency",
        "tasks of `finally` begin when all others have ended: there is no need to wait for " +
            quoted(from),
        "remove this dependency; use when: tasks." + std::string(from) + ".status == ... instead"};
  return {
      "waits_for_finally",
      "task " + quoted(user.id) + " cannot wait for " + quoted(from) +
          ", which runs when all others have ended",
      "put " + user.id + " into `finally` as well"};
}

}  // namespace

void TasksReader::read_dependencies(TaskIndex index, json::object const& task, Path const& path) {
  Fields const fields(problems_, path, task);
  if (auto const* needs = fields.find("needs")) read_needs(index, *needs, fields.path("needs"));
  auto const* list = fields.list("dependencies");
  if (!list) return;
  Path const list_path = fields.path("dependencies");
  for (std::size_t i = 0; i < list->size(); ++i)
    read_dependency(index, (*list)[i], list_path.element(i));
}

void TasksReader::read_needs(TaskIndex index, json::value const& needs, Path const& path) {
  auto const* list = needs.if_array();
  if (!list)
    return add_wrong_kind(problems_, path, needs, "a list of task ids", "write needs: [a, b]");
  for (std::size_t i = 0; i < list->size(); ++i) {
    Path const here = path.element(i);
    if (auto const* id = (*list)[i].if_string()) {
      add_edge(index, *id, DependencyType::success, no_condition, here);
    } else {
      add_wrong_kind(
          problems_, here, (*list)[i], "the id of a task", "use `dependencies` for more than ids"
      );
    }
  }
}

void TasksReader::read_dependency(
    TaskIndex index, json::value const& dependency, Path const& path
) {
  auto const* object = dependency.if_object();
  if (!object)
    return add_wrong_kind(
        problems_, path, dependency, "an object", "write {taskId: a}, or use `needs: [a]`"
    );
  constexpr std::array<std::string_view, 3> known{"taskId", "type", "condition"};
  Fields const fields(problems_, path, *object);
  fields.allow_only(known);
  auto const type = fields.word("type", {"success", "failure", "completion"}).value_or(0);
  std::uint32_t condition = no_condition;
  if (auto const source = fields.string("condition"))
    condition = add_condition(*source, fields.path("condition"), index);
  if (!fields.find("taskId")) return add_missing(problems_, fields.path("taskId"));
  if (auto const id = fields.string("taskId"))
    add_edge(index, *id, static_cast<DependencyType>(type), condition, fields.path("taskId"));
}

std::uint32_t TasksReader::add_condition(
    std::string_view source, Path const& path, TaskIndex index
) {
  // Large graphs repeat their conditions: each text is compiled once.
  auto const [found, is_new] = conditions_.emplace(source, no_condition);
  if (!is_new && found->second != no_condition) {
    references_.check(
        workflow_.edge_conditions[found->second], path, source, Scope{index, false, true}
    );
    return found->second;
  }
  auto compiled = references_.compile(source, path, Scope{index, false, true});
  if (!compiled) return no_condition;
  found->second = static_cast<std::uint32_t>(workflow_.edge_conditions.size());
  workflow_.edge_conditions.push_back(std::move(*compiled));
  return found->second;
}

void TasksReader::add_edge(
    TaskIndex index,
    std::string_view id,
    DependencyType type,
    std::uint32_t condition,
    Path const& path
) {
  auto const from = workflow_.find(id);
  if (!from) {
    std::string hint = references_.suggest_task(id, "add the task, or remove the dependency");
    return problems_.add(path, {"unknown_task", "there is no task " + quoted(id), std::move(hint)});
  }
  if (*from == index)
    return problems_.add(
        path,
        {"self_dependency", "task " + quoted(id) + " waits for itself", "remove this dependency"}
    );
  if (workflow_.tasks[*from].is_final != workflow_.tasks[index].is_final)
    return problems_.add(path, across_finally(id, workflow_.tasks[index]));
  if (last_user_[*from] == index)
    return problems_.add(
        path,
        {"duplicate_dependency",
         "task " + quoted(id) + " is named twice as a dependency",
         "keep one of them"}
    );
  last_user_[*from] = index;
  edges_.push_back({*from, index, type, false, condition});
}

void TasksReader::build_graph() {
  if (edges_.size() > limits_.edges_max)
    return problems_.add(
        tasks_path_,
        {"too_large",
         std::to_string(edges_.size()) + " dependencies, where " +
             std::to_string(limits_.edges_max) + " are allowed"}
    );
  auto const tasks_count = static_cast<std::uint32_t>(workflow_.tasks.size());
  edges_.shrink_to_fit();
  workflow_.graph = Graph(tasks_count, std::move(edges_));
  constexpr std::size_t cycles_max = 10;
  constexpr std::size_t shown_max = 20;
  for (auto const& cycle : workflow_.graph.find_cycles(cycles_max)) {
    std::string way;
    for (std::size_t i = 0; i < cycle.size(); ++i) {
      bool const is_shown = cycle.size() <= shown_max || i + 1 == cycle.size() || i + 2 < shown_max;
      if (is_shown) way += workflow_.tasks[cycle[i]].id + " → ";
      if (!is_shown && i + 2 == shown_max)
        way += "… " + std::to_string(cycle.size() - shown_max + 1) + " more … → ";
    }
    way += workflow_.tasks[cycle.front()].id;
    problems_.add(
        task_path(cycle.front()),
        {"cycle",
         "these tasks wait for each other: " + way,
         "remove one of the dependencies",
         Spot::key}
    );
  }
  references_.check_order(workflow_.graph);
  if (!workflow_.graph.topological_order().empty()) cover_calls();
}

}  // namespace ropewalk::load
