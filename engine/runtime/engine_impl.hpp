#pragma once
// Inside the engine: one EngineCore, the loops that serve it, and the attempts that run.

#include "engine/async/async_scope.hpp"
#include "engine/async/signal.hpp"
#include "engine/runtime/admission_service.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/schedule/core.hpp"

#include <boost/asio/cancellation_signal.hpp>

#include <map>
#include <memory>
#include <set>
#include <unordered_map>

namespace ropewalk {

class Engine::Impl {
 public:
  Impl(Executor executor, EngineOptions options, EngineParts parts);
  ~Impl();

  Async<Result<>> submit(Submission submission);
  Async<Result<>> command(ExecutionId execution, Command command);
  Async<Result<>> resolve(ExecutionId execution, TaskResolution resolution);
  Async<Result<SignalFate>> signal(ExecutionId execution, SignalCall call);
  Async<Result<>> decide(ExecutionId execution, std::string task, Decision decision);
  Async<> adopt(
      std::shared_ptr<Workflow const> workflow,
      StoredExecution stored,
      std::optional<StartHold> hold
  );
  Async<Result<>> supersede(ExecutionId execution, Error reason);
  void abandon(StoredExecution const& stored, Error error);
  Async<Result<>> retry(std::shared_ptr<Workflow const> workflow, StoredExecution stored);
  Async<std::optional<Status>> wait_for_end(ExecutionId execution);
  Async<Result<json::value>> why(ExecutionId execution, std::string task);
  Async<Result<>> run();
  void stop(Duration grace);

  EngineCore const& core() const { return core_; }

 private:
  class Sink;
  struct EndWaiter {
    Timer timer;
    std::optional<Status> status{};
  };

  /// A runner that waits for the end of a task that it called.
  struct CallWaiter {
    Timer timer;
    std::optional<Result<json::value>> answer{};
  };
  using CallKey = std::pair<ExecutionId, TaskIndex>;

  Instant now() const { return parts_.clock.now(); }
  /// After every call into the core: carries out what it asks for.
  void drain();
  void apply(CoreEffects effects);
  void start(AttemptStart start);
  void ended(Ended const& ended);
  void wake_end_waiters(ExecutionId execution, std::optional<Status> status);
  Async<> run_attempt(RequestId slot, TaskRunner& runner, AttemptRequest request);
  Async<> wait_for_room();
  Async<Result<json::value>> call_task(RequestId slot, TaskCall call);
  void set_waiting(RequestId slot, std::string reason);
  Async<EnterResult> enter(
      ExecutionId id, Workflow const& workflow, NewExecution const& record, bool was_running
  );
  Async<Result<>> accept(Submission submission);
  Async<Result<>> refuse_repeat(ExecutionId id);
  /// Until all that happened to it so far is durable. Errors: fenced, shutting_down, and what the
  /// journal had against it.
  Async<Result<>> durable(ExecutionId id);

  // engine_holds.cpp: executions that begin later
  void hold(ExecutionId id, StartHold hold);
  void drop_hold(ExecutionId id);
  std::optional<Instant> next_wake();
  void begin_due();
  static Error concurrency_limit_error(std::string const& workflow);
  Async<> begin_held(ExecutionId id);
  void explain_hold(StartHold const& hold, json::object& line) const;

  Async<> commit_loop(AsyncScope& loops);
  Async<> wait_for_company();
  Async<> wake_loop();
  Async<> grace_loop();
  bool is_finished() const;
  void fail(Error error);
  void close();

  json::object explain_task(Execution const& execution, TaskIndex task) const;
  Async<> explain_slot(RequestId slot, json::object& line);

  Executor executor_;
  EngineOptions options_;
  EngineParts parts_;
  EngineCore core_;
  AsyncScope attempts_;
  Signal work_;
  Timer wake_timer_;
  std::optional<Instant> armed_for_{};
  Timer committed_;  // never expires: cancelled to wake who waits for a commit
  Timer company_;
  Timer grace_timer_;
  Steady::time_point last_commit_{};
  std::unordered_map<RequestId, std::shared_ptr<asio::cancellation_signal>> running_;
  /// Who waits for a commit, and what the journal had against the execution.
  std::multimap<ExecutionId, std::optional<Error>*> committing_;
  std::set<ExecutionId> entering_;  // asked for a place, not live yet
  std::map<ExecutionId, StartHold> holds_;
  std::set<std::pair<Instant, ExecutionId>> holds_by_time_;
  std::unordered_multimap<ExecutionId, EndWaiter*> end_waiters_;
  std::map<CallKey, CallWaiter*> call_waiters_;
  std::unordered_map<RequestId, std::string>
      waits_;                        // what running attempts say that they wait for
  std::optional<Duration> grace_{};  // set: stopping
  std::optional<Error> failure_{};
  bool is_closed_ = false;  // nothing is committed any more
  bool draining_ = false;
};

}  // namespace ropewalk
