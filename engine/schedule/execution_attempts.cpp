// Execution: attempts, from the slot to what comes of them.
#include "engine/base/json.hpp"
#include "engine/schedule/execution.hpp"
#include "engine/schedule/execution_scope.hpp"
#include "engine/schedule/retry.hpp"

namespace ropewalk {
namespace {

constexpr std::size_t last_lines_max = 20;
constexpr std::uint64_t log_bytes_unkept_max = 1024 * 1024;  // a crash forgets that much at most

Error named(Error error, std::string_view task) {
  std::string const prefix = "task \"" + std::string(task) + "\"";
  if (!error.message.starts_with(prefix)) error.message = prefix + ": " + error.message;
  return error;
}

Error fail_when_error(cel::Expression const& condition) {
  std::string const source(condition.source());
  return Error{
      ErrorClass::permanent,
      "fail_when",
      "its failWhen condition holds: " + source,
      "by default it is not tried again; retry.on: [permanent] changes that"};
}

Error interrupted_error() {
  return Error{
      ErrorClass::transient,
      "interrupted",
      "the server stopped while the attempt ran",
      "nothing to do: it is tried again, and this attempt does not count against maxAttempts"};
}

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
  record_task_event(task, now);

  ExecutionScope const scope(*this);
  auto config = def(task).config.evaluate(scope);
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
  if (options(task).timeout)
    set_timer(now + *options(task).timeout, task, TimerKind::attempt_timeout);
  AttemptRequest request;
  request.execution = id_;
  request.task = def(task).id;
  request.attempt = state.attempt;
  request.type = def(task).type->name;
  std::uint32_t const group =
      state.attempt - state.tries - state.interruptions;  // grows with `retry` by hand only
  request.idempotency_key = id_.to_string() + "/" + def(task).id + "/" + std::to_string(group + 1);
  if (auto* object = config->if_object()) request.config = std::move(*object);
  request.directory = record_.directory;
  request.log_bytes_used = detail.log_bytes;
  request.context = [this, task] { return context_text(task); };
  return request;
}

void Execution::run_inline(
    TaskIndex task, json::value config, Instant now, double random, Effects& out
) {
  auto const* fields = config.if_object();
  if (def(task).type->name == "wait") {
    auto const* text = fields ? fields->if_contains("duration") : nullptr;
    auto const duration = text && text->is_string() ? parse_duration(text->get_string())
                                                    : Result<Duration>(Error{
                                                          ErrorClass::permanent,
                                                          "invalid_duration",
                                                          "duration is not a text like \"5s\"",
                                                          "write it like 500ms, 1s, 5m"});
    if (duration) {
      details_[task].ends_at = now + *duration;
      set_timer(now + *duration, task, TimerKind::wait_end);
      return;
    }
    attempt_failed(task, duration.error(), now, random, out);
  } else {
    auto const* value = fields ? fields->if_contains("value") : nullptr;
    attempt_succeeded(task, value ? *value : json::value(), now, random, out);
  }
  propagate(now, out);
  end_if_done(now, out);
}

void Execution::refuse_start(TaskIndex task, Error error, Instant now, Effects& out) {
  if (!is_queued(task)) return;
  tasks_[task].queued = false;
  fail(task, std::move(error), now, out);
  propagate(now, out);
  end_if_done(now, out);
}

void Execution::finish_attempt(
    TaskIndex task,
    std::uint32_t attempt,
    AttemptOutcome outcome,
    Instant now,
    double random,
    Effects& out
) {
  if (tasks_[task].status != Status::running || tasks_[task].attempt != attempt) return;
  Detail& detail = details_[task];
  detail.usage = std::move(outcome.usage);
  switch (detail.stop) {
    case StopReason::none:
      if (outcome.output)
        attempt_succeeded(task, std::move(*outcome.output), now, random, out);
      else
        attempt_failed(task, outcome.output.error(), now, random, out);
      break;
    case StopReason::timeout: {
      Error error{
          ErrorClass::transient,
          "timeout",
          "ran longer than its timeout of " + format_duration(*options(task).timeout),
          "raise timeout, or make the task quicker"};
      attempt_failed(task, std::move(error), now, random, out);
      break;
    }
    case StopReason::deadline: {
      Error error{
          ErrorClass::transient,
          "deadline_exceeded",
          "did not end within its deadline of " + format_duration(*options(task).deadline),
          "raise deadline, or lower retry.maxAttempts"};
      leave_running(task);
      fail(task, named(std::move(error), def(task).id), now, out);
      break;
    }
    case StopReason::cancel:
    case StopReason::failure:
      leave_running(task);
      settle(task, Status::cancelled, now, out);
      break;
    case StopReason::shutdown:
      interrupted(task, now, out);
      break;
  }
  propagate(now, out);
  end_if_done(now, out);
}

void Execution::leave_running(TaskIndex task) {
  --running_count_;
  details_[task].ends_at.reset();
}

void Execution::attempt_succeeded(
    TaskIndex task, json::value output, Instant now, double random, Effects& out
) {
  replace_nul(output);
  std::string text = output.is_null() ? std::string() : to_text(output);
  if (text.size() > options_.output_bytes_max) {
    Error error{
        ErrorClass::permanent,
        "output_too_large",
        "its output has " + std::to_string(text.size()) + " bytes, the limit is " +
            std::to_string(options_.output_bytes_max),
        "write large results to a file or a store and return where they are, or raise "
        "limits.outputBytes"};
    return attempt_failed(task, std::move(error), now, random, out);
  }
  TaskState& state = tasks_[task];
  state.output = std::make_unique<json::value>(std::move(output));
  if (auto const& fail_when = options(task).fail_when) {
    ExecutionScope const scope(*this);
    auto failed = fail_when->evaluate_condition(scope);
    if (!failed || *failed) {
      Error error = failed ? fail_when_error(*fail_when) : failed.error();
      state.output.reset();
      return attempt_failed(task, std::move(error), now, random, out);
    }
  }
  leave_running(task);
  out.attempts.push_back(std::nullopt);
  settle(task, Status::completed, now, out);
  if (!text.empty()) events_.task_output(now, def(task).id, state.attempt, text);
  record_task(task).output = std::move(text);
}

void Execution::attempt_failed(
    TaskIndex task, Error error, Instant now, double random, Effects& out
) {
  error = named(std::move(error), def(task).id);
  out.attempts.push_back(error.error_class);
  leave_running(task);
  TaskState& state = tasks_[task];
  Detail& detail = details_[task];
  auto delay = state_.cancel_requested ? std::nullopt
                                       : next_try(options(task).retry, error, state.tries, random);
  if (delay && options(task).deadline &&
      now + *delay >= detail.first_queued_at + *options(task).deadline)
    delay.reset();  // there is no time left for it
  if (!delay) return fail(task, std::move(error), now, out);
  detail.error = std::move(error);
  detail.retry_at = now + *delay;
  state.status = Status::retrying;
  state.finished_at = now;
  keep_attempt(task, now);
  record_task_event(task, now);
  set_timer(*detail.retry_at, task, TimerKind::retry);
}

void Execution::interrupted(TaskIndex task, Instant now, Effects& out) {
  leave_running(task);
  TaskState& state = tasks_[task];
  Detail& detail = details_[task];
  detail.error = named(interrupted_error(), def(task).id);
  if (state.tries > 0) --state.tries;
  if (++state.interruptions > options_.interruptions_max) {
    Error error{
        ErrorClass::permanent,
        "interrupted_too_often",
        "the server ended " + std::to_string(state.interruptions) + " times while it ran",
        "it may be what brings the server down: look at its memory and at the server's log"};
    return fail(task, named(std::move(error), def(task).id), now, out);
  }
  state.status = Status::retrying;
  state.finished_at = now;
  detail.retry_at = now;
  keep_attempt(task, now);
  record_task_event(task, now);
  set_timer(now, task, TimerKind::retry);
}

void Execution::keep_attempt(TaskIndex task, Instant finished_at) {
  TaskState& state = tasks_[task];
  Detail const& detail = details_[task];
  AttemptRecord record{def(task).id, state.attempt, state.started_at, finished_at, {}, {}};
  if (detail.error) record.error = to_text(to_json(*detail.error));
  if (!detail.usage.is_null()) record.usage = to_text(detail.usage);
  attempts_pending_.push_back(std::move(record));
  state.started_at = {};  // the task has no attempt of its own any more: it is not kept twice
  dirty_ = true;
}

void Execution::stop_attempt(TaskIndex task, StopReason reason, Effects& out) {
  Detail& detail = details_[task];
  bool const is_told = detail.stop != StopReason::none;
  bool const goes_on = detail.stop == StopReason::timeout || detail.stop == StopReason::shutdown;
  bool const ends_it = reason == StopReason::cancel || reason == StopReason::failure;
  if (is_told && !(goes_on && ends_it)) return;  // else it would be tried again after all
  detail.stop = reason;
  if (!is_told && !detail.ends_at) out.stop.push_back(task);
}

void Execution::interrupt_all(Effects& out) {
  for (TaskIndex task = 0; task < tasks_.size() && running_count_ > 0; ++task) {
    if (tasks_[task].status == Status::running && !details_[task].ends_at)
      stop_attempt(task, StopReason::shutdown, out);
  }
}

void Execution::log(TaskIndex task, LogLine line, Instant now) {
  events_.task_log(now, def(task).id, tasks_[task].attempt, line);
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
