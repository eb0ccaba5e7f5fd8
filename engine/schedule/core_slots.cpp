// EngineCore: slots, attempts, and the batches of the journal.
#include "engine/schedule/core.hpp"

#include <algorithm>

namespace ropewalk {

void EngineCore::observe(Live& live, Effects const& fx) {
  for (TaskIndex const task : fx.settled) {
    Instant const started = live.machine.task_started_at(task);
    std::optional<Duration> ran;
    if (live.machine.task_attempt(task) > 0 && started != Instant{})
      ran = live.machine.task_finished_at(task) - started;
    effects_.tasks_ended.push_back(
        {live.machine.task_def(task).type, live.machine.task_status(task), ran}
    );
  }
  effects_.attempts_ended.insert(
      effects_.attempts_ended.end(), fx.attempts.begin(), fx.attempts.end()
  );
}

void EngineCore::after(Live& live, Effects fx, Instant now, bool urgent) {
  ExecutionId const id = live.machine.id();
  observe(live, fx);
  for (TaskIndex const task : fx.stop)
    if (auto it = live.slots.find(task); it != live.slots.end())
      effects_.stop.push_back(it->second);
  for (TaskIndex const task : fx.withdraw) drop_slot(live, task, now);
  for (TaskIndex const task : fx.released) drop_slot(live, task, now);
  if (live.machine.has_change()) {
    urgent_ = urgent_ || urgent;
    if (!live.dirty) dirty_.push_back(id);
    live.dirty = true;
  }
  if (auto const at = live.machine.next_wake(); at && (!live.wake_at || *at < *live.wake_at)) {
    live.wake_at = at;
    wakes_.push({*at, id});
  }
  if (fx.ready.empty() && fx.answered.empty() && !fx.ended) return;
  // Whatever caused this is in the change that is still to be taken, in the one under way, or
  // durable already.
  if (!live.dirty && !live.in_flight)
    return release_held(live, {std::move(fx.ready), std::move(fx.answered), fx.ended}, now);
  Held& held = live.dirty ? live.held : in_flight_[*live.in_flight].held;
  held.ready.insert(held.ready.end(), fx.ready.begin(), fx.ready.end());
  held.answered.insert(held.answered.end(), fx.answered.begin(), fx.answered.end());
  held.ended = held.ended || fx.ended;
}

void EngineCore::release_held(Live& live, Held held, Instant now) {
  ExecutionId const id = live.machine.id();
  for (TaskIndex const task : held.answered)
    effects_.answers.push_back({id, task, live.machine.take_answer(task)});
  for (TaskIndex const task : held.ready) ask_or_run(live, task, now);
  if (!held.ended || !is_terminal(live.machine.status())) return;
  ROPEWALK_CHECK(live.machine.running_count() == 0);
  effects_.ended.push_back({id, live.machine.status()});
  live_.erase(id);
}

void EngineCore::ask_or_run(Live& live, TaskIndex task, Instant now) {
  if (stopping_ || !live.machine.is_queued(task) || live.machine.is_paused() ||
      live.slots.contains(task))
    return;
  TaskDef const& def = live.machine.task_def(task);
  if (!def.type->needs_slot) {
    Effects fx;
    auto const request = live.machine.start_attempt(task, now, random(), fx);
    ROPEWALK_CHECK(!request);
    return after(live, std::move(fx), now);
  }
  if (run_on_loan(live, task, now)) return;
  RequestId const slot = next_request_++;
  live.slots.emplace(task, slot);
  slots_.emplace(slot, Slot{live.machine.id(), task});
  effects_.ask.push_back(
      {slot,
       live.machine.id(),
       std::string(live.machine.task_id(task)),
       def.options,
       live.machine.task_priority(task),
       live.machine.started_or_created(),
       now}
  );
}

void EngineCore::drop_slot(Live& live, TaskIndex task, Instant now) {
  auto const it = live.slots.find(task);
  if (it == live.slots.end()) return;
  RequestId const id = it->second;
  bool const is_loan = slots_.at(id).is_loan;
  slots_.erase(id);
  live.slots.erase(it);
  if (!is_loan) return effects_.give_back.push_back(id);
  TaskIndex const caller = *live.machine.parent_of(task);
  live.loans.erase(caller);
  lend_again(live, caller, now);
}

/// A caller waits while its calls run, so one of them at a time may run on what it holds: without
/// that, callers that hold all the slots would wait for ever for slots for their calls.
bool EngineCore::run_on_loan(Live& live, TaskIndex task, Instant now) {
  auto const caller = live.machine.parent_of(task);
  if (!caller || live.loans.contains(*caller) || !live.slots.contains(*caller)) return false;
  RequestId const slot = next_request_++;
  live.loans.emplace(*caller, task);
  live.slots.emplace(task, slot);
  Slot lent{live.machine.id(), task};
  lent.is_loan = true;
  slots_.emplace(slot, lent);
  start_slot(live, slot, now);
  return true;
}

/// The loan came back: the first of the caller's other calls that still wait for slots gets it.
/// One that ends instead of starting hands it on to the next, in here and not by recursion: there
/// may be thousands.
void EngineCore::lend_again(Live& live, TaskIndex caller, Instant now) {
  if (live.is_lending) return;
  live.is_lending = true;
  while (!live.loans.contains(caller) && !stopping_ && !live.machine.is_paused()) {
    auto const calls = live.machine.open_calls(caller);
    auto const next = std::ranges::find_if(calls, [&](TaskIndex task) {
      auto const it = live.slots.find(task);
      return it != live.slots.end() && slots_.at(it->second).attempt == 0 &&
             live.machine.is_queued(task);
    });
    if (next == calls.end()) break;
    TaskIndex const task = *next;
    auto const it = live.slots.find(task);
    effects_.give_back.push_back(it->second);
    slots_.erase(it->second);
    live.slots.erase(it);
    run_on_loan(live, task, now);
  }
  live.is_lending = false;
}

void EngineCore::granted(RequestId id, Instant now) {
  auto const it = slots_.find(id);
  if (it == slots_.end()) return;  // withdrawn meanwhile: its return is already on the way
  Live& live = *find_live(it->second.id);
  if (stopping_) return drop_slot(live, it->second.task, now);
  start_slot(live, id, now);
}

void EngineCore::start_slot(Live& live, RequestId id, Instant now) {
  TaskIndex const task = slots_.at(id).task;
  Duration const queued = now - live.machine.task_queued_at(task);
  Effects fx;
  auto request = live.machine.start_attempt(task, now, random(), fx);
  if (request) {
    Slot& slot = slots_.at(id);
    slot.attempt = request->attempt;
    slot.is_running = true;
    ++running_count_;
    effects_.start.push_back({id, task, queued, std::move(*request)});
  } else {
    drop_slot(live, task, now);
  }
  after(live, std::move(fx), now);
}

void EngineCore::refused(RequestId id, Error error, Instant now) {
  auto const it = slots_.find(id);
  if (it == slots_.end()) return;
  Live& live = *find_live(it->second.id);
  TaskIndex const task = it->second.task;
  slots_.erase(it);
  live.slots.erase(task);
  Effects fx;
  live.machine.refuse_start(task, std::move(error), now, fx);
  after(live, std::move(fx), now);
}

void EngineCore::attempt_finished(RequestId id, AttemptOutcome outcome, Instant now) {
  auto const it = slots_.find(id);
  if (it == slots_.end()) return;  // its execution was dropped
  it->second.is_running = false;
  Slot const slot = it->second;
  Live& live = *find_live(slot.id);
  --running_count_;
  Effects fx;
  live.machine.finish_attempt(slot.task, slot.attempt, std::move(outcome), now, random(), fx);
  after(live, std::move(fx), now);
}

Result<EngineCore::MadeCall> EngineCore::call(RequestId id, TaskCall call, Instant now) {
  auto const it = slots_.find(id);
  if (it == slots_.end())
    return Error{ErrorClass::transient, "cancelled", "the execution is not under way any more"};
  Slot const slot = it->second;
  Live& live = *find_live(slot.id);
  Effects fx;
  auto made = live.machine.call(slot.task, std::move(call), now, fx);
  after(live, std::move(fx), now);
  if (!made) return made.error();
  return MadeCall{id, slot.id, *made};
}

void EngineCore::cancel_call(MadeCall call, Instant now) {
  // Without its caller's slot the call is over, and its number may be another's by now.
  if (!slots_.contains(call.caller)) return;
  Live& live = *find_live(call.execution);
  Effects fx;
  live.machine.cancel_call(call.instance, now, fx);
  after(live, std::move(fx), now);
}

void EngineCore::log(RequestId id, LogLine line, Instant now) {
  auto const it = slots_.find(id);
  if (it == slots_.end()) return;
  Live& live = *find_live(it->second.id);
  log_bytes_pending_ += line.text.size() + 128;  // what a frame adds around the text
  live.machine.log(it->second.task, std::move(line), now);
  after(live, {}, now, /*urgent=*/false);
}

std::vector<Change> EngineCore::take_batch() {
  ROPEWALK_CHECK(in_flight_.empty());
  std::vector<Change> batch;
  batch.reserve(dirty_.size());
  for (ExecutionId const id : dirty_) {
    Live* live = find_live(id);
    if (!live) continue;
    Change change = live->machine.take_change();
    live->dirty = false;
    live->in_flight = in_flight_.size();
    in_flight_.push_back({id, std::exchange(live->held, {})});
    batch.push_back(std::move(change));
  }
  dirty_.clear();
  urgent_ = false;
  log_bytes_in_flight_ = std::exchange(log_bytes_pending_, 0);
  ++batches_taken_;
  return batch;
}

void EngineCore::committed(
    std::vector<Change> batch,
    std::vector<std::pair<std::size_t, Error>> const& rejected,
    Instant now
) {
  auto const done = std::exchange(in_flight_, {});
  ROPEWALK_CHECK(batch.size() == done.size());
  ++batches_committed_;
  log_bytes_in_flight_ = 0;
  for (auto const& entry : done)
    if (Live* live = find_live(entry.id)) live->in_flight.reset();
  for (auto const& [index, error] : rejected) {
    drop(done[index].id, error);
    batch[index].events.clear();
  }
  for (std::size_t i = 0; i < done.size(); ++i) {
    if (!batch[i].events.empty())
      effects_.publish.push_back({done[i].id, std::move(batch[i].events)});
    if (Live* live = find_live(done[i].id)) release_held(*live, done[i].held, now);
  }
}

void EngineCore::drop(ExecutionId id, Error error) {
  auto const it = live_.find(id);
  if (it == live_.end()) return;
  for (auto const& [task, slot] : it->second->slots) {
    Slot const& held = slots_.at(slot);
    if (held.is_running) {
      effects_.stop.push_back(slot);
      --running_count_;
    }
    if (!held.is_loan) effects_.give_back.push_back(slot);
    slots_.erase(slot);
  }
  live_.erase(it);
  effects_.broken.emplace_back(id, std::move(error));
}

}  // namespace ropewalk
