// Execution: what waits for a person. A task that must not go on as it is (a budget is used up)
// pauses the execution; one that has failed under `onFailure: pause` holds up what depends on it.
#include "engine/base/json.hpp"
#include "engine/schedule/execution.hpp"

namespace ropewalk {

/// The task waits again, for a person: the execution is paused, and says why.
void Execution::hold_task(TaskIndex task, Error reason, Instant now, Effects& out) {
  leave_running(task);
  out.attempts.push_back(reason.error_class);
  TaskState& state = tasks_[task];
  Detail& detail = details_[task];
  if (state.tries > 0) --state.tries;
  detail.error = named(std::move(reason), task_id(task));
  detail.hold = Hold::held;
  state.finished_at = now;
  keep_attempt(task, now);
  for (TaskIndex other = 0; other < tasks_.size(); ++other)
    if (is_queued(other)) out.withdraw.push_back(other);
  note_hold_reason(task);
  state_.paused = true;
  make_ready(task, now, out);
  record_task_event(task, now);
  record_state(now);
}

void Execution::note_hold_reason(TaskIndex task) {
  hold_ = details_[task].error.value_or(Error{});
  if (hold_->detail.is_null()) hold_->detail = json::object{};
  if (auto* facts = hold_->detail.if_object()) (*facts)["task"] = task_id(task);
}

bool Execution::is_held_failure(TaskIndex task) const {
  auto const it = details_.find(task);
  return tasks_[task].status == Status::pending && it != details_.end() &&
         it->second.hold == Hold::failed;
}

bool Execution::holds_failure(TaskIndex task) const {
  bool const is_asked = options(task).pause_on_failure || workflow_->on_failure == OnFailure::pause;
  return is_asked && !is_instance(task) && !is_handled_failure(task) && !state_.cancel_requested;
}

/// What was done for the execution so far is worth keeping: whoever looks at the failure decides
/// how it goes on. Everything that does not depend on the task does meanwhile.
void Execution::hold_failure(TaskIndex task, Error error, Instant now, Effects& out) {
  TaskState& state = tasks_[task];
  if (state.queued) {
    state.queued = false;
    out.withdraw.push_back(task);
  }
  if (def(task).for_each) drop_items(task, now, out);
  Detail& detail = details_[task];
  detail.error = std::move(error);
  detail.retry_at.reset();
  detail.hold = Hold::failed;
  state.status = Status::pending;
  state.finished_at = now;
  if (state.started_at != Instant{}) keep_attempt(task, now);
  note_hold_reason(task);
  record_task_event(task, now);
  record_state(now);
}

Result<> Execution::resolve(
    TaskIndex task, Resolve how, json::value output, Instant now, Effects& out
) {
  if (!is_held_failure(task))
    return Error{
        ErrorClass::permanent,
        "not_waiting",
        "task \"" + name_of(task) + "\" does not wait for a person: it is " +
            std::string(to_string(task_status(task))),
        "only a task that has failed under `onFailure: pause` can be resolved"};
  replace_nul(output);
  std::string text = output.is_null() ? std::string() : to_text(output);
  if (text.size() > options_.output_bytes_max)
    return Error{
        ErrorClass::permanent,
        "output_too_large",
        "the output has " + std::to_string(text.size()) + " bytes, the limit is " +
            std::to_string(options_.output_bytes_max),
        "give a reference to large data, or raise limits.outputBytes"};
  details_[task].hold = Hold::none;
  refresh_hold_reason();
  record_state(now);
  switch (how) {
    case Resolve::retry:
      start_over(task, now);
      if (def(task).for_each) start_items_over(task, false, now);
      count_unmet();
      resume_pending(def(task).is_final, now, out);
      break;
    case Resolve::skip:
      skip(task, "skipped_by_person", "it failed, and a person had it skipped", now, out);
      break;
    case Resolve::fail:
      settle(task, Status::failed, now, out);
      break;
    case Resolve::complete:
      details_[task].error.reset();
      tasks_[task].output = std::make_unique<json::value>(std::move(output));
      settle(task, Status::completed, now, out);
      if (!text.empty()) events_.task_output(now, name_of(task), tasks_[task].attempt, text);
      record_task(task).output = std::move(text);
      break;
  }
  propagate(now, out);
  end_if_done(now, out);
  return {};
}

/// Of several tasks that wait for a person the first is what the execution shows.
void Execution::refresh_hold_reason() {
  hold_.reset();
  for (TaskIndex other = 0; other < workflow_->tasks.size() && !hold_; ++other)
    if (is_held_failure(other)) note_hold_reason(other);
}

}  // namespace ropewalk
