// Engine: carries out what the core decides.
#include "engine/base/text.hpp"
#include "engine/runtime/engine_impl.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>

namespace ropewalk {
namespace {

/// Log lines alone do not deserve a commit each: they wait this long for company.
constexpr auto company_time = std::chrono::milliseconds(10);
constexpr std::size_t reason_bytes_max = 512;
constexpr Duration nap_max = std::chrono::days(30);  // what is due in centuries is not to overflow

}  // namespace

/// What one attempt says goes into the core; how fast it may go on is the journal's pace.
class Engine::Impl::Sink : public AttemptSink {
 public:
  Sink(Impl& engine, RequestId slot, AttemptRequest const& request)
      : engine_(engine),
        slot_(slot),
        execution_(request.execution),
        task_(request.task),
        attempt_(request.attempt) {
    if (auto const* execution = engine.core_.find(execution_)) running_seq_ = execution->last_seq();
  }

  Async<> log(LogLine line) override {
    engine_.core_.log(slot_, std::move(line), engine_.now());
    engine_.drain();
    return engine_.wait_for_room();
  }

  Async<Result<json::value>> call(TaskCall call) override {
    return engine_.call_task(slot_, std::move(call));
  }

  void waiting(std::string reason) override { engine_.set_waiting(slot_, std::move(reason)); }

  void token(std::string_view channel, std::string_view text) override {
    if (counts()) engine_.parts_.events.token(source(), channel, text);
  }
  void restart_text(std::string_view reason) override {
    if (counts()) engine_.parts_.events.restart_text(source(), reason);
  }
  void end_text(TextEnd end) override {
    if (counts()) engine_.parts_.events.end_text(source(), end);
  }

 private:
  bool counts() const { return engine_.core_.has_attempt(slot_); }
  TextSource source() const { return TextSource{execution_, task_, attempt_, running_seq_}; }

  Impl& engine_;
  RequestId slot_;
  ExecutionId execution_;
  std::string task_;
  std::uint32_t attempt_;
  std::uint64_t running_seq_ = 0;
};

Async<> Engine::Impl::wait_for_room() {
  while (core_.log_bytes_unstored() > options_.log_bytes_unstored_max && !failure_ && !is_closed_) {
    auto const state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return;
    co_await committed_.async_wait(use_tuple);
  }
}

Async<Result<json::value>> Engine::Impl::call_task(RequestId slot, TaskCall call) {
  auto const made = core_.call(slot, std::move(call), now());
  if (!made) co_return made.error();
  CallWaiter waiter{Timer(executor_, Timer::time_point::max())};
  CallKey const key(made->execution, made->instance);
  call_waiters_.emplace(key, &waiter);
  drain();
  bool const throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  while (!waiter.answer) {
    auto const state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) break;
    co_await waiter.timer.async_wait(use_tuple);
  }
  co_await asio::this_coro::throw_if_cancelled(throws);
  call_waiters_.erase(key);
  if (waiter.answer) co_return std::move(*waiter.answer);
  core_.cancel_call(*made, now());
  drain();
  co_return Error{ErrorClass::transient, "cancelled", "the call was given up"};
}

void Engine::Impl::set_waiting(RequestId slot, std::string reason) {
  if (reason.empty())
    waits_.erase(slot);
  else
    waits_[slot] = shorten(reason, reason_bytes_max);
}

void Engine::Impl::drain() {
  if (draining_) return;  // called back from within: the loop below sees it
  draining_ = true;
  while (core_.has_effects()) apply(core_.take_effects());
  draining_ = false;
  if (core_.has_batch() || grace_ || failure_) work_.notify();
  if (core_.is_urgent()) company_.cancel();
  auto const next = next_wake();
  if (next && (!armed_for_ || *next < *armed_for_)) wake_timer_.cancel();
  if (grace_ && running_.empty()) grace_timer_.cancel();
}

void Engine::Impl::apply(CoreEffects effects) {
  for (auto const& task : effects.tasks_ended)
    parts_.observer.task_ended(task.type->name, task.status, task.ran);
  for (auto const& error_class : effects.attempts_ended)
    parts_.observer.attempt_ended(error_class ? to_string(*error_class) : std::string_view());
  for (auto const& published : effects.publish)
    parts_.events.publish(published.execution, published.events);
  for (auto& answer : effects.answers) {
    auto const waiter = call_waiters_.find({answer.execution, answer.instance});
    if (waiter == call_waiters_.end()) continue;  // the caller gave up
    waiter->second->answer.emplace(std::move(answer.output));
    waiter->second->timer.cancel();
  }
  for (auto const& end : effects.ended) ended(end);
  for (auto const& [id, error] : effects.broken) {
    parts_.observer.execution_broken(id, error);
    parts_.events.forget(id);
    parts_.admission.leave(id);
    drop_hold(id);
    wake_end_waiters(id, std::nullopt);
    auto const [first, last] = committing_.equal_range(id);
    for (auto it = first; it != last; ++it) *it->second = error;
  }
  for (auto& attempt : effects.start) start(std::move(attempt));
  for (RequestId const slot : effects.stop)  // maybe of one that has only just started
    if (auto it = running_.find(slot); it != running_.end())
      it->second->emit(asio::cancellation_type::terminal);
  if (!effects.ask.empty() || !effects.give_back.empty())
    parts_.admission.ask(options_.shard, std::move(effects.ask), std::move(effects.give_back));
}

void Engine::Impl::ended(Ended const& end) {
  drop_hold(end.execution);
  parts_.observer.execution_ended(end.status);
  parts_.admission.leave(end.execution);
  wake_end_waiters(end.execution, end.status);
}

void Engine::Impl::start(AttemptStart attempt) {
  auto const runner = parts_.runners.find(attempt.request.type);
  ROPEWALK_CHECK(runner != parts_.runners.end());
  parts_.observer.task_started(attempt.request.type, attempt.queued);
  // The execution may be gone when the coroutine first runs: its context is taken now.
  attempt.request.context = [text = attempt.request.context()] { return text; };
  auto const signal = std::make_shared<asio::cancellation_signal>();
  running_.emplace(attempt.slot, signal);
  auto work = run_attempt(attempt.slot, *runner->second, std::move(attempt.request));
  attempts_.spawn(std::move(work), signal);
}

Async<> Engine::Impl::run_attempt(RequestId slot, TaskRunner& runner, AttemptRequest request) {
  AttemptOutcome outcome;
  Sink sink(*this, slot, request);
  try {
    outcome = co_await runner.run(std::move(request), sink);
  } catch (boost::system::system_error const& e) {
    outcome.output =
        Error{ErrorClass::transient, "cancelled", "the attempt was stopped: " + e.code().message()};
  } catch (std::exception const& e) {
    outcome.output = Error{
        ErrorClass::permanent,
        "runner_failed",
        std::string("the task's runner failed: ") + e.what()};
  }
  core_.attempt_finished(slot, std::move(outcome), now());
  running_.erase(slot);
  waits_.erase(slot);
  drain();
}

Async<Result<>> Engine::Impl::run() {
  AsyncScope loops(executor_);
  loops.spawn(commit_loop(loops));
  loops.spawn(wake_loop());
  loops.spawn(grace_loop());
  std::exception_ptr fault;
  try {
    co_await loops.join();
  } catch (...) {
    fault = std::current_exception();
  }
  close();  // also when the loops were cancelled or failed
  attempts_.cancel();
  co_await attempts_.join();
  co_await parts_.admission.detach(options_.shard);
  if (fault) std::rethrow_exception(fault);
  if (failure_) co_return *failure_;
  co_return Result<>();
}

bool Engine::Impl::is_finished() const {
  return grace_ && running_.empty() && !core_.has_batch();
}

Async<> Engine::Impl::commit_loop(AsyncScope& loops) {
  while (!failure_ && !is_finished()) {
    if (!core_.has_batch()) {
      co_await work_.wait();
      continue;
    }
    if (!core_.is_urgent()) co_await wait_for_company();
    auto batch = core_.take_batch();
    auto stored = co_await parts_.journal.commit(batch);
    last_commit_ = Steady::now();
    if (!stored) {
      fail(stored.error());
      break;
    }
    core_.committed(std::move(batch), stored->rejected, now());
    committed_.cancel();
    drain();
  }
  close();
  loops.cancel();
}

Async<> Engine::Impl::wait_for_company() {
  if (Steady::now() - last_commit_ >= company_time || grace_) co_return;
  company_.expires_at(last_commit_ + company_time);
  co_await company_.async_wait(use_tuple);
}

Async<> Engine::Impl::wake_loop() {
  for (;;) {
    armed_for_ = next_wake();
    if (armed_for_)
      wake_timer_.expires_after(std::clamp(*armed_for_ - now(), Duration(0), nap_max));
    else
      wake_timer_.expires_at(Timer::time_point::max());
    co_await wake_timer_.async_wait(use_tuple);
    core_.wake(now());
    begin_due();
    drain();
  }
}

Async<> Engine::Impl::grace_loop() {
  grace_timer_.expires_at(Timer::time_point::max());
  while (!grace_) co_await grace_timer_.async_wait(use_tuple);
  auto const begun = Steady::now();
  while (!running_.empty() && Steady::now() < begun + *grace_) {  // stop() may make it shorter
    grace_timer_.expires_at(begun + *grace_);
    co_await grace_timer_.async_wait(use_tuple);
  }
  core_.interrupt_all(now());
  drain();
}

void Engine::Impl::stop(Duration grace) {
  if (grace_ && *grace_ <= grace) return;
  grace_ = grace;
  core_.stop_starting();
  grace_timer_.cancel();
  drain();
}

void Engine::Impl::fail(Error error) {
  failure_ = std::move(error);
  close();
}

/// Nothing is committed from here on: whoever waits for that, or would, is told so.
void Engine::Impl::close() {
  is_closed_ = true;
  core_.stop_starting();
  committed_.cancel();
  for (auto& [id, waiter] : end_waiters_) waiter->timer.cancel();
}

}  // namespace ropewalk
