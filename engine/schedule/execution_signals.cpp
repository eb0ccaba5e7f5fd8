// Execution: waits, for a time, a signal, or what a person says. A wait is decided by what comes
// first; what it waits for is in its row, its end counts from its start, also after a crash.
#include "engine/base/json.hpp"
#include "engine/schedule/execution.hpp"
#include "engine/schedule/execution_scope.hpp"

#include <algorithm>

namespace ropewalk {
namespace {

constexpr std::size_t takers_asked_max = 100;  // whose schemas may refuse one signal

std::string quoted(std::string_view text) {
  return '"' + std::string(text) + '"';
}

json::value text_or_null(std::string const& text) {
  return text.empty() ? json::value() : json::value(text);
}

std::string list_of(std::vector<std::string> const& words) {
  std::string out;
  for (auto const& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

}  // namespace

/// What the task waits for from now on.
Result<> Execution::read_plan(TaskIndex task, json::value const& config, Instant since) {
  static json::object const nothing;
  auto const* fields = config.if_object();
  TRY(WaitPlan plan, read_wait(fields ? *fields : nothing));
  if (plan.what == WaitFor::signal) signal_box().add_waiter(plan.signal, since, task);
  details_[task].wait = std::make_unique<Waiting>(Waiting{std::move(plan), since});
  return {};
}

void Execution::begin_wait(TaskIndex task, Instant now, double random, Effects& out) {
  Waiting const& wait = *details_[task].wait;
  if (wait.plan.what == WaitFor::signal)
    if (auto kept = signal_box().take(wait.plan.signal, wait.plan.schema.get()))
      return take_signal(task, std::move(*kept), now, random, out);
  if (auto const end = wait.plan.end(wait.since))
    set_timer(std::max(now, *end), task, TimerKind::wait_end);
}

/// Nobody waits any more.
void Execution::end_wait(TaskIndex task) {
  auto const wait = std::move(details_[task].wait);
  if (wait && wait->plan.what == WaitFor::signal)
    signal_box().remove_waiter(wait->plan.signal, wait->since, task);
}

/// After a takeover it goes on from its start.
bool Execution::resume_wait(TaskIndex task, Instant now) {
  ExecutionScope const scope(*this, task);
  auto const config = def(task).config.evaluate(scope);
  if (!config || !read_plan(task, *config, tasks_[task].started_at)) return false;
  Waiting const& wait = *details_[task].wait;
  if (auto const end = wait.plan.end(wait.since))
    set_timer(std::max(now, *end), task, TimerKind::wait_end);
  return true;
}

std::optional<json::object> Execution::task_wait(TaskIndex task) const {
  auto const it = details_.find(task);
  if (it == details_.end() || !it->second.wait) return std::nullopt;
  return wait_view(it->second.wait->plan, it->second.wait->since);
}

/// Its time has come.
void Execution::wait_over(TaskIndex task, Instant now, double random, Effects& out) {
  WaitPlan const plan = details_[task].wait->plan;
  bool const fails = plan.on_timeout == "fail";
  if (plan.what == WaitFor::time || (plan.what == WaitFor::signal && !fails))
    return attempt_succeeded(task, nullptr, now, random, out);
  if (!fails) {
    json::object output{{"answer", plan.on_timeout}, {"comment", nullptr}, {"by", nullptr}};
    output["at"] = format_instant(now);
    output["timedOut"] = true;
    return attempt_succeeded(task, std::move(output), now, random, out);
  }
  bool const is_signal = plan.what == WaitFor::signal;
  Error error{ErrorClass::permanent, is_signal ? "signal_timeout" : "approval_timeout"};
  std::string const within = " came within its deadline of " + format_duration(*plan.limit);
  error.message = is_signal ? "no signal " + quoted(plan.signal) + within : "no answer" + within;
  error.hint = is_signal ? "raise deadline, or set onTimeout: continue"
                         : "raise deadline, or let onTimeout name the answer that counts then";
  attempt_failed(task, std::move(error), now, random, out);
}

SignalBox& Execution::signal_box() {
  if (!signals_) signals_ = std::make_unique<SignalBox>();
  return *signals_;
}

Result<SignalFate> Execution::signal(SignalCall call, Instant now, double random, Effects& out) {
  SignalBox& box = signal_box();
  TRY(auto const before, box.find_repeat(call));
  if (before) return *before;
  if (is_terminal(state_.status) || state_.cancel_requested)
    return Error{
        ErrorClass::permanent,
        "already_ended",
        "the execution " + std::string(is_terminal(state_.status) ? "has ended: " : "ends: ") +
            (state_.cancel_requested ? "CANCELLED" : std::string(to_string(state_.status)))};
  KeptSignal signal = box.admit(std::move(call), now);
  if (auto const* waiters = box.waiters(signal.record.name)) {
    TRY(TaskIndex const task, find_taker(*waiters, signal));
    take_signal(task, std::move(signal), now, random, out);
    propagate(now, out);
    end_if_done(now, out);
    return SignalFate::taken;
  }
  if (auto const awaited = box.check_awaited(*workflow_, signal.record.name, signal.payload);
      !awaited)
    return awaited.error();
  if (auto const room = box.check_room(signal); !room) return room.error();
  box.keep(std::move(signal));
  dirty_ = true;
  return SignalFate::kept;
}

/// Who waits longest among those that the payload fits. Errors: invalid_signal.
Result<TaskIndex> Execution::find_taker(SignalBox::Waiters const& waiters, KeptSignal const& signal)
    const {
  std::optional<Error> refusal;
  std::size_t asked_count = 0;
  for (auto const& [since, task] : waiters) {
    auto const& schema = details_.at(task).wait->plan.schema;
    if (!schema) return task;
    auto const fits = check_payload(*schema, signal.record.name, signal.payload);
    if (fits) return task;
    if (!refusal) refusal = fits.error();
    if (++asked_count == takers_asked_max) break;
  }
  return *refusal;
}

void Execution::take_signal(
    TaskIndex task, KeptSignal signal, Instant now, double random, Effects& out
) {
  signal_box().note_taken(signal, task_id(task));
  dirty_ = true;
  attempt_succeeded(task, std::move(signal.payload), now, random, out);
}

Result<> Execution::decide(
    TaskIndex task, Decision decision, Instant now, double random, Effects& out
) {
  auto const it = details_.find(task);
  Waiting const* wait = it == details_.end() ? nullptr : it->second.wait.get();
  if (!wait || wait->plan.what != WaitFor::approval) return not_waiting(task);
  auto const& answers = wait->plan.answers;
  if (std::ranges::find(answers, decision.answer) == answers.end()) {
    Error error{ErrorClass::permanent, "invalid_answer"};
    error.message = quoted(decision.answer) + " is no answer to task " + quoted(task_id(task));
    error.hint = "it takes " + list_of(answers);
    error.detail = json::object{{"answers", json::array(answers.begin(), answers.end())}};
    return error;
  }
  json::object output{{"answer", decision.answer}};
  output["comment"] = text_or_null(decision.comment);
  output["by"] = text_or_null(decision.by);
  output["at"] = format_instant(now);
  attempt_succeeded(task, std::move(output), now, random, out);
  propagate(now, out);
  end_if_done(now, out);
  return {};
}

/// Why nobody can answer this task.
Error Execution::not_waiting(TaskIndex task) const {
  Status const status = tasks_[task].status;
  if (status == Status::completed)
    if (auto decided = decided_error(task_id(task), tasks_[task].output.get())) return *decided;
  Error error{ErrorClass::permanent, "not_waiting"};
  error.message = "task " + quoted(task_id(task)) + " waits for no answer: it is " +
                  std::string(to_string(status));
  bool const is_later = status == Status::pending || status == Status::retrying;
  if (is_later)
    error.hint = "`ropewalk why` says what it waits for; answer when it has been reached";
  return error;
}

std::optional<Error> decided_error(std::string_view task, json::value const* output) {
  auto const* decision = output ? output->if_object() : nullptr;
  auto const* answer = decision ? decision->if_contains("answer") : nullptr;
  auto const* at = decision ? decision->if_contains("at") : nullptr;
  if (!answer || !answer->is_string() || !at || !at->is_string()) return std::nullopt;
  auto const* by = decision->if_contains("by");
  Error error{ErrorClass::permanent, "already_decided"};
  error.message = "task " + quoted(task) + " was decided at " + std::string(at->get_string()) +
                  (by && by->is_string() ? " by " + std::string(by->get_string()) : "") + ": " +
                  std::string(answer->get_string());
  error.detail = *output;
  return error;
}

}  // namespace ropewalk
