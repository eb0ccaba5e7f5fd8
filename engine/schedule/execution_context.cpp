// Execution: the ExecutionContext that scripts, commands and prompts read (DESIGN §5).
#include "engine/base/json.hpp"
#include "engine/schedule/execution.hpp"

namespace ropewalk {

std::string Execution::context_text(TaskIndex task) const {
  json::object dependencies;
  for (auto const& edge : workflow_->graph.dependencies(template_of(task))) {
    if (edge.is_call) continue;
    json::object dependency{{"status", to_string(tasks_[edge.from].status)}};
    auto const* output = tasks_[edge.from].output.get();
    dependency["output"] = output ? *output : json::value();
    if (auto const* error = task_error(edge.from)) dependency["error"] = to_json(*error);
    dependencies[name_of(edge.from)] = std::move(dependency);
  }
  json::array logs;  // what the attempt before said last: a retry can look at it
  if (auto it = details_.find(task); it != details_.end())
    for (auto const& line : it->second.last_lines) logs.emplace_back(line);
  TaskState const& state = tasks_[task];
  json::object context{
      {"executionId", id_.to_string()},
      {"taskId", name_of(task)},
      {"attempt", state.attempt},
      {"startTime", format_instant(state.started_at)},
      {"dependencies", std::move(dependencies)},
      {"variables", workflow_->variables},
      {"inputs", inputs_},
      {"logs", std::move(logs)},
  };
  if (def(task).is_final) {
    json::value error = failure_ ? to_json(*failure_) : json::value();
    context["execution"] =
        json::object{{"status", to_string(end_status())}, {"error", std::move(error)}};
  }
  if (auto const* arguments = task_arguments(task)) context["args"] = *arguments;
  if (auto const* item = task_item(task)) {
    context["item"] = *item;
    context["index"] = item_place(task);
  }
  return to_text(context);
}

}  // namespace ropewalk
