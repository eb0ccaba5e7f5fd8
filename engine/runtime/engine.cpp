#include "engine/runtime/engine.hpp"

#include "engine/runtime/engine_impl.hpp"

namespace ropewalk {
namespace {

Error refusal(ErrorClass error_class, std::string code, std::string message) {
  return Error{error_class, std::move(code), std::move(message)};
}
Error stopping() {
  return refusal(ErrorClass::transient, "shutting_down", "the server is stopping");
}
Error already_exists(ExecutionId id) {
  return refusal(
      ErrorClass::permanent, "already_exists", "execution " + id.to_string() + " exists already"
  );
}
Error not_ended(ExecutionId id) {
  return refusal(
      ErrorClass::permanent, "not_ended", "execution " + id.to_string() + " has not ended"
  );
}

}  // namespace

Engine::Engine(Executor executor, EngineOptions options, EngineParts parts)
    : impl_(std::make_unique<Impl>(executor, options, std::move(parts))) {}
Engine::~Engine() = default;

Async<Result<>> Engine::submit(Submission submission) {
  return impl_->submit(std::move(submission));
}
Async<Result<>> Engine::command(ExecutionId execution, Command command) {
  return impl_->command(execution, command);
}
Async<Result<>> Engine::resolve(ExecutionId execution, TaskResolution resolution) {
  return impl_->resolve(execution, std::move(resolution));
}
Async<> Engine::adopt(
    std::shared_ptr<Workflow const> workflow, StoredExecution stored, std::optional<StartHold> hold
) {
  return impl_->adopt(std::move(workflow), std::move(stored), std::move(hold));
}
Async<Result<>> Engine::supersede(ExecutionId execution, Error reason) {
  return impl_->supersede(execution, std::move(reason));
}
Async<Result<SignalFate>> Engine::signal(ExecutionId execution, SignalCall call) {
  return impl_->signal(execution, std::move(call));
}
Async<Result<>> Engine::decide(ExecutionId execution, std::string task, Decision decision) {
  return impl_->decide(execution, std::move(task), std::move(decision));
}
void Engine::abandon(StoredExecution const& stored, Error error) {
  impl_->abandon(stored, std::move(error));
}
Async<Result<>> Engine::retry(std::shared_ptr<Workflow const> workflow, StoredExecution stored) {
  return impl_->retry(std::move(workflow), std::move(stored));
}
bool Engine::is_live(ExecutionId execution) const {
  return impl_->core().find(execution) != nullptr;
}
std::size_t Engine::live_count() const {
  return impl_->core().live_count();
}
Async<std::optional<Status>> Engine::wait_for_end(ExecutionId execution) {
  return impl_->wait_for_end(execution);
}
Async<Result<json::value>> Engine::why(ExecutionId execution, std::string task) {
  return impl_->why(execution, std::move(task));
}
Async<Result<>> Engine::run() {
  return impl_->run();
}
void Engine::stop(Duration grace) {
  impl_->stop(grace);
}

Engine::Impl::Impl(Executor executor, EngineOptions options, EngineParts parts)
    : executor_(executor),
      options_(options),
      parts_(std::move(parts)),
      core_(CoreOptions{
          {options.output_bytes_max,
           options.interruptions_max,
           options.calls_max,
           options.detail_bytes_max,
           options.stream_bytes_max},
          options.executions_live_max,
          options.random_seed,
          AdmissionService::request_base(options.shard)}),
      attempts_(executor),
      work_(executor),
      wake_timer_(executor),
      committed_(executor, Timer::time_point::max()),
      company_(executor),
      grace_timer_(executor) {
  AdmissionClient client{executor};
  client.granted = [this](std::vector<RequestId> const& slots) {
    for (RequestId const slot : slots) core_.granted(slot, now());
    drain();
  };
  client.refused = [this](RequestId slot, Error const& error) {
    core_.refused(slot, error, now());
    drain();
  };
  client.place_free = [this](ExecutionId execution) {
    core_.place_free(execution, now());
    drain();
  };
  client.cancel = [this](ExecutionId execution) {
    if (core_.cancel(execution, now()))
      drain();  // not here any more: its place is about to be free
  };
  parts_.admission.attach(options_.shard, std::move(client));
}

Engine::Impl::~Impl() = default;

Async<EnterResult> Engine::Impl::enter(
    ExecutionId id, Workflow const& workflow, NewExecution const& record, bool was_running
) {
  EnterRequest request;
  request.execution = id;
  request.group = record.workflow + "/" + record.concurrency_key;
  request.limit = workflow.concurrency->limit;
  request.on_limit = workflow.concurrency->on_limit;
  request.priority = record.priority;
  request.created_at = record.created_at;
  request.was_running = was_running;
  entering_.insert(id);
  auto const entered = co_await parts_.admission.enter(std::move(request));
  entering_.erase(id);
  co_return entered;
}

/// Says that it exists when that is durable.
Async<Result<>> Engine::Impl::refuse_repeat(ExecutionId id) {
  auto const first = co_await durable(id);
  if (!first) co_return first;
  co_return already_exists(id);
}

Async<Result<>> Engine::Impl::submit(Submission submission) {
  return core_.find(submission.id) ? refuse_repeat(submission.id) : accept(std::move(submission));
}

Error Engine::Impl::concurrency_limit_error(std::string const& workflow) {
  return Error{
      ErrorClass::resource,
      "concurrency_limit",
      "workflow \"" + workflow + "\" already runs as often as its concurrency limit allows",
      "try again later, or set concurrency.onLimit to queue"};
}

Async<Result<>> Engine::Impl::accept(Submission submission) {
  ExecutionId const id = submission.id;
  if (core_.find(id) || entering_.contains(id)) co_return already_exists(id);
  auto const held = submission.hold;
  bool const is_limited = submission.workflow->concurrency.has_value() && !held;
  bool has_place = !held;
  if (is_limited) {
    auto const entered = co_await enter(id, *submission.workflow, submission.record, false);
    if (entered.verdict == EnterResult::Verdict::rejected)
      co_return concurrency_limit_error(submission.record.workflow);
    has_place = entered.verdict == EnterResult::Verdict::granted;
  }
  auto accepted = core_.submit(
      id,
      std::move(submission.workflow),
      std::move(submission.record),
      std::move(submission.inputs),
      has_place,
      now(),
      std::move(submission.reused)
  );
  if (!accepted) {
    if (is_limited) parts_.admission.leave(id);
    co_return accepted;
  }
  if (held) hold(id, *held);
  co_return co_await durable(id);
}

Async<> Engine::Impl::adopt(
    std::shared_ptr<Workflow const> workflow, StoredExecution stored, std::optional<StartHold> held
) {
  ExecutionId const id = stored.execution;
  if (is_closed_ || core_.find(id) || entering_.contains(id)) co_return;
  if (stored.state.started_at) held.reset();
  bool const is_limited = workflow->concurrency.has_value() && !held;
  bool has_place = !held;
  if (is_limited) {
    bool const was_running = stored.state.started_at.has_value();
    auto const entered = co_await enter(id, *workflow, stored.created, was_running);
    has_place = entered.verdict == EnterResult::Verdict::granted;
  }
  core_.adopt(std::move(workflow), stored, has_place, now());
  if (is_limited && !core_.find(id)) parts_.admission.leave(id);  // it was told to stop meanwhile
  if (held && core_.find(id)) hold(id, std::move(*held));
  drain();
}

void Engine::Impl::abandon(StoredExecution const& stored, Error error) {
  if (is_closed_ || entering_.contains(stored.execution)) return;
  core_.abandon(stored, std::move(error), now());
  drain();
}

Async<Result<>> Engine::Impl::retry(
    std::shared_ptr<Workflow const> workflow, StoredExecution stored
) {
  ExecutionId const id = stored.execution;
  if (core_.find(id) || entering_.contains(id)) co_return not_ended(id);
  bool const is_limited = workflow->concurrency.has_value();
  if (is_limited) {
    // A person asked for it: it does not queue, but others count it.
    co_await enter(id, *workflow, stored.created, true);
  }
  auto started = core_.retry(std::move(workflow), stored, now());
  if (!started) {
    if (is_limited) parts_.admission.leave(id);
    co_return started;
  }
  co_return co_await durable(id);
}

Async<Result<>> Engine::Impl::command(ExecutionId execution, Command command) {
  if (is_closed_) co_return stopping();
  Result<> done;
  switch (command) {
    case Command::cancel:
      done = core_.cancel(execution, now());
      break;
    case Command::pause:
      done = core_.pause(execution, now());
      break;
    case Command::resume:
      done = core_.resume(execution, now());
      break;
  }
  if (!done) co_return done;
  co_return co_await durable(execution);
}

Async<Result<>> Engine::Impl::resolve(ExecutionId execution, TaskResolution resolution) {
  if (is_closed_) co_return stopping();
  auto const done = core_.resolve(
      execution, resolution.task, resolution.how, std::move(resolution.output), now()
  );
  if (!done) co_return done;
  co_return co_await durable(execution);
}

Async<Result<SignalFate>> Engine::Impl::signal(ExecutionId execution, SignalCall call) {
  if (is_closed_) co_return stopping();
  auto const fate = core_.signal(execution, std::move(call), now());
  if (!fate) co_return fate.error();
  auto const stored = co_await durable(execution);
  if (!stored) co_return stored.error();
  co_return *fate;
}

Async<Result<>> Engine::Impl::decide(ExecutionId execution, std::string task, Decision decision) {
  if (is_closed_) co_return stopping();
  auto const decided = core_.decide(execution, task, std::move(decision), now());
  if (!decided && decided.error().code != "already_decided") co_return decided;
  auto const stored = co_await durable(execution);
  if (!stored) co_return stored;
  co_return decided;
}

Async<Result<>> Engine::Impl::durable(ExecutionId id) {
  std::optional<Error> refused;
  auto const entry = committing_.emplace(id, &refused);
  struct Leave {
    Impl& engine;
    decltype(entry) at;
    ~Leave() { engine.committing_.erase(at); }
  };
  Leave const leave{*this, entry};
  std::uint64_t const batch = core_.pending_batch();
  drain();
  while (core_.committed_batch() < batch) {
    if (failure_) co_return *failure_;
    if (is_closed_) co_return stopping();
    co_await committed_.async_wait(use_tuple);
  }
  if (refused) co_return *refused;
  co_return Result<>();
}

Async<std::optional<Status>> Engine::Impl::wait_for_end(ExecutionId execution) {
  if (is_closed_ || !core_.find(execution)) co_return std::nullopt;
  EndWaiter waiter{Timer(executor_, Timer::time_point::max())};
  auto const entry = end_waiters_.emplace(execution, &waiter);
  struct Leave {
    Impl& engine;
    decltype(entry) at;
    ~Leave() { engine.end_waiters_.erase(at); }
  };
  Leave const leave{*this, entry};
  co_await waiter.timer.async_wait(use_tuple);
  co_return waiter.status;
}

void Engine::Impl::wake_end_waiters(ExecutionId execution, std::optional<Status> status) {
  auto const [first, last] = end_waiters_.equal_range(execution);
  for (auto it = first; it != last; ++it) {
    it->second->status = status;
    it->second->timer.cancel();
  }
}

}  // namespace ropewalk
