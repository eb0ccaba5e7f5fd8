#pragma once
// All executions of one shard: brings events to the right one, gathers their changes into batches
// for the journal, and holds back what must wait until its cause is durable (DESIGN §6.2).
//
// Pure: time is an argument, randomness comes from a seed. The engine (runtime/) carries the
// effects out with coroutines; the simulation does it under virtual time.

#include "engine/schedule/admission.hpp"
#include "engine/schedule/execution.hpp"
#include "engine/schedule/execution_limits.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

namespace ropewalk {

struct CoreOptions {
  ExecutionOptions execution{};
  std::size_t executions_live_max = 100'000;
  std::uint64_t random_seed = 0;
  RequestId first_request = 1;  // request ids count up from here
};

struct AttemptStart {
  RequestId slot = 0;
  TaskIndex task = 0;
  Duration queued{};
  AttemptRequest request{};
};

struct Published {
  ExecutionId execution{};
  std::vector<EventChunk> events{};
};

struct Ended {
  ExecutionId execution{};
  Status status{};
};

/// A called task has ended: for who called it.
struct CallAnswer {
  ExecutionId execution{};
  TaskIndex instance = 0;
  Result<json::value> output{json::value{}};
};

struct TaskEnded {
  TaskType const* type = nullptr;
  Status status{};
  std::optional<Duration> ran{};  // absent: no attempt ever ran
};

struct CoreEffects {
  std::vector<SlotRequest> ask{};
  std::vector<RequestId> give_back{};  // held or asked for
  std::vector<AttemptStart> start{};
  std::vector<RequestId> stop{};  // the attempts that hold these slots; after `start`
  std::vector<Published> publish{};
  std::vector<Ended> ended{};
  std::vector<CallAnswer> answers{};
  std::vector<std::pair<ExecutionId, Error>> broken{};  // could not be stored: no longer here
  std::vector<TaskEnded> tasks_ended{};
  std::vector<std::optional<ErrorClass>> attempts_ended{};

  bool empty() const;
};

class EngineCore {
 public:
  explicit EngineCore(CoreOptions options);
  ~EngineCore();

  // Executions come in. `has_place`: they need not wait for others of their workflow (concurrency).
  Result<> submit(
      ExecutionId id,
      std::shared_ptr<Workflow const> workflow,
      NewExecution record,
      json::object inputs,
      bool has_place,
      Instant now,
      std::vector<ReusedTask> reused = {}
  );
  void adopt(
      std::shared_ptr<Workflow const> workflow,
      StoredExecution const& stored,
      bool has_place,
      Instant now
  );
  /// Ends one that nobody can go on with: FAILED, with this error.
  void abandon(StoredExecution const& stored, Error error, Instant now);
  /// One that has ended, to be run on. Errors: nothing_to_retry.
  Result<> retry(
      std::shared_ptr<Workflow const> workflow, StoredExecution const& stored, Instant now
  );
  /// Its place among the executions of its workflow came free.
  void place_free(ExecutionId id, Instant now);

  // Things happen to them. Those that are not here are ignored, or `not_found` where a person
  // asked.
  Result<> cancel(ExecutionId id, Instant now, std::optional<Error> reason = std::nullopt);
  Result<> pause(ExecutionId id, Instant now);
  Result<> resume(ExecutionId id, Instant now);
  /// As Execution::resolve(). Errors besides: not_found (the execution), unknown_task.
  Result<> resolve(
      ExecutionId id, std::string const& task, Resolve how, json::value output, Instant now
  );
  /// As Execution::signal and ::decide. Errors: unknown_task as well.
  Result<SignalFate> signal(ExecutionId id, SignalCall call, Instant now);
  Result<> decide(ExecutionId id, std::string const& task, Decision decision, Instant now);
  void granted(RequestId slot, Instant now);
  void refused(RequestId slot, Error error, Instant now);
  void attempt_finished(RequestId slot, AttemptOutcome outcome, Instant now);
  void log(RequestId slot, LogLine line, Instant now);
  /// The attempt that holds `slot` calls a task; CoreEffects::answers has its end. Errors: those of
  /// AttemptSink::call.
  struct MadeCall {
    RequestId caller = 0;  // its slot
    ExecutionId execution{};
    TaskIndex instance = 0;
  };
  Result<MadeCall> call(RequestId slot, TaskCall call, Instant now);
  /// Nobody waits for its answer any more.
  void cancel_call(MadeCall call, Instant now);
  /// Whether the attempt in this slot still counts.
  bool has_attempt(RequestId slot) const { return slots_.contains(slot); }
  void wake(Instant now);
  /// Starts nothing more; what runs goes on.
  void stop_starting() { stopping_ = true; }
  /// Stops every running attempt, to be gone on with after the next start.
  void interrupt_all(Instant now);

  // The journal. One batch is under way at a time.
  bool has_batch() const { return !dirty_.empty(); }
  /// False when there is nothing but log lines to store: these may wait a moment for company.
  bool is_urgent() const { return urgent_; }
  /// Changes that were made up to now are durable when this batch is.
  std::uint64_t pending_batch() const {
    return dirty_.empty() ? batches_taken_ : batches_taken_ + 1;
  }
  std::uint64_t committed_batch() const { return batches_committed_; }
  std::vector<Change> take_batch();
  /// `batch` is the one that take_batch() gave; `rejected` as in CommitResult.
  void committed(
      std::vector<Change> batch,
      std::vector<std::pair<std::size_t, Error>> const& rejected,
      Instant now
  );
  std::size_t log_bytes_unstored() const { return log_bytes_pending_ + log_bytes_in_flight_; }

  CoreEffects take_effects() { return std::exchange(effects_, {}); }
  bool has_effects() const { return !effects_.empty(); }
  std::optional<Instant> next_wake();

  Execution const* find(ExecutionId id) const;
  std::size_t live_count() const { return live_.size(); }
  std::size_t running_count() const { return running_count_; }
  /// The request that a queued task waits with, if it has asked.
  std::optional<RequestId> slot_of(ExecutionId id, TaskIndex task) const;

 private:
  struct Held {  // waits for a commit
    std::vector<TaskIndex> ready{};
    std::vector<TaskIndex> answered{};
    bool ended = false;
  };
  struct Live {
    explicit Live(Execution execution) : machine(std::move(execution)) {}
    Execution machine;
    Held held{};
    bool dirty = false;
    std::optional<std::size_t> in_flight{};  // index in in_flight_
    std::unordered_map<TaskIndex, RequestId> slots{};
    std::unordered_map<TaskIndex, TaskIndex> loans{};  // by the caller that lends what it holds
    bool is_lending = false;
    std::optional<Instant> wake_at{};
  };
  struct InFlight {
    ExecutionId id{};
    Held held{};
  };
  struct Slot {
    ExecutionId id{};
    TaskIndex task = 0;
    std::uint32_t attempt = 0;  // 0: not started yet
    bool is_running = false;    // its runner has not returned
    bool is_loan = false;       // it runs on what its caller holds: nothing was asked for
  };
  struct WakeAt {
    Instant at{};
    ExecutionId id{};
    bool operator>(WakeAt const& other) const { return at > other.at; }
  };

  Live* find_live(ExecutionId id);
  Result<Live*> require_live(ExecutionId id);
  Live& insert(Execution execution);
  double random();
  void after(Live& live, Effects fx, Instant now, bool urgent = true);
  void release_held(Live& live, Held held, Instant now);
  void ask_or_run(Live& live, TaskIndex task, Instant now);
  void drop_slot(Live& live, TaskIndex task, Instant now);
  bool run_on_loan(Live& live, TaskIndex task, Instant now);
  void start_slot(Live& live, RequestId id, Instant now);
  void lend_again(Live& live, TaskIndex caller, Instant now);
  void observe(Live& live, Effects const& fx);
  void drop(ExecutionId id, Error error);

  CoreOptions options_;
  std::uint64_t random_state_;
  RequestId next_request_;
  std::unordered_map<ExecutionId, std::unique_ptr<Live>> live_;
  std::unordered_map<RequestId, Slot> slots_;
  std::vector<ExecutionId> dirty_;
  std::vector<InFlight> in_flight_;
  std::priority_queue<WakeAt, std::vector<WakeAt>, std::greater<>> wakes_;
  CoreEffects effects_;
  std::uint64_t batches_taken_ = 0;
  std::uint64_t batches_committed_ = 0;
  std::size_t log_bytes_pending_ = 0;
  std::size_t log_bytes_in_flight_ = 0;
  std::size_t running_count_ = 0;
  bool urgent_ = false;
  bool stopping_ = false;
};

}  // namespace ropewalk
