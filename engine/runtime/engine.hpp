#pragma once
// The engine of one shard: carries the decisions of schedule/ out through the ports, and brings the
// next events back.
//
// Shard:  every call on the shard that it was built for, unless it says otherwise.
// Owner:  the node; run() is awaited to its end before the engine is destroyed.

#include "engine/async/async.hpp"
#include "engine/base/error.hpp"
#include "engine/base/ids.hpp"
#include "engine/base/time.hpp"
#include "engine/model/signals.hpp"
#include "engine/model/workflow.hpp"
#include "engine/ports/clock.hpp"
#include "engine/ports/event_sink.hpp"
#include "engine/ports/journal.hpp"
#include "engine/ports/task_runner.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace ropewalk {

class AdmissionService;  // engine/runtime/admission_service.hpp

/// What the engine tells its surroundings to count (DESIGN §7). Called on the engine's shard; must
/// not block.
class EngineObserver {
 public:
  virtual ~EngineObserver() = default;
  virtual void execution_ended(Status status) = 0;
  virtual void task_ended(std::string_view type, Status status, std::optional<Duration> ran) = 0;
  virtual void task_started(std::string_view type, Duration queued) = 0;
  /// error_class empty: the attempt succeeded.
  virtual void attempt_ended(std::string_view error_class) = 0;
  /// The journal can never store what happened to it: the engine has let go of it.
  virtual void execution_broken(ExecutionId execution, Error const& error) = 0;
};

struct EngineOptions {
  std::uint32_t shard = 0;
  std::size_t output_bytes_max = 1024 * 1024;  // of one task's output, as JSON text
  std::size_t executions_live_max = 100'000;   // past it submit() says overloaded
  /// Past it the pipes of children are read more slowly.
  std::size_t log_bytes_unstored_max = 1024 * 1024;
  /// A task that was cut short more often is taken to be what brings the server down.
  std::uint32_t interruptions_max = 100;
  std::uint32_t calls_max = 10'000;  // of tasks as tools, in one execution
  /// Of what one attempt leaves for people to look at, and of the text in it that watchers were
  /// shown.
  std::size_t detail_bytes_max = 256 * 1024;
  std::size_t stream_bytes_max = 8 * 1024 * 1024;
  std::uint64_t random_seed = 0;  // for jitter
};

struct EngineParts {
  Clock const& clock;
  Journal& journal;
  EventSink& events;
  EngineObserver& observer;
  AdmissionService& admission;
  std::map<std::string, TaskRunner*, std::less<>> runners{};  // by task type
};

/// Why an execution that was accepted begins later.
struct StartHold {
  Instant at{};
  std::string limit{};  // "rateLimit" or "debounce", as it stands in the workflow
};

/// An execution to start. `record.inputs` is the JSON text of `inputs`, which were accepted
/// (accept_inputs).
struct Submission {
  ExecutionId id{};
  std::shared_ptr<Workflow const> workflow{};
  NewExecution record{};
  boost::json::object inputs{};
  std::optional<StartHold> hold{};
  std::vector<ReusedTask> reused{};  // of a replay (plan_replay)
};

enum class Command : unsigned char { cancel, pause, resume };

struct TaskResolution {
  std::string task{};
  Resolve how = Resolve::retry;
  boost::json::value output{};  // of a task that is declared complete
};

class Engine {
 public:
  Engine(Executor executor, EngineOptions options, EngineParts parts);
  ~Engine();

  /// Durable when it returns. Errors: concurrency_limit (onLimit: reject), overloaded,
  /// already_exists, shutting_down, fenced, change_rejected.
  Async<Result<>> submit(Submission submission);

  /// Durable when it returns. Errors: not_found when the execution is not live on this shard,
  /// shutting_down, fenced, change_rejected.
  Async<Result<>> command(ExecutionId execution, Command command);

  /// What becomes of a task that has failed and waits for a person (onFailure: pause). Durable when
  /// it returns. Errors: those of command(), unknown_task, not_waiting, output_too_large.
  Async<Result<>> resolve(ExecutionId execution, TaskResolution resolution);
  /// A signal for an execution; durable when it returns. Errors: those of Execution::signal and of
  /// command().
  Async<Result<SignalFate>> signal(ExecutionId execution, SignalCall call);
  /// A person's answer to a task that asks; durable when it returns, also when it says
  /// already_decided. Errors: unknown_task, those of Execution::decide and of command().
  Async<Result<>> decide(ExecutionId execution, std::string task, Decision decision);

  /// Takes over an execution that the journal knows: one left by a crash or another node, and goes
  /// on with it. An engine that stops leaves it to the next one. REQUIRES, as for abandon() and
  /// retry(): nothing else has written to it, or will, since `stored` was read.
  Async<> adopt(
      std::shared_ptr<Workflow const> workflow,
      StoredExecution stored,
      std::optional<StartHold> hold = std::nullopt
  );
  /// Another execution takes the place of one that has not begun: it ends as CANCELLED, with this
  /// reason. Durable when it returns. Errors: not_found (it is not live here, or has begun), those
  /// of command().
  Async<Result<>> supersede(ExecutionId execution, Error reason);
  /// Takes over one whose definition cannot be read any more: it ends as FAILED with this error.
  void abandon(StoredExecution const& stored, Error error);
  /// Takes over one that has ended and is to be run on from its failed tasks. Durable when it
  /// returns. Errors: nothing_to_retry, not_ended, shutting_down, fenced, change_rejected.
  Async<Result<>> retry(std::shared_ptr<Workflow const> workflow, StoredExecution stored);

  bool is_live(ExecutionId execution) const;
  std::size_t live_count() const;

  /// Returns the execution's end status once that is durable; nullopt when it is not live here
  /// (look into the journal).
  Async<std::optional<Status>> wait_for_end(ExecutionId execution);

  /// Why each unfinished task of the execution waits (of one task when `task` is not empty), as
  /// [{"task","status","reason","detail":{…}}]. Errors: not_found (execution or task).
  Async<Result<boost::json::value>> why(ExecutionId execution, std::string task);

  /// Commits, starts and wakes until stop() has done its work, or the node lost its lease (error
  /// `fenced`).
  Async<Result<>> run();

  /// Takes no new work, starts no attempt, gives running attempts `grace` to end, cancels the rest
  /// and writes down that they were interrupted; then run() returns.
  void stop(Duration grace);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ropewalk
