// Tasks that run other tasks as their tools: who is called, and what that asks of the caller.

#include "engine/base/text.hpp"
#include "engine/model/load/tasks.hpp"

#include <algorithm>
#include <set>

namespace ropewalk::load {
namespace {

std::string quoted(std::string_view text) {
  return '"' + shorten(text, 60) + '"';
}

/// Raises each need in `needs` to what `other` asks for.
void cover(std::vector<PoolNeed>& needs, std::vector<PoolNeed> const& other) {
  for (PoolNeed const& need : other) {
    auto const at = std::ranges::lower_bound(needs, need.pool, {}, &PoolNeed::pool);
    if (at == needs.end() || at->pool != need.pool)
      needs.insert(at, need);
    else
      at->amount = std::max(at->amount, need.amount);
  }
}

}  // namespace

void TasksReader::read_calls(
    TaskIndex index, json::object const& task, TaskType const& type, Path const& path
) {
  if (!type.called_tasks) return;
  for (CalledTask& called : type.called_tasks(task))
    calls_.push_back({index, std::move(called.task), steps_inside(path, called.field)});
}

void TasksReader::add_calls() {
  std::set<std::pair<TaskIndex, TaskIndex>> known;
  for (Call& call : calls_) {
    auto const called = workflow_.find(call.task);
    if (!called) {
      std::string hint = references_.suggest_task(call.task, "add the task, or remove the tool");
      problems_.add(
          std::move(call.steps),
          {"unknown_task", "there is no task " + quoted(call.task), std::move(hint)}
      );
    } else if (*called == call.caller) {
      problems_.add(
          std::move(call.steps),
          {"self_call", "task " + quoted(call.task) + " calls itself", "name another task"}
      );
    } else if (workflow_.tasks[*called].is_final != workflow_.tasks[call.caller].is_final) {
      problems_.add(
          std::move(call.steps),
          {"called_across_finally",
           "task " + quoted(call.task) + " and its caller do not both stand in `finally`",
           "put them together"}
      );
    } else if (known.emplace(call.caller, *called).second) {  // under several names: once
      workflow_.tasks[*called].is_template = true;
      edges_.push_back({call.caller, *called, DependencyType::completion, true, no_condition});
    }
  }
  if (known.empty()) return;
  for (auto const& [caller, called] : known)
    if (workflow_.tasks[called].for_each)
      problems_.add(
          task_path(called).field("forEach"),
          {"called_task_for_each",
           "task " + quoted(workflow_.tasks[called].id) +
               " is called as a tool, and runs once a call",
           "remove forEach: the model may call it once an item",
           Spot::key}
      );
  for (Edge const& edge : edges_) {
    if (edge.is_call) continue;
    std::string const& from = workflow_.tasks[edge.from].id;
    std::string const& to = workflow_.tasks[edge.to].id;
    if (workflow_.tasks[edge.to].is_template)
      problems_.add(
          task_path(edge.to),
          {"called_task_waits",
           "task " + quoted(to) + " is called as a tool and cannot wait for " + quoted(from),
           "remove its dependencies: it runs whenever it is called",
           Spot::key}
      );
    if (workflow_.tasks[edge.from].is_template && edge.type == DependencyType::failure)
      problems_.add(
          task_path(edge.to),
          {"called_task_never_fails",
           "task " + quoted(to) + " waits for " + quoted(from) +
               " to fail, but that one is called as a tool: its failures are its caller's business",
           "wait for the task that calls it",
           Spot::key}
      );
  }
}

void TasksReader::cover_calls() {
  if (calls_.empty()) return;
  auto const& order = workflow_.graph.topological_order();
  for (auto at = order.rbegin(); at != order.rend(); ++at) {  // callers come before what they call
    TaskDef& caller = workflow_.tasks[*at];
    if (!caller.options) continue;
    std::vector<PoolNeed> needs = caller.options->needs;
    for (std::uint32_t const index : workflow_.graph.dependants(*at)) {
      Edge const& edge = workflow_.graph.edge(index);
      TaskDef const& called = workflow_.tasks[edge.to];
      if (edge.is_call && called.options) cover(needs, called.options->needs);
    }
    if (needs == caller.options->needs) continue;
    auto options = std::make_shared<TaskOptions>(*caller.options);
    options->needs = std::move(needs);
    caller.options = std::move(options);
  }
}

}  // namespace ropewalk::load
