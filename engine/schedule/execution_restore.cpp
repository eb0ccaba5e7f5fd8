// Execution: going on from what the journal knows, after a crash, a takeover, or by hand (retry).
#include "engine/base/json.hpp"
#include "engine/schedule/execution.hpp"
#include "engine/schedule/execution_scope.hpp"

#include <algorithm>

namespace ropewalk {
namespace {

/// Our own records: what cannot be read any more counts as absent, and is then decided anew.
json::value read_back(std::string const& text) {
  if (text.empty()) return nullptr;
  JsonLimits limits;
  limits.bytes_max = text.size();
  limits.depth_max = 256;
  limits.nodes_max = 100'000'000;
  auto value = parse_json(text, limits);
  return value ? std::move(*value) : json::value();
}

}  // namespace

Execution::Execution(
    std::shared_ptr<Workflow const> workflow,
    StoredExecution const& stored,
    ExecutionOptions options
)
    : id_(stored.execution),
      workflow_(std::move(workflow)),
      record_(stored.created),
      state_(stored.state),
      options_(options),
      tasks_(workflow_->tasks.size()),
      events_(stored.state.last_seq) {
  for (TaskIndex task = 0; task < tasks_.size(); ++task) count_unfinished(task, 1);
  if (json::value inputs = read_back(record_.inputs); inputs.is_object())
    inputs_ = std::move(inputs.get_object());
  if (!state_.error.empty()) failure_ = error_from_json(read_back(state_.error));
  count_unmet();
  restore_tasks(stored);
  if (!stored.signals.empty()) signal_box().restore(stored.signals);
}

void Execution::restore_tasks(StoredExecution const& stored) {
  for (auto const& record : stored.tasks) {
    if (auto const task = workflow_->find(record.task))
      restore_task(*task, record);
    else
      restore_instance(record);
  }
  for (auto task = static_cast<TaskIndex>(workflow_->tasks.size()); task < tasks_.size(); ++task)
    if (is_item(task) && tasks_[instance(task).source].status == Status::completed)
      tasks_[task].output.reset();  // the list of results has it
}

void Execution::restore_task(TaskIndex task, TaskRecord const& record) {
  TaskState& state = tasks_[task];
  state.status = record.status;
  state.attempt = record.attempt;
  state.tries = record.tries;
  state.interruptions =
      static_cast<std::uint16_t>(std::min<std::uint32_t>(record.interruptions, 0xffff));
  state.queued_at = record.queued_at.value_or(Instant{});
  state.started_at = record.started_at.value_or(Instant{});
  state.finished_at = record.finished_at.value_or(Instant{});
  if (record.status == Status::completed)
    state.output = std::make_unique<json::value>(read_back(record.output));
  if (!record.error.empty()) details_[task].error = error_from_json(read_back(record.error));
  if (record.retry_at) details_[task].retry_at = record.retry_at;
  if (record.hold != Hold::none) {
    details_[task].hold = record.hold;
    bool const waits = record.hold == Hold::failed || (record.hold == Hold::held && state_.paused);
    if (waits) note_hold_reason(task);
  }
  if (is_terminal(record.status)) {
    count_unfinished(task, -1);
    return;
  }
  if (record.log_bytes > 0) {
    details_[task].log_bytes = record.log_bytes;
    details_[task].log_bytes_kept = record.log_bytes;
  }
  if (!is_item(task) && options(task).deadline && record.first_queued_at)
    start_deadline(task, *record.first_queued_at);
}

void Execution::resume_stored(Instant now, Effects& out) {
  if (!has_begun()) return;
  cancel_restored_instances(now, out);
  for (TaskIndex task = 0; task < tasks_.size(); ++task) {
    bool const is_failure = tasks_[task].status == Status::failed && !is_instance(task);
    if (is_failure && !is_handled_failure(task) && !failure_) {
      failure_ = details_[task].error.value_or(Error{});
      failure_->detail = json::object{{"task", name_of(task)}};
    }
  }
  count_unmet();
  for (TaskIndex task = 0; task < workflow_->tasks.size(); ++task) {
    if (tasks_[task].status == Status::running && def(task).for_each)
      resume_items(task, now, out);
    else
      resume_active(task, now, out);
  }
  // What had been told to stop is not gone on with.
  if (state_.cancel_requested)
    cancel_rest(StopReason::cancel, now, out);
  else if (failure_ && workflow_->on_failure == OnFailure::cancel)
    cancel_rest(StopReason::failure, now, out);
  resume_pending(false, now, out);
  propagate(now, out);
  end_if_done(now, out);
}

void Execution::resume_active(TaskIndex task, Instant now, Effects& out) {
  TaskState& state = tasks_[task];
  if (state.status != Status::running && state.status != Status::retrying) return;
  Detail& detail = details_[task];
  if (!is_item(task) && options(task).deadline &&
      detail.first_queued_at == Instant{})  // by an older server
    start_deadline(task, state.queued_at == Instant{} ? now : state.queued_at);
  if (state.status == Status::retrying) {
    set_timer(detail.retry_at.value_or(now), task, TimerKind::retry);
    return;
  }
  ++running_count_;
  if (def(task).type->name == "wait" && resume_wait(task, now)) return;
  interrupted(task, now, out);
}

/// Decides about the tasks that nothing has been decided about: those of `finally`, or all others.
void Execution::resume_pending(bool of_finally, Instant now, Effects& out) {
  // What is settled in here is counted as unmet, and so is taken off again by propagate().
  for (TaskIndex task = 0; task < workflow_->tasks.size(); ++task) {
    TaskState const& state = tasks_[task];
    if (state.status != Status::pending || state.queued || is_held_failure(task)) continue;
    if (def(task).is_final != of_finally) continue;
    std::uint32_t const unmet = state.unmet;
    for (auto const& edge : workflow_->graph.dependencies(task)) {
      if (!is_terminal(tasks_[edge.from].status) || state.status != Status::pending) continue;
      auto const met = is_met(edge);
      if (!met || !*met) visit_dependant(edge, now, out);
    }
    if (unmet == 0 && state.status == Status::pending) dependencies_met(task, now, out);
  }
}

Result<> Execution::retry_failed(Instant now, Effects& out) {
  ROPEWALK_CHECK(is_terminal(state_.status));
  std::vector<bool> again(tasks_.size(), false), from_above(tasks_.size(), false);
  bool any = false, any_before_finally = false;
  for (TaskIndex const task : workflow_->graph.topological_order()) {
    Status const status = tasks_[task].status;
    bool starts_over =
        status == Status::failed || status == Status::cancelled || !is_terminal(status);
    for (auto const& edge : workflow_->graph.dependencies(task))
      from_above[task] = from_above[task] || again[edge.from];
    starts_over = starts_over || from_above[task];
    again[task] = starts_over;
    any = any || starts_over;
    any_before_finally = any_before_finally || (starts_over && !def(task).is_final);
  }
  if (any_before_finally)  // what comes at the end comes again
    for (TaskIndex task = 0; task < workflow_->tasks.size(); ++task)
      if (def(task).is_final) again[task] = from_above[task] = true;
  if (!any)
    return Error{
        ErrorClass::permanent,
        "nothing_to_retry",
        "no task of execution " + id_.to_string() + " failed or was cancelled",
        "start a new execution to run it again"};
  state_.status = Status::running;
  state_.cancel_requested = false;
  state_.paused = false;
  state_.finished_at.reset();
  state_.error.clear();
  hold_.reset();
  has_begun_finally_ = false;
  if (!state_.started_at) state_.started_at = now;
  failure_.reset();
  record_state(now);
  cancel_restored_instances(now, out);
  for (TaskIndex task = 0; task < workflow_->tasks.size(); ++task) {
    if (!again[task]) continue;
    start_over(task, now);
    if (def(task).for_each) start_items_over(task, from_above[task], now);
  }
  count_unmet();
  resume_pending(false, now, out);
  propagate(now, out);
  end_if_done(now, out);
  return {};
}

void Execution::start_over(TaskIndex task, Instant now) {
  TaskState& state = tasks_[task];
  bool const had_attempt = is_terminal(state.status) && state.started_at != Instant{};
  if (had_attempt) keep_attempt(task, state.finished_at);
  if (is_terminal(state.status)) count_unfinished(task, 1);
  details_.erase(task);
  state.status = Status::pending;
  state.queued = false;
  state.tries = 0;
  state.interruptions = 0;
  state.output.reset();
  state.queued_at = {};
  state.started_at = {};
  state.finished_at = {};
  record_task_event(task, now);
}

}  // namespace ropewalk
