#include "engine/schedule/replay_plan.hpp"

#include "engine/base/json.hpp"
#include "engine/base/text.hpp"

#include <algorithm>
#include <unordered_map>

namespace ropewalk {
namespace {

using Records = std::unordered_map<std::string_view, TaskRecord const*>;

std::string quoted(std::string_view text) {
  return '"' + shorten(text, 140) + '"';
}

/// The definitions of tasks by their ids, as they stand in the file.
std::unordered_map<std::string_view, json::value const*> definitions(Workflow const& workflow) {
  std::unordered_map<std::string_view, json::value const*> out;
  auto const& tasks = workflow.document.at("tasks");
  if (auto const* object = tasks.if_object())
    for (auto const& member : *object) out.emplace(member.key(), &member.value());
  if (auto const* list = tasks.if_array())
    for (auto const& task : *list) out.emplace(std::string_view(task.at("id").as_string()), &task);
  return out;
}

bool ended_well(Records const& records, std::string_view task) {
  auto const found = records.find(task);
  if (found == records.end()) return false;
  Status const status = found->second->status;
  return status == Status::completed || status == Status::skipped;
}

Error cannot_begin_at(std::string_view task, std::string message, std::string hint) {
  return Error{
      ErrorClass::permanent,
      "invalid_argument",
      "a replay cannot begin at " + quoted(task) + ": " + std::move(message),
      std::move(hint)};
}

Result<std::vector<bool>> read_from(Workflow const& workflow, ReplayWish const& wish) {
  std::vector<bool> out(workflow.tasks.size(), false);
  for (auto const& id : wish.from) {
    auto const task = workflow.find(id);
    if (task && workflow.tasks[*task].is_template)
      return cannot_begin_at(id, "it runs when another task calls it", "name the task that calls");
    if (task) {
      out[*task] = true;
      continue;
    }
    if (auto const bracket = id.find('[');
        bracket != id.npos && workflow.find(id.substr(0, bracket)))
      return cannot_begin_at(
          id, "it is one run of a task", "name the whole task: " + id.substr(0, bracket)
      );
    std::vector<std::string_view> names;
    for (auto const& known : workflow.tasks) names.push_back(known.id);
    auto const near = closest_match(id, names);
    Error error{ErrorClass::permanent, "unknown_task", "there is no task " + quoted(id)};
    if (!near.empty()) error.hint = "did you mean " + quoted(near) + "?";
    return error;
  }
  return out;
}

class Planner {
 public:
  Planner(Workflow const& before, Workflow const& after, StoredExecution const& source)
      : before_(before), after_(after), source_(source) {
    for (auto const& record : source.tasks) records_.emplace(record.task, &record);
  }

  bool all_ended_well() const {
    return std::ranges::all_of(before_.tasks, [&](TaskDef const& task) {
      return ended_well(records_, task.id);
    });
  }

  std::vector<ReusedTask> reuse(std::vector<bool> const& runs) const {
    auto const old_tasks = definitions(before_);
    auto const new_tasks = definitions(after_);
    bool const is_same_file = &before_ == &after_;
    std::vector<bool> is_reused(after_.tasks.size(), false);
    std::vector<ReusedTask> out;
    for (TaskIndex const task : after_.graph.topological_order()) {
      std::string const& id = after_.tasks[task].id;
      bool const always_runs = runs[task] || after_.tasks[task].is_final;
      if (always_runs || !ended_well(records_, id)) continue;
      auto const old_task = old_tasks.find(id);
      bool const is_same =
          is_same_file || (old_task != old_tasks.end() && to_canonical_text(*old_task->second) ==
                                                              to_canonical_text(*new_tasks.at(id)));
      auto const& needs = after_.graph.dependencies(task);
      bool const has_all =
          std::ranges::all_of(needs, [&](Edge const& edge) { return is_reused[edge.from]; });
      if (!is_same || !has_all) continue;
      is_reused[task] = true;
      out.push_back(taken_over(*records_.at(id)));
    }
    return out;
  }

 private:
  ReusedTask taken_over(TaskRecord const& record) const {
    ReusedTask out{record.task, record.status, record.output, record.error, record.reused_from};
    if (out.from.empty()) out.from = source_.execution.to_string() + "/" + record.task;
    return out;
  }

  Workflow const& before_;
  Workflow const& after_;
  StoredExecution const& source_;
  Records records_{};
};

}  // namespace

Result<std::vector<ReusedTask>> plan_replay(
    Workflow const& before,
    Workflow const& after,
    StoredExecution const& source,
    ReplayWish const& wish
) {
  TRY(auto const runs, read_from(after, wish));
  Planner const planner(before, after, source);
  bool const is_whole = wish.from.empty() && (wish.has_changed_data || planner.all_ended_well());
  if (is_whole) return std::vector<ReusedTask>();
  return planner.reuse(runs);
}

}  // namespace ropewalk
