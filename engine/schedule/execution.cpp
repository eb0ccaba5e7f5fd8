#include "engine/schedule/execution.hpp"

#include "engine/base/json.hpp"

namespace ropewalk {
namespace {

std::optional<Instant> if_set(Instant instant) {
  return instant == Instant{} ? std::nullopt : std::optional(instant);
}

}  // namespace

Execution::Execution(
    ExecutionId id,
    std::shared_ptr<Workflow const> workflow,
    NewExecution record,
    json::object inputs,
    ExecutionOptions options
)
    : id_(id),
      workflow_(std::move(workflow)),
      record_(std::move(record)),
      inputs_(std::move(inputs)),
      options_(options),
      tasks_(workflow_->tasks.size()) {
  for (TaskIndex task = 0; task < tasks_.size(); ++task) count_unfinished(task, 1);
  count_unmet();
}

void Execution::count_unfinished(TaskIndex task, int change) {
  unfinished_count_ += static_cast<std::size_t>(change);
  if (def(task).is_final) unfinished_final_count_ += static_cast<std::size_t>(change);
}

void Execution::count_unmet() {
  for (TaskIndex task = 0; task < workflow_->tasks.size(); ++task) {
    std::uint32_t unmet = 0;
    for (auto const& edge : workflow_->graph.dependencies(task))
      if (!is_terminal(tasks_[edge.from].status)) ++unmet;
    tasks_[task].unmet = unmet;
  }
}

void Execution::accept(Instant now) {
  accepted_pending_ = true;
  state_.status = Status::pending;
  record_state(now);
}

void Execution::begin(Instant now, Effects& out) {
  if (has_begun() || is_terminal(state_.status)) return;
  state_.status = Status::running;
  state_.started_at = now;
  record_state(now);
  if (unfinished_count_ < tasks_.size()) {  // a replay: some have their results already
    count_unmet();
    resume_pending(/*of_finally=*/false, now, out);
  } else {
    for (TaskIndex task = 0; task < workflow_->tasks.size(); ++task)
      if (tasks_[task].unmet == 0 && !def(task).is_final && !is_terminal(tasks_[task].status))
        dependencies_met(task, now, out);  // one before it may have ended them all
  }
  propagate(now, out);
  end_if_done(now, out);
}

void Execution::cancel(Instant now, Effects& out, std::optional<Error> reason) {
  if (is_terminal(state_.status)) return;
  bool const is_again = state_.cancel_requested;
  if (is_again && !is_finishing()) return;  // what is at the end is not lost to impatience
  state_.cancel_requested = true;
  if (!is_again) cancel_reason_ = std::move(reason);
  dirty_ = true;
  if (!is_again) cancel_rest(StopReason::cancel, now, out);
  // What has not begun leaves nothing behind that would have to be cleaned up.
  if (is_again || !has_begun()) cancel_rest(StopReason::cancel, now, out, true);
  propagate(now, out);
  end_if_done(now, out);
}

void Execution::pause(Instant now) {
  if (is_terminal(state_.status) || state_.paused) return;
  state_.paused = true;
  record_state(now);
}

void Execution::resume(Instant now, Effects& out) {
  if (is_terminal(state_.status) || !state_.paused) return;
  state_.paused = false;
  refresh_hold_reason();
  record_state(now);
  for (TaskIndex task = 0; task < tasks_.size(); ++task) {
    if (!is_queued(task)) continue;
    enter_queue(task, now, out);  // its wait for a slot begins only now
    auto const it = details_.find(task);
    if (it == details_.end() || it->second.hold != Hold::held) continue;
    it->second.hold = Hold::approved;
    record_task(task);
  }
}

void Execution::record_state(Instant now) {
  dirty_ = true;
  events_.execution_status(
      now, state_.status, state_.paused, end_error(), hold_ ? &*hold_ : nullptr
  );
}

Error const* Execution::end_error() const {
  auto const& error = state_.status == Status::cancelled ? cancel_reason_ : failure_;
  return is_terminal(state_.status) && state_.status != Status::completed && error ? &*error
                                                                                   : nullptr;
}

Execution::PendingRecord& Execution::record_task(TaskIndex task) {
  dirty_ = true;
  TaskState& state = tasks_[task];
  if (state.pending_record == 0) {
    records_pending_.push_back({task, {}});
    state.pending_record = static_cast<std::uint32_t>(records_pending_.size());
  }
  return records_pending_[state.pending_record - 1];
}

void Execution::record_task_event(TaskIndex task, Instant now) {
  record_task(task);
  TaskState const& state = tasks_[task];
  TaskStatusEvent event{task_id(task), state.attempt, state.status, nullptr, std::nullopt, {}};
  if (auto const parent = parent_of(task)) event.parent = task_id(*parent);
  if (is_item(task)) event.parent = def(task).id;
  if (auto it = details_.find(task); it != details_.end()) {
    if (it->second.error) event.error = &*it->second.error;
    event.reused_from = it->second.reused_from;
    if (state.status == Status::retrying) event.retry_at = it->second.retry_at;
  }
  std::string waiting;
  if (auto const wait = task_wait(task)) waiting = to_text(*wait);
  event.waiting = waiting;
  events_.task_status(now, event);
}

TaskRecord Execution::make_record(PendingRecord& pending) const {
  TaskState const& state = tasks_[pending.task];
  TaskRecord record;
  record.task = name_of(pending.task);
  record.status = state.status;
  record.attempt = state.attempt;
  record.tries = state.tries;
  record.interruptions = state.interruptions;
  record.queued_at = if_set(state.queued_at);
  record.started_at = if_set(state.started_at);
  record.finished_at = if_set(state.finished_at);
  record.output = std::move(pending.output);
  if (auto it = details_.find(pending.task); it != details_.end()) {
    Detail const& detail = it->second;
    if (state.status == Status::retrying) record.retry_at = detail.retry_at;
    if (detail.error) record.error = to_text(to_json(*detail.error));
    if (!detail.usage.is_null()) record.usage = to_text(detail.usage);
    record.first_queued_at = if_set(detail.first_queued_at);
    record.log_bytes = detail.log_bytes;
    record.detail = detail.detail;
    if (!is_terminal(state.status)) record.hold = detail.hold;
    if (auto const wait = task_wait(pending.task)) record.waiting = to_text(*wait);
    record.reused_from = detail.reused_from;
  }
  if (auto const parent = parent_of(pending.task)) {
    record.parent = task_id(*parent);
    record.input = to_text(instance(pending.task).arguments);
  }
  if (is_item(pending.task)) {
    record.parent = def(pending.task).id;
    // Null: its turn has not come, and what is stored of it stays.
    auto const& item = instance(pending.task).arguments;
    if (!item.is_null()) record.input = to_text(item);
  }
  return record;
}

Change Execution::take_change() {
  Change change;
  change.execution = id_;
  change.after_seq = state_.last_seq;
  if (accepted_pending_) change.created = record_;
  accepted_pending_ = false;
  change.tasks.reserve(records_pending_.size());
  for (auto& pending : records_pending_) {
    change.tasks.push_back(make_record(pending));
    TaskState& state = tasks_[pending.task];
    state.pending_record = 0;
    if (!is_terminal(state.status)) continue;
    bool const is_history = is_instance(pending.task);
    if (is_history || state.status != Status::failed) details_.erase(pending.task);
    if (is_history) instances_[pending.task - workflow_->tasks.size()].arguments = nullptr;
  }
  records_pending_.clear();
  change.attempts = std::exchange(attempts_pending_, {});
  change.spend = std::exchange(spend_pending_, {});
  if (signals_) change.signals = signals_->take_changes();
  change.events = events_.take();
  state_.last_seq = events_.last_seq();
  if (auto const* error = end_error()) state_.error = to_text(to_json(*error));
  change.state = state_;
  dirty_ = false;
  return change;
}

std::int32_t Execution::task_priority(TaskIndex task) const {
  for (auto at = std::optional(task); at; at = parent_of(*at))
    if (auto const priority = options(*at).priority) return *priority;
  return record_.priority;
}

Error const* Execution::task_error(TaskIndex task) const {
  auto const it = details_.find(task);
  return it != details_.end() && it->second.error ? &*it->second.error : nullptr;
}

std::optional<Instant> Execution::task_retry_at(TaskIndex task) const {
  auto const it = details_.find(task);
  return it != details_.end() ? it->second.retry_at : std::nullopt;
}

std::vector<TaskIndex> Execution::unmet_dependencies(TaskIndex task) const {
  std::vector<TaskIndex> unmet;
  if (is_instance(task)) return unmet;
  for (auto const& edge : workflow_->graph.dependencies(task))
    if (!is_terminal(tasks_[edge.from].status)) unmet.push_back(edge.from);
  return unmet;
}

}  // namespace ropewalk
