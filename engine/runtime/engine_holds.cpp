// Engine: executions that were accepted and begin later.
#include "engine/runtime/engine_impl.hpp"

namespace ropewalk {

void Engine::Impl::hold(ExecutionId id, StartHold hold) {
  holds_by_time_.emplace(hold.at, id);
  holds_.insert_or_assign(id, std::move(hold));
}

void Engine::Impl::drop_hold(ExecutionId id) {
  auto const found = holds_.find(id);
  if (found == holds_.end()) return;
  holds_by_time_.erase({found->second.at, id});
  holds_.erase(found);
}

std::optional<Instant> Engine::Impl::next_wake() {
  auto out = core_.next_wake();
  if (holds_by_time_.empty()) return out;
  auto const first = holds_by_time_.begin()->first;
  return out ? std::min(*out, first) : first;
}

/// One that is due when the server stops begins on the next one.
void Engine::Impl::begin_due() {
  while (!holds_by_time_.empty() && holds_by_time_.begin()->first <= now()) {
    auto const id = holds_by_time_.begin()->second;
    drop_hold(id);
    if (grace_) continue;
    auto work = begin_held(id);
    attempts_.spawn(std::move(work));
  }
}

Async<> Engine::Impl::begin_held(ExecutionId id) {
  auto const* execution = core_.find(id);
  if (!execution) co_return;
  auto const workflow = execution->record().workflow;
  bool has_place = true;
  if (execution->workflow().concurrency) {
    auto entering = enter(id, execution->workflow(), execution->record(), false);
    auto const entered = co_await std::move(entering);
    has_place = entered.verdict == EnterResult::Verdict::granted;
    if (!core_.find(id)) {  // it was cancelled meanwhile
      parts_.admission.leave(id);
      co_return;
    }
    if (entered.verdict == EnterResult::Verdict::rejected) {
      auto const cancelled = core_.cancel(id, now(), concurrency_limit_error(workflow));
      ROPEWALK_CHECK(cancelled);
    }
  }
  if (has_place) core_.place_free(id, now());
  drain();
}

Async<Result<>> Engine::Impl::supersede(ExecutionId id, Error reason) {
  auto const* execution = core_.find(id);
  if (!execution || execution->has_begun())
    co_return Error{
        ErrorClass::permanent, "not_found", "execution " + id.to_string() + " does not wait here"};
  auto const cancelled = core_.cancel(id, now(), std::move(reason));
  if (!cancelled) co_return cancelled.error();
  auto storing = durable(id);
  co_return co_await std::move(storing);
}

}  // namespace ropewalk
