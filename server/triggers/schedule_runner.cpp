#include "server/triggers/schedule_runner.hpp"

#include "engine/base/json.hpp"
#include "server/observe/log.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>

namespace ropewalk::server {
namespace {

constexpr auto failing_pause = std::chrono::seconds(1);
constexpr auto closed_pause = std::chrono::milliseconds(200);
constexpr auto sleep_min = std::chrono::milliseconds(1);
constexpr Duration watch_limit = std::chrono::minutes(10);  // then it is looked at anew

log::Fields fields_of(ExecutionId execution, Error const& error) {
  log::Fields fields;
  fields["execution"] = execution.to_string();
  fields["error"] = error.message;
  return fields;
}

/// A fault of one piece of work is told, and ends nothing else.
Async<> guarded(Async<> work) {
  std::string fault;
  try {
    co_await std::move(work);
  } catch (boost::system::system_error const& error) {
    if (error.code() == asio::error::operation_aborted) throw;
    fault = error.what();
  } catch (std::exception const& error) {
    fault = error.what();
  }
  if (fault.empty()) co_return;
  log::Fields fields;
  fields["error"] = fault;
  log::error("a part of the work on schedules failed", fields);
}

std::vector<sql::TickTimes> times_of(std::vector<Tick> const& ticks) {
  std::vector<sql::TickTimes> out;
  for (auto const& tick : ticks) out.push_back({tick.at, tick.due});
  return out;
}

sql::ScheduleDecision decision_of(TickPlan const& plan, std::int64_t queued_count) {
  sql::ScheduleDecision out;
  out.start = times_of(plan.start);
  out.queue = times_of(plan.queue);
  out.promote = plan.promote;
  out.drop_queued = plan.drop_queued;
  out.cancel_active = plan.cancel_active;
  out.decided_until = plan.decided_until;
  out.next_at = plan.look_at;
  out.skipped_count = static_cast<std::int64_t>(plan.skipped.size());
  if (plan.drop_queued) out.skipped_count += queued_count;
  for (auto const& skipped : plan.skipped) {
    if (out.skipped_tick && *out.skipped_tick > skipped.at) continue;
    out.skipped_tick = skipped.at;
    out.skipped_reason = to_string(skipped.reason);
  }
  return out;
}

}  // namespace

Async<> ScheduleRunner::run(std::int64_t epoch) {
  AsyncScope scope(parts_.executor);
  watched_.clear();
  scope.spawn(look_and_sleep(scope, epoch));
  co_await scope.join();
}

void ScheduleRunner::note(Result<> const& how) {
  bool const was_failing = std::exchange(is_failing_, !how.has_value());
  if (how || was_failing) return;
  log::Fields fields;
  fields["error"] = how.error().message;
  log::warn("schedules wait for the database", fields);
}

Async<> ScheduleRunner::look_and_sleep(AsyncScope& scope, std::int64_t epoch) {
  for (;;) {
    pause_ = closed_pause;
    if (parts_.is_open()) {
      pause_ = failing_pause;  // unless it works
      auto looking = guarded(look_once(scope, epoch));
      co_await std::move(looking);
    }
    co_await wake_.wait_until(Steady::now() + pause_);
    auto const state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return;
  }
}

Async<> ScheduleRunner::look_once(AsyncScope& scope, std::int64_t epoch) {
  auto looking = look(scope, epoch);
  auto const looked = co_await std::move(looking);
  if (looked) pause_ = *looked;
  note(looked ? Result<>() : Result<>(looked.error()));
}

Async<Result<Steady::duration>> ScheduleRunner::look(AsyncScope& scope, std::int64_t epoch) {
  auto const asked_at = Steady::now();
  auto const work = co_await parts_.schedules.store.look(epoch);
  if (!work) co_return work.error();
  for (auto const& left : work->left) scope.spawn(guarded(start(left)));
  for (auto const& execution : work->cancel) scope.spawn(guarded(cancel(execution)));
  for (auto const& execution : work->blocking)
    if (watched_.insert(execution).second) scope.spawn(guarded(watch(execution)));
  for (auto const& due : work->due) {
    auto deciding = decide(scope, due, work->now, epoch);
    auto const decided = co_await std::move(deciding);
    if (!decided) co_return decided.error();
  }
  // What was decided says when the next tick is: look again.
  if (work->has_more || !work->due.empty()) co_return Steady::duration(sleep_min);
  if (!work->next_at) co_return Steady::duration(look_again);
  auto const left = asked_at + (*work->next_at - work->now) + sleep_min - Steady::now();
  co_return std::clamp<Steady::duration>(left, sleep_min, look_again);
}

Async<Result<>> ScheduleRunner::decide(
    AsyncScope& scope, sql::DueSchedule due, Instant now, std::int64_t epoch
) {
  auto const spec = read_stored_schedule(due.name, due.definition);
  sql::ScheduleDecision decision;
  TickPlan plan;
  if (spec) {
    TimetableState state;
    state.decided_until = due.decided_until;
    state.has_active = due.has_active;
    state.queued_count = static_cast<std::size_t>(due.queued_count);
    plan = plan_ticks(spec->timetable, state, now);
    decision = decision_of(plan, due.queued_count);
  } else {
    decision.decided_until = due.decided_until;
    decision.drop_queued = true;
    decision.error = to_text(to_json(spec.error()));
  }
  auto deciding = parts_.schedules.store.decide(due, std::move(decision), epoch, now);
  auto const starts = co_await std::move(deciding);
  if (!starts) co_return starts.error();
  if (!*starts) co_return Result<>();  // another server was faster
  for (auto const& skipped : plan.skipped)
    parts_.schedules.metrics.schedule_started(to_string(skipped.reason), std::nullopt);
  for (auto const& each : **starts) scope.spawn(guarded(start(each)));
  co_return Result<>();
}

Async<> ScheduleRunner::start(sql::DueStart due) {
  auto starting = make_start(parts_.schedules, std::move(due));
  auto const started = co_await std::move(starting);
  if (!started) wake();  // it may be tried again sooner than what is next
}

Async<> ScheduleRunner::cancel(ExecutionId execution) {
  auto const done = co_await parts_.schedules.backend.command(execution, Command::cancel);
  bool const has_ended = !done && done.error().code == "already_ended";
  if (!done && !has_ended)
    log::warn("a schedule cannot cancel an execution", fields_of(execution, done.error()));
}

Async<> ScheduleRunner::watch(ExecutionId execution) {
  auto const ended = co_await parts_.schedules.backend.wait_for_end(execution, watch_limit);
  watched_.erase(execution);
  if (ended) wake();
}

}  // namespace ropewalk::server
