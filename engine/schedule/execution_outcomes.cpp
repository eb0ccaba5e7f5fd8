// Execution: what comes of an attempt once its runner is done.
#include "engine/base/json.hpp"
#include "engine/base/text.hpp"
#include "engine/schedule/execution.hpp"
#include "engine/schedule/execution_scope.hpp"
#include "engine/schedule/retry.hpp"

namespace ropewalk {
namespace {

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

/// JSON text of `detail`, empty for null. What is too large is cut, and says so. `stream`, the text
/// that watchers were shown, has a bound of its own.
std::string bounded_text(json::value detail, ExecutionOptions const& options) {
  if (detail.is_null()) return {};
  replace_nul(detail);
  json::value stream;
  if (auto* fields = detail.if_object()) {
    if (auto* shown = fields->if_contains("stream")) {
      stream = std::move(*shown);
      fields->erase("stream");
    }
  }
  std::string text = to_text(detail);
  if (text.size() > options.detail_bytes_max) {
    // The text is quoted once more: half of the room is for that.
    detail = json::object{
        {"cut", true},
        {"bytes", text.size()},
        {"text", shorten(text, options.detail_bytes_max / 2)}};
    text = to_text(detail);
  }
  if (stream.is_null()) return text;
  std::size_t const size = text_size(stream, options.stream_bytes_max);
  auto& fields = detail.get_object();
  if (size <= options.stream_bytes_max)
    fields["stream"] = std::move(stream);
  else
    fields["streamCut"] = true;
  return to_text(detail);
}

}  // namespace

Error Execution::named(Error error, std::string_view task) {
  std::string const prefix = "task \"" + std::string(task) + "\"";
  if (!error.message.starts_with(prefix)) error.message = prefix + ": " + error.message;
  return error;
}

Error Execution::deadline_error(TaskIndex task) const {
  return Error{
      ErrorClass::transient,
      "deadline_exceeded",
      "did not end within its deadline of " + format_duration(*options(task).deadline),
      "raise deadline, or lower retry.maxAttempts"};
}

/// Items have that of the whole list.
std::optional<Instant> Execution::deadline_of(TaskIndex task) const {
  auto const& deadline = options(task).deadline;
  if (!deadline) return std::nullopt;
  return details_.at(is_item(task) ? instance(task).source : task).first_queued_at + *deadline;
}

void Execution::finish_attempt(
    TaskIndex task,
    std::uint32_t attempt,
    AttemptOutcome outcome,
    Instant now,
    double random,
    Effects& out
) {
  note_spend(task, attempt, std::move(outcome.spend), now);
  if (tasks_[task].status != Status::running || tasks_[task].attempt != attempt) {
    out.released.push_back(task);
    return;
  }
  stop_calls(task, now, out);  // what it called does not outlive it
  Detail& detail = details_[task];
  if (detail.calls.empty())
    conclude_attempt(task, std::move(outcome), now, random, out);
  else
    detail.ending = std::make_unique<Ending>(Ending{std::move(outcome), random});
  propagate(now, out);
  end_if_done(now, out);
}

void Execution::note_spend(
    TaskIndex task, std::uint32_t attempt, std::vector<Spend> spend, Instant now
) {
  for (Spend& entry : spend) {
    spend_pending_.push_back({name_of(task), attempt, now, record_.workflow, std::move(entry)});
    dirty_ = true;
  }
}

void Execution::conclude_attempt(
    TaskIndex task, AttemptOutcome outcome, Instant now, double random, Effects& out
) {
  out.released.push_back(task);
  Detail& detail = details_[task];
  detail.usage = std::move(outcome.usage);
  detail.detail = bounded_text(std::move(outcome.detail), options_);
  if (detail.stop != StopReason::shutdown) detail.hold = Hold::none;  // an approval is used up
  switch (detail.stop) {
    case StopReason::none:
      if (outcome.is_interrupted)
        interrupted(task, now, out);
      else if (outcome.hold)
        hold_task(task, std::move(*outcome.hold), now, out);
      else if (outcome.output)
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
    case StopReason::deadline:
      leave_running(task);
      fail(task, named(deadline_error(task), task_id(task)), now, out);
      break;
    case StopReason::cancel:
    case StopReason::failure:
      leave_running(task);
      settle(task, Status::cancelled, now, out);
      break;
    case StopReason::caller:
      leave_running(task);
      detail.error = Error{
          ErrorClass::transient, "cancelled", "the task that called it does not run any more"};
      settle(task, Status::cancelled, now, out);
      break;
    case StopReason::shutdown:
      interrupted(task, now, out);
      break;
  }
}

void Execution::leave_running(TaskIndex task) {
  --running_count_;
  end_wait(task);
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
    ExecutionScope const scope(*this, task);
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
  if (!text.empty()) events_.task_output(now, name_of(task), state.attempt, text);
  record_task(task).output = std::move(text);
}

void Execution::attempt_failed(
    TaskIndex task, Error error, Instant now, double random, Effects& out
) {
  error = named(std::move(error), task_id(task));
  out.attempts.push_back(error.error_class);
  leave_running(task);
  TaskState& state = tasks_[task];
  Detail& detail = details_[task];
  auto delay = state_.cancel_requested ? std::nullopt
                                       : next_try(options(task).retry, error, state.tries, random);
  if (auto const end = deadline_of(task); delay && end && now + *delay >= *end)
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
  detail.error = named(interrupted_error(), task_id(task));
  if (state.tries > 0) --state.tries;
  if (++state.interruptions > options_.interruptions_max) {
    Error error{
        ErrorClass::permanent,
        "interrupted_too_often",
        "the server ended " + std::to_string(state.interruptions) + " times while it ran",
        "it may be what brings the server down: look at its memory and at the server's log"};
    return fail(task, named(std::move(error), task_id(task)), now, out);
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
  AttemptRecord record{name_of(task), state.attempt, state.started_at, finished_at, {}, {}, {}};
  if (detail.error) record.error = to_text(to_json(*detail.error));
  if (!detail.usage.is_null()) record.usage = to_text(detail.usage);
  record.detail = detail.detail;
  attempts_pending_.push_back(std::move(record));
  state.started_at = {};  // the task has no attempt of its own any more: it is not kept twice
  dirty_ = true;
}

}  // namespace ropewalk
