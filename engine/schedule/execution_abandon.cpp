// Execution: the end of one that nobody can go on with.
#include "engine/schedule/execution.hpp"

namespace ropewalk {

std::shared_ptr<Workflow const> abandoned_workflow(StoredExecution const& stored) {
  static TaskType const unknown = [] {
    TaskType type;
    type.name = "unknown";
    return type;
  }();
  auto const options = std::make_shared<TaskOptions const>();
  auto flow = std::make_shared<Workflow>();
  flow->name = stored.created.workflow;
  flow->tasks.reserve(stored.tasks.size());
  for (auto const& record : stored.tasks) {
    TaskDef task;
    task.id = record.task;
    task.type = &unknown;
    task.options = options;
    flow->tasks.push_back(std::move(task));
  }
  for (TaskIndex task = 0; task < flow->tasks.size(); ++task)
    flow->index_by_id.emplace(flow->tasks[task].id, task);
  flow->graph = Graph(static_cast<std::uint32_t>(flow->tasks.size()), {});
  return flow;
}

void Execution::give_up(Error error, Instant now, Effects& out) {
  for (TaskIndex task = 0; task < tasks_.size(); ++task)
    if (!is_terminal(tasks_[task].status)) settle(task, Status::cancelled, now, out);
  settled_.clear();  // nothing is left that could depend on them
  failure_ = std::move(error);
  end_if_done(now, out);
}

}  // namespace ropewalk
