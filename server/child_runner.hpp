#pragma once
// Runs tasks of type `workflow`: each starts an execution of its own and waits for its end. The
// attempt holds no slot meanwhile; what it started does, for its own tasks.
//
// Shard: that of the backend.

#include "engine/model/task_type.hpp"
#include "engine/ports/task_runner.hpp"
#include "server/api/backend.hpp"

#include <atomic>

namespace ropewalk::server {

/// The type `workflow`. At start, before anything is loaded.
void register_child_type(TaskTypes& types);

class ChildRunner : public TaskRunner {
 public:
  /// `stopping`: the node ends; what it has started goes on after its next start.
  ChildRunner(Executor executor, Backend& backend, std::atomic<bool> const& stopping)
      : executor_(executor), backend_(backend), stopping_(stopping) {}

  /// The same execution for every attempt that only the server's end cut short: its key is made of
  /// the attempt's. Output: {"execution", "status", "outputs": {task: output}}, of the tasks that
  /// no other waits for. Errors: child_failed, child_cancelled (dependency), children_too_deep, and
  /// those of Backend::start.
  Async<AttemptOutcome> run(AttemptRequest request, AttemptSink& sink) override;

 private:
  /// False: the node ends before it has. Errors: cancelled, with the child.
  Async<Result<bool>> wait(ExecutionId child);
  Async<AttemptOutcome> conclude(ExecutionId child);

  Executor executor_;
  Backend& backend_;
  std::atomic<bool> const& stopping_;
};

}  // namespace ropewalk::server
