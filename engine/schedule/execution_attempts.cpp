// Execution: attempts, from the slot to the runner, and how they are stopped.
#include "engine/base/json.hpp"
#include "engine/model/cel/value_json.hpp"
#include "engine/schedule/execution.hpp"
#include "engine/schedule/execution_scope.hpp"

namespace ropewalk {
namespace {

constexpr std::size_t last_lines_max = 20;
constexpr std::uint64_t log_bytes_unkept_max = 1024 * 1024;  // a crash forgets that much at most

}  // namespace

std::optional<AttemptRequest> Execution::start_attempt(
    TaskIndex task, Instant now, double random, Effects& out
) {
  if (!is_queued(task) || state_.paused) return std::nullopt;
  TaskState& state = tasks_[task];
  state.queued = false;
  state.status = Status::running;
  ++state.attempt;
  ++state.tries;
  state.started_at = now;
  state.finished_at = {};
  ++running_count_;
  Detail& detail = details_[task];
  detail.stop = StopReason::none;
  detail.retry_at.reset();
  detail.error.reset();
  detail.usage = nullptr;
  detail.detail.clear();

  ExecutionScope const scope(*this, task);
  std::vector<SecretText> secrets;
  auto config = def(task).config.evaluate(scope, {}, &secrets);
  if (config && def(task).type->name == "wait")
    if (auto const plan = read_plan(task, *config, now); !plan) config = plan.error();
  record_task_event(task, now);
  if (!config) {
    attempt_failed(task, config.error(), now, random, out);
    propagate(now, out);
    end_if_done(now, out);
    return std::nullopt;
  }
  if (!def(task).type->needs_slot) {
    run_inline(task, std::move(*config), now, random, out);
    return std::nullopt;
  }
  auto cached = cache_key(task);
  if (!cached) {
    attempt_failed(task, cached.error(), now, random, out);
    propagate(now, out);
    end_if_done(now, out);
    return std::nullopt;
  }
  if (options(task).timeout)
    set_timer(now + *options(task).timeout, task, TimerKind::attempt_timeout);
  AttemptRequest request;
  request.execution = id_;
  request.task = name_of(task);
  request.workflow = record_.workflow;
  request.labels = record_.labels;
  request.budget = workflow_->budget;
  request.priority = task_priority(task);
  request.approved = detail.hold == Hold::approved;
  request.attempt = state.attempt;
  request.tries = state.tries;
  request.depth = record_.parent ? record_.parent->depth : 0;
  request.type = def(task).type->name;
  std::uint32_t const group =
      state.attempt - state.tries - state.interruptions;  // grows when a person has it run again
  request.idempotency_key = id_.to_string() + "/" + name_of(task) + "/" + std::to_string(group + 1);
  if (auto* object = config->if_object()) request.config = std::move(*object);
  request.secrets = std::move(secrets);
  request.directory = record_.directory;
  request.cache_key = std::move(*cached);
  if (def(task).caching) request.cache_ttl = def(task).caching->ttl;
  request.cache_is_written_only = state.attempt > 1;
  request.log_bytes_used = detail.log_bytes;
  request.context = [this, task] { return context_text(task); };
  return request;
}

void Execution::run_inline(
    TaskIndex task, json::value config, Instant now, double random, Effects& out
) {
  if (details_[task].wait) {
    begin_wait(task, now, random, out);
  } else if (def(task).cases) {
    auto chosen = choose_case(task);
    if (chosen)
      attempt_succeeded(task, std::move(*chosen), now, random, out);
    else
      attempt_failed(task, chosen.error(), now, random, out);
  } else {
    auto const* fields = config.if_object();
    auto const* value = fields ? fields->if_contains("value") : nullptr;
    attempt_succeeded(task, value ? *value : json::value(), now, random, out);
  }
  propagate(now, out);
  end_if_done(now, out);
}

/// The first case that holds; what stands behind it is not looked at.
Result<json::value> Execution::choose_case(TaskIndex task) const {
  ExecutionScope const scope(*this, task);
  for (SwitchCase const& way : *def(task).cases) {
    auto const holds = way.when.evaluate_condition(scope);
    if (!holds) {
      Error error = holds.error();
      error.message = "case " + way.name + " could not be evaluated: " + error.message;
      return error;
    }
    if (*holds) return json::value(json::object{{"case", way.name}});
  }
  return json::value(json::object{{"case", "otherwise"}});
}

/// Empty where results are not cached.
Result<std::string> Execution::cache_key(TaskIndex task) const {
  auto const& caching = def(task).caching;
  if (!caching) return std::string();
  ExecutionScope const scope(*this, task);
  TRY(auto const value, caching->key.evaluate(scope));
  TRY(auto const key, cel::to_json(value));
  return caching->scope + "\n" + to_canonical_text(key);
}

void Execution::refuse_start(TaskIndex task, Error error, Instant now, Effects& out) {
  if (!is_queued(task)) return;
  tasks_[task].queued = false;
  fail(task, std::move(error), now, out);
  propagate(now, out);
  end_if_done(now, out);
}

void Execution::stop_attempt(TaskIndex task, StopReason reason, Instant now, Effects& out) {
  Detail& detail = details_[task];
  bool const is_told = detail.stop != StopReason::none;
  bool const goes_on = detail.stop == StopReason::timeout || detail.stop == StopReason::shutdown;
  bool const ends_it =
      reason == StopReason::cancel || reason == StopReason::failure || reason == StopReason::caller;
  if (is_told && !(goes_on && ends_it)) return;  // else it would be tried again after all
  if (detail.ending && !ends_it) return;         // its runner is done: only what it called is not
  detail.stop = reason;
  if (!is_told && !runs_by_itself(task) && !detail.ending) out.stop.push_back(task);
  stop_calls(task, now, out);
}

void Execution::interrupt_all(Instant now, Effects& out) {
  for (TaskIndex task = 0; task < tasks_.size() && running_count_ > 0; ++task) {
    if (tasks_[task].status != Status::running || runs_by_itself(task)) continue;
    stop_attempt(task, parent_of(task) ? StopReason::caller : StopReason::shutdown, now, out);
  }
}

void Execution::log(TaskIndex task, LogLine line, Instant now) {
  events_.task_log(now, name_of(task), tasks_[task].attempt, line);
  dirty_ = true;
  Detail& detail = details_[task];
  detail.log_bytes += line.text.size() + log_line_overhead_bytes;
  if (detail.log_bytes - detail.log_bytes_kept > log_bytes_unkept_max) {
    detail.log_bytes_kept = detail.log_bytes;
    record_task(task);
  }
  auto& lines = detail.last_lines;
  lines.push_back(std::move(line.text));
  if (lines.size() > last_lines_max) lines.pop_front();
}

}  // namespace ropewalk
