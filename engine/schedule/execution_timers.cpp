// Execution: what happens because time has passed. Timers that no longer mean anything are dropped
// when they come up.
#include "engine/schedule/execution.hpp"

namespace ropewalk {

void Execution::set_timer(Instant at, TaskIndex task, TimerKind kind) {
  timers_.push({at, task, tasks_[task].attempt, kind});
}

std::optional<Instant> Execution::next_wake() const {
  if (timers_.empty()) return std::nullopt;
  return timers_.top().at;
}

bool Execution::is_due(Timer const& timer) const {
  TaskState const& state = tasks_[timer.task];
  auto const it = details_.find(timer.task);
  switch (timer.kind) {
    case TimerKind::retry:
      return state.status == Status::retrying && it != details_.end() &&
             it->second.retry_at == timer.at;
    case TimerKind::queue_timeout:
      return is_queued(timer.task) && !state_.paused &&
             state.queued_at + *options(timer.task).queue_timeout == timer.at;
    case TimerKind::attempt_timeout:
    case TimerKind::wait_end:
      return state.status == Status::running && state.attempt == timer.attempt;
    case TimerKind::deadline:
      return !is_terminal(state.status) && it != details_.end() && !is_held_failure(timer.task) &&
             it->second.first_queued_at + *options(timer.task).deadline == timer.at;
  }
  return false;
}

void Execution::wake(Instant now, double random, Effects& out, bool may_start) {
  while (!timers_.empty() && timers_.top().at <= now) {
    Timer const timer = timers_.top();
    timers_.pop();
    if (is_terminal(state_.status) || !is_due(timer)) continue;
    bool const is_for_start =
        timer.kind == TimerKind::retry || timer.kind == TimerKind::queue_timeout;
    if (is_for_start && !may_start) continue;
    fire(timer, now, random, out);
    propagate(now, out);
    end_if_done(now, out);
  }
}

void Execution::fire(Timer const& timer, Instant now, double random, Effects& out) {
  TaskIndex const task = timer.task;
  switch (timer.kind) {
    case TimerKind::retry:
      make_ready(task, now, out);
      break;
    case TimerKind::attempt_timeout:
      stop_attempt(task, StopReason::timeout, now, out);
      break;
    case TimerKind::wait_end:
      wait_over(task, now, random, out);
      break;
    case TimerKind::queue_timeout:
      fail(
          task,
          Error{
              ErrorClass::resource,
              "queue_timeout",
              "task \"" + name_of(task) + "\" waited longer than its queueTimeout of " +
                  format_duration(*options(task).queue_timeout) + " for a slot",
              "raise queueTimeout or the pool's capacity"},
          now,
          out
      );
      break;
    case TimerKind::deadline:
      if (tasks_[task].status == Status::running && !details_[task].wait) {
        stop_attempt(task, StopReason::deadline, now, out);
        if (details_[task].items) stop_items(task, now, out);
        break;
      }
      if (tasks_[task].status == Status::running) leave_running(task);
      fail(task, named(deadline_error(task), task_id(task)), now, out);
      break;
  }
}

}  // namespace ropewalk
