// Execution: what follows when a task has ended. Works through a list, never by recursion: chains
// may be a million tasks long.
#include "engine/schedule/execution.hpp"
#include "engine/schedule/execution_scope.hpp"

namespace ropewalk {
namespace {

std::string quoted(std::string_view task) {
  return "\"" + std::string(task) + "\"";
}

std::string_view verb(DependencyType type) {
  if (type == DependencyType::success) return "succeed";
  return type == DependencyType::failure ? "fail" : "end";
}

}  // namespace

void Execution::make_ready(TaskIndex task, Instant now, Effects& out) {
  TaskState& state = tasks_[task];
  state.status = Status::pending;
  state.queued = true;
  state.queued_at = now;
  if (!is_item(task) && options(task).deadline && details_[task].first_queued_at == Instant{}) {
    start_deadline(task, now);
    record_task(task);  // a deadline is not extended by a crash
  }
  if (!state_.paused) enter_queue(task, now, out);
}

/// REQUIRES: not paused. Whoever is paused waits for a person, not for a slot.
void Execution::enter_queue(TaskIndex task, Instant now, Effects& out) {
  tasks_[task].queued_at = now;
  if (auto const& limit = options(task).queue_timeout; limit && def(task).type->needs_slot)
    set_timer(now + *limit, task, TimerKind::queue_timeout);
  out.ready.push_back(task);
}

void Execution::start_deadline(TaskIndex task, Instant since) {
  details_[task].first_queued_at = since;
  set_timer(since + *options(task).deadline, task, TimerKind::deadline);
}

void Execution::settle(TaskIndex task, Status status, Instant now, Effects& out) {
  TaskState& state = tasks_[task];
  if (state.queued) {
    state.queued = false;
    out.withdraw.push_back(task);
  }
  state.status = status;
  state.finished_at = now;
  count_unfinished(task, -1);
  record_task_event(task, now);
  out.settled.push_back(task);
  if (is_item(task)) return item_ended(task);
  if (is_instance(task)) return answer(task, out);  // what it means is up to its caller
  if (def(task).for_each) drop_items(task, now, out);
  settled_.push_back(task);
  if (status == Status::failed && !is_handled_failure(task)) {
    if (!failure_) {
      Error const& cause = *details_[task].error;
      failure_ = cause;
      failure_->detail = json::object{{"task", name_of(task)}};
    }
    if (workflow_->on_failure == OnFailure::cancel && !def(task).is_final)
      cancel_rest(StopReason::failure, now, out);
  }
}

void Execution::propagate(Instant now, Effects& out) {
  while (!settled_.empty() || !ended_callers_.empty() || !advancing_.empty()) {
    if (settled_.empty() && ended_callers_.empty()) {
      TaskIndex const task = advancing_.front();
      advancing_.pop_front();
      if (item_counts(task)) advance_items(task, now, out);
      continue;
    }
    if (settled_.empty()) {
      TaskIndex const caller = ended_callers_.front();
      ended_callers_.pop_front();
      auto const ending = std::move(details_[caller].ending);
      conclude_attempt(caller, std::move(ending->outcome), now, ending->random, out);
      continue;
    }
    TaskIndex const task = settled_.front();
    settled_.pop_front();
    for (std::uint32_t const index : workflow_->graph.dependants(task))
      visit_dependant(workflow_->graph.edge(index), now, out);
  }
}

void Execution::visit_dependant(Edge const& edge, Instant now, Effects& out) {
  TaskState& state = tasks_[edge.to];
  if (state.status != Status::pending || state.queued || is_held_failure(edge.to))
    return;  // decided by another dependency already
  auto const met = is_met(edge);
  if (!met) {
    fail(edge.to, met.error(), now, out);
  } else if (*met) {
    if (--state.unmet == 0) dependencies_met(edge.to, now, out);
  } else {
    Status const upstream = tasks_[edge.from].status;
    bool const by_condition = edge.condition != no_condition && upstream == Status::completed;
    if (by_condition) {
      skip(
          edge.to,
          "condition_false",
          "the condition on " + quoted(name_of(edge.from)) + " did not hold",
          now,
          out
      );
    } else {
      std::string reason = "waited for " + quoted(name_of(edge.from)) + " to " +
                           std::string(verb(edge.type)) + ", which is " +
                           std::string(to_string(upstream));
      skip(edge.to, "dependency_not_met", std::move(reason), now, out);
    }
  }
}

Result<bool> Execution::is_met(Edge const& edge) const {
  Status const upstream = tasks_[edge.from].status;
  bool matches = false;
  switch (edge.type) {
    case DependencyType::success:
      matches = upstream == Status::completed;
      break;
    case DependencyType::failure:
      matches = upstream == Status::failed;
      break;
    case DependencyType::completion:
      matches = upstream != Status::cancelled;
      break;
  }
  if (!matches || edge.condition == no_condition) return matches;
  ExecutionScope const scope(*this, edge.to);
  auto held = workflow_->edge_conditions[edge.condition].evaluate_condition(scope);
  if (held) return *held;
  Error error = held.error();
  error.message = "task " + quoted(name_of(edge.to)) + ": the condition on " +
                  quoted(name_of(edge.from)) + " could not be evaluated: " + error.message;
  return error;
}

void Execution::dependencies_met(TaskIndex task, Instant now, Effects& out) {
  if (!is_instance(task) && def(task).is_template) return settle_template(task, now, out);
  auto const start = [&] {
    return def(task).for_each ? begin_items(task, now, out) : make_ready(task, now, out);
  };
  auto const& when = options(task).when;
  if (!when) return start();
  ExecutionScope const scope(*this, task);
  auto held = when->evaluate_condition(scope);
  if (!held) {
    Error error = held.error();
    error.message =
        "task " + quoted(name_of(task)) + ": when could not be evaluated: " + error.message;
    fail(task, std::move(error), now, out);
  } else if (*held) {
    start();
  } else {
    skip(task, "condition_false", "its condition (when) did not hold", now, out);
  }
}

void Execution::skip(
    TaskIndex task, std::string code, std::string reason, Instant now, Effects& out
) {
  details_[task].error = Error{ErrorClass::dependency, std::move(code), std::move(reason)};
  settle(task, Status::skipped, now, out);
}

void Execution::fail(TaskIndex task, Error error, Instant now, Effects& out) {
  if (holds_failure(task)) return hold_failure(task, std::move(error), now, out);
  details_[task].error = std::move(error);
  settle(task, Status::failed, now, out);
}

bool Execution::is_handled_failure(TaskIndex task) const {
  if (options(task).allow_failure) return true;
  for (std::uint32_t const index : workflow_->graph.dependants(task))
    if (Edge const& edge = workflow_->graph.edge(index);
        edge.type != DependencyType::success && !edge.is_call)
      return true;
  return false;
}

/// Either all tasks but those of `finally`, or those.
void Execution::cancel_rest(StopReason reason, Instant now, Effects& out, bool of_finally) {
  for (TaskIndex task = 0; task < tasks_.size(); ++task) {
    if (def(task).is_final != of_finally) continue;
    Status const status = tasks_[task].status;
    if (status == Status::running) {
      stop_attempt(task, reason, now, out);
      if (details_[task].items) {
        advancing_.push_back(task);      // it ends when its items have
      } else if (details_[task].wait) {  // nobody has to be told to stop
        leave_running(task);
        settle(task, Status::cancelled, now, out);
      }
    } else if (!is_terminal(status)) {
      settle(task, Status::cancelled, now, out);
    }
  }
  settled_.clear();  // nothing is left that could depend on them
}

Status Execution::end_status() const {
  if (state_.cancel_requested) return Status::cancelled;
  return failure_ ? Status::failed : Status::completed;
}

void Execution::end_if_done(Instant now, Effects& out) {
  if (is_terminal(state_.status)) return;
  if (is_finishing() && !has_begun_finally_) {
    has_begun_finally_ = true;
    resume_pending(true, now, out);
    propagate(now, out);
  }
  if (unfinished_count_ > 0) return;
  state_.status = end_status();
  state_.finished_at = now;
  state_.paused = false;
  hold_.reset();
  record_state(now);
  out.ended = true;
}

}  // namespace ropewalk
