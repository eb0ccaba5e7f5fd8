#pragma once
// One run of one workflow: decides what starts, what is tried again, what is skipped, and how it
// ends.
//
// Pure: events and the time go in, changes to write down and things to do come out (`Effects`).
// What must not happen before its cause is durable (starting a task, telling that it ended) is in
// the part of Effects that the caller holds back until the change is committed. One shard. A
// waiting task costs one TaskState.

#include "engine/base/error.hpp"
#include "engine/base/json.hpp"
#include "engine/model/attempt.hpp"
#include "engine/model/log_line.hpp"
#include "engine/model/records.hpp"
#include "engine/model/wait_plan.hpp"
#include "engine/model/workflow.hpp"
#include "engine/schedule/effects.hpp"
#include "engine/schedule/event_writer.hpp"
#include "engine/schedule/signal_box.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <queue>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace ropewalk {

class Execution {
 public:
  /// A new one. `inputs` were accepted. Its acceptance is the first change.
  Execution(
      ExecutionId id,
      std::shared_ptr<Workflow const> workflow,
      NewExecution record,
      json::object inputs,
      ExecutionOptions options
  );
  /// One that the journal knows. Nothing goes on before resume_stored().
  Execution(
      std::shared_ptr<Workflow const> workflow,
      StoredExecution const& stored,
      ExecutionOptions options
  );

  // What happens to it. `now` never goes back.
  /// Writes down that it was accepted.
  void accept(Instant now);
  /// Of a replay, right behind accept(): these tasks have their results already.
  /// REQUIRES: the workflow has them, and with each all that it depends on is among them.
  void take_over(std::vector<ReusedTask> results, Instant now, Effects& out);
  /// It has its place among the executions of its workflow: tasks without dependencies become
  /// ready.
  void begin(Instant now, Effects& out);
  /// After a takeover: attempts that were cut short are tried again, what was ready is ready.
  void resume_stored(Instant now, Effects& out);
  /// Failed and cancelled tasks, and all downstream of them, start over. REQUIRES: has ended.
  /// Errors: nothing_to_retry.
  Result<> retry_failed(Instant now, Effects& out);
  /// One whose definition cannot be read any more: ends as FAILED. REQUIRES: abandoned_workflow(),
  /// not resumed.
  void give_up(Error error, Instant now, Effects& out);
  /// The tasks of `finally` still run; cancelled once more, they are cut short as well.
  /// `reason`: why it was, when nobody asked for it; it is kept as the execution's error.
  void cancel(Instant now, Effects& out, std::optional<Error> reason = std::nullopt);
  void pause(Instant now);
  void resume(Instant now, Effects& out);
  /// What a person makes of a task that has failed and waits for that (onFailure: pause). `output`
  /// is its result where it is declared complete. Errors: not_waiting, output_too_large.
  Result<> resolve(TaskIndex task, Resolve how, json::value output, Instant now, Effects& out);

  /// The slot is there. Returns what to run, or nullopt when the task ended instead (an expression
  /// in it failed) or carries itself out (`pass`, `wait`). `random` is for jitter, as below.
  std::optional<AttemptRequest> start_attempt(
      TaskIndex task, Instant now, double random, Effects& out
  );
  /// The slot can never be there (exceeds_capacity, unknown_pool).
  void refuse_start(TaskIndex task, Error error, Instant now, Effects& out);
  /// The runner is done. While tasks that the attempt called still run, they are cancelled and the
  /// attempt ends after them: Effects::released says when.
  void finish_attempt(
      TaskIndex task,
      std::uint32_t attempt,
      AttemptOutcome outcome,
      Instant now,
      double random,
      Effects& out
  );
  /// A running attempt runs another task as its tool: a new instance. Errors: those of
  /// AttemptSink::call.
  Result<TaskIndex> call(TaskIndex caller, TaskCall call, Instant now, Effects& out);
  /// Nobody waits for this instance any more.
  void cancel_call(TaskIndex instance, Instant now, Effects& out);
  /// What an instance in Effects::answered ended with; to be asked once.
  Result<json::value> take_answer(TaskIndex instance);
  /// A signal has come: the task that waits for it longest takes it, or it is kept for the first
  /// that will; says which of both. One with a key that came before counts once. Errors:
  /// unknown_signal, invalid_signal, idempotency_mismatch, too_many_signals, already_ended.
  Result<SignalFate> signal(SignalCall call, Instant now, double random, Effects& out);
  /// A person answers. Errors: not_waiting, invalid_answer, already_decided.
  Result<> decide(TaskIndex task, Decision decision, Instant now, double random, Effects& out);
  /// REQUIRES: the attempt runs.
  void log(TaskIndex task, LogLine line, Instant now);
  /// Timers that are due: retries, timeouts, ends of waits. Without `may_start`, when the server
  /// stops, only those of what runs: what would start waits for the next server.
  void wake(Instant now, double random, Effects& out, bool may_start = true);
  /// The server stops: running attempts are stopped for the next start.
  void interrupt_all(Instant now, Effects& out);

  // What the journal gets.
  bool has_change() const { return dirty_; }
  Change take_change();

  // How it stands.
  /// Of the events so far, stored or not.
  std::uint64_t last_seq() const { return events_.last_seq(); }
  ExecutionId id() const { return id_; }
  Workflow const& workflow() const { return *workflow_; }
  NewExecution const& record() const { return record_; }
  Status status() const { return state_.status; }
  bool is_paused() const { return state_.paused; }
  /// Why a task had the execution paused; nullopt when a person did, or nobody.
  std::optional<Error> const& hold_reason() const { return hold_; }
  bool is_cancelling() const { return state_.cancel_requested; }
  bool has_begun() const { return state_.started_at.has_value(); }
  Instant started_or_created() const { return state_.started_at.value_or(record_.created_at); }
  std::optional<Instant> next_wake() const;

  // Tasks: those of the workflow by their number in it, behind them instances: of called tasks, and
  // of tasks with forEach.
  std::size_t tasks_count() const { return tasks_.size(); }
  bool is_instance(TaskIndex task) const { return task >= workflow_->tasks.size(); }
  /// One run of a task with forEach.
  bool is_item(TaskIndex task) const { return is_instance(task) && task_def(task).for_each; }
  /// Of an instance: its template's.
  TaskDef const& task_def(TaskIndex task) const { return workflow_->tasks[template_of(task)]; }
  TaskIndex template_of(TaskIndex task) const {
    return is_instance(task) ? instance(task).source : task;
  }
  /// The task that called it.
  std::optional<TaskIndex> parent_of(TaskIndex task) const;
  /// The instances that a running attempt waits for, oldest first.
  std::span<TaskIndex const> open_calls(TaskIndex task) const;
  /// "lookup", or "lookup[1]" for an instance. Valid as long as the execution.
  std::string_view task_id(TaskIndex task) const;
  std::optional<TaskIndex> find_task(std::string_view id) const;
  /// Of a call; nullptr when it is none.
  json::value const* task_arguments(TaskIndex task) const;
  /// Of one run of a task with forEach: its item (nullptr: it is none), and the item's place.
  json::value const* task_item(TaskIndex task) const;
  std::size_t item_place(TaskIndex task) const { return instance(task).place; }
  struct ItemCounts {
    std::size_t all = 0, ended = 0, failed = 0;
  };
  /// Of a task with forEach that is under way.
  std::optional<ItemCounts> item_counts(TaskIndex task) const;
  Status task_status(TaskIndex task) const { return tasks_[task].status; }
  std::uint32_t task_attempt(TaskIndex task) const { return tasks_[task].attempt; }
  Instant task_queued_at(TaskIndex task) const { return tasks_[task].queued_at; }
  Instant task_started_at(TaskIndex task) const { return tasks_[task].started_at; }
  Instant task_finished_at(TaskIndex task) const { return tasks_[task].finished_at; }
  std::int32_t task_priority(TaskIndex task) const;
  /// Ready and not started yet: waits for a slot or for the execution to be resumed.
  bool is_queued(TaskIndex task) const {
    return tasks_[task].status == Status::pending && tasks_[task].queued;
  }
  /// It has failed, and a person is to say what becomes of it.
  bool is_held_failure(TaskIndex task) const;
  /// Its tasks have ended, those of `finally` are under way.
  bool is_finishing() const {
    return unfinished_count_ > 0 && unfinished_count_ == unfinished_final_count_;
  }
  /// What the execution ends as, if nothing more happens to it.
  Status end_status() const;
  std::optional<Error> const& failure() const { return failure_; }
  std::size_t unfinished_count() const { return unfinished_count_; }
  std::size_t unfinished_before_finally() const {
    return unfinished_count_ - unfinished_final_count_;
  }
  std::size_t running_count() const { return running_count_; }

  // For expressions and for people (execution_scope.hpp, explain.hpp).
  json::object const& inputs() const { return inputs_; }
  json::value const* task_output(TaskIndex task) const { return tasks_[task].output.get(); }
  Error const* task_error(TaskIndex task) const;
  /// Of a `wait` that is under way (wait_view).
  std::optional<json::object> task_wait(TaskIndex task) const;
  std::optional<Instant> task_retry_at(TaskIndex task) const;
  /// The dependencies that `task` still waits for.
  std::vector<TaskIndex> unmet_dependencies(TaskIndex task) const;
  /// The ExecutionContext of DESIGN §5 as JSON text.
  std::string context_text(TaskIndex task) const;

 private:
  static constexpr TaskIndex no_task = 0xffffffff;
  struct TaskState {
    Status status = Status::pending;
    bool queued = false;
    std::uint16_t interruptions = 0;
    std::uint32_t unmet = 0;
    std::uint32_t attempt = 0;
    std::uint32_t tries = 0;
    std::uint32_t pending_record = 0;  // its place in records_pending_, from 1; 0: none
    Instant queued_at{};               // the epoch stands for "not yet", here and below
    Instant started_at{};
    Instant finished_at{};
    std::unique_ptr<json::value> output{};
  };
  struct PendingRecord {
    TaskIndex task = 0;
    std::string output{};  // JSON text
  };
  /// The runner is done, but tasks that the attempt called are not.
  struct Ending {
    AttemptOutcome outcome{};
    double random = 0;
  };
  /// Of a task with forEach while its items run.
  struct Items {
    std::vector<json::value> list{};  // an item moves to its instance when its turn comes
    std::vector<TaskIndex> tasks{};   // by place; no_task: its turn has not come
    std::unordered_set<TaskIndex> open{};
    std::uint32_t next = 0;
    std::uint32_t ended = 0;
    std::uint32_t failed = 0;
    std::optional<Error> first_error{};
  };
  /// Of a `wait` that is under way.
  struct Waiting {
    WaitPlan plan{};
    Instant since{};
  };
  /// What only few tasks have at a time: those that run, wait for a retry, or failed.
  struct Detail {
    StopReason stop = StopReason::none;
    Instant first_queued_at{};         // where its deadline is counted from
    std::uint64_t log_bytes = 0;       // what its attempts have logged
    std::uint64_t log_bytes_kept = 0;  // of them, how many its row knows
    std::optional<Instant> retry_at{};
    std::optional<Error> error{};
    json::value usage{};
    std::string detail{};  // JSON text
    Hold hold = Hold::none;
    std::deque<std::string> last_lines{};
    std::vector<TaskIndex> calls{};  // instances that it waits for
    std::unique_ptr<Ending> ending{};
    std::unique_ptr<Items> items{};
    std::unique_ptr<Waiting> wait{};
    std::string reused_from{};  // until its row is written
  };
  /// A run of a task because another one called it, or for one item of a list.
  struct Instance {
    std::string id{};
    TaskIndex source = no_task;  // its template
    std::uint32_t place = 0;     // of its item
    TaskIndex parent = no_task;
    std::uint32_t parent_attempt = 0;
    json::value arguments{};
    Result<json::value> answer{json::value{}};
  };
  struct Calls {
    std::uint32_t last_key = 0;
    std::uint32_t count = 0;
  };
  enum class TimerKind : unsigned char {
    retry,
    queue_timeout,
    attempt_timeout,
    deadline,
    wait_end
  };
  struct Timer {
    Instant at{};
    TaskIndex task = 0;
    std::uint32_t attempt = 0;
    TimerKind kind{};
    bool operator>(Timer const& other) const { return at > other.at; }
  };

  TaskDef const& def(TaskIndex task) const { return task_def(task); }
  std::string name_of(TaskIndex task) const { return std::string(task_id(task)); }
  TaskOptions const& options(TaskIndex task) const { return *def(task).options; }
  Instance const& instance(TaskIndex task) const {
    return instances_[task - workflow_->tasks.size()];
  }
  void count_unmet();
  void count_unfinished(TaskIndex task, int change);
  void restore_tasks(StoredExecution const& stored);
  void restore_task(TaskIndex task, TaskRecord const& record);
  void resume_active(TaskIndex task, Instant now, Effects& out);
  void resume_pending(bool of_finally, Instant now, Effects& out);
  void start_over(TaskIndex task, Instant now);
  void set_timer(Instant at, TaskIndex task, TimerKind kind);
  bool is_due(Timer const& timer) const;
  void fire(Timer const& timer, Instant now, double random, Effects& out);

  // execution_flow.cpp: dependencies and ends
  void make_ready(TaskIndex task, Instant now, Effects& out);
  void enter_queue(TaskIndex task, Instant now, Effects& out);
  void start_deadline(TaskIndex task, Instant since);
  void settle(TaskIndex task, Status status, Instant now, Effects& out);
  void propagate(Instant now, Effects& out);
  void visit_dependant(Edge const& edge, Instant now, Effects& out);
  Result<bool> is_met(Edge const& edge) const;
  void dependencies_met(TaskIndex task, Instant now, Effects& out);
  void skip(TaskIndex task, std::string code, std::string reason, Instant now, Effects& out);
  void fail(TaskIndex task, Error error, Instant now, Effects& out);
  bool is_handled_failure(TaskIndex task) const;
  void cancel_rest(StopReason reason, Instant now, Effects& out, bool of_finally = false);
  void end_if_done(Instant now, Effects& out);

  // execution_attempts.cpp
  void run_inline(TaskIndex task, json::value config, Instant now, double random, Effects& out);
  Result<json::value> choose_case(TaskIndex task) const;
  Result<std::string> cache_key(TaskIndex task) const;
  void attempt_failed(TaskIndex task, Error error, Instant now, double random, Effects& out);
  void attempt_succeeded(
      TaskIndex task, json::value output, Instant now, double random, Effects& out
  );
  void interrupted(TaskIndex task, Instant now, Effects& out);
  void stop_attempt(TaskIndex task, StopReason reason, Instant now, Effects& out);
  void conclude_attempt(
      TaskIndex task, AttemptOutcome outcome, Instant now, double random, Effects& out
  );
  static Error named(Error error, std::string_view task);
  Error deadline_error(TaskIndex task) const;
  std::optional<Instant> deadline_of(TaskIndex task) const;

  // execution_holds.cpp: what waits for a person
  void hold_task(TaskIndex task, Error reason, Instant now, Effects& out);
  bool holds_failure(TaskIndex task) const;
  void hold_failure(TaskIndex task, Error error, Instant now, Effects& out);
  void note_hold_reason(TaskIndex task);
  void refresh_hold_reason();
  void note_spend(TaskIndex task, std::uint32_t attempt, std::vector<Spend> spend, Instant now);
  void keep_attempt(TaskIndex task, Instant finished_at);
  void leave_running(TaskIndex task);

  // execution_calls.cpp
  Result<> check_call(TaskIndex caller, TaskCall const& call) const;
  TaskIndex add_instance(std::string_view key, Instance made);
  std::optional<TaskIndex> find_instance(TaskIndex source, std::uint32_t number) const;
  void settle_template(TaskIndex task, Instant now, Effects& out);
  void stop_calls(TaskIndex caller, Instant now, Effects& out);
  void cancel_instance(TaskIndex task, Instant now, Effects& out);
  void answer(TaskIndex task, Effects& out);
  void cancel_restored_instances(Instant now, Effects& out);
  void restore_instance(TaskRecord const& record);

  // execution_signals.cpp: waits
  Result<> read_plan(TaskIndex task, json::value const& config, Instant since);
  void begin_wait(TaskIndex task, Instant now, double random, Effects& out);
  void end_wait(TaskIndex task);
  void wait_over(TaskIndex task, Instant now, double random, Effects& out);
  bool resume_wait(TaskIndex task, Instant now);
  SignalBox& signal_box();
  void take_signal(TaskIndex task, KeptSignal signal, Instant now, double random, Effects& out);
  Result<TaskIndex> find_taker(SignalBox::Waiters const& waiters, KeptSignal const& signal) const;
  Error not_waiting(TaskIndex task) const;

  // execution_items.cpp: forEach
  /// Nobody carries it out: it is over when its time has come, or its items have ended.
  bool runs_by_itself(TaskIndex task) const;
  void begin_items(TaskIndex task, Instant now, Effects& out);
  Result<> read_items(TaskIndex task);
  void advance_items(TaskIndex task, Instant now, Effects& out);
  void start_item(TaskIndex task, std::uint32_t place, Instant now, Effects& out);
  void item_ended(TaskIndex item);
  void count_ended(TaskIndex item, Items& items) const;
  void drop_items(TaskIndex task, Instant now, Effects& out);
  void stop_items(TaskIndex task, Instant now, Effects& out);
  void conclude_items(TaskIndex task, Instant now, Effects& out);
  void complete_items(TaskIndex task, Items const& items, Instant now, Effects& out);
  void resume_items(TaskIndex task, Instant now, Effects& out);
  void start_items_over(TaskIndex task, bool all, Instant now);

  // What changed goes into the next change: a row once, as it stands when the change is taken.
  PendingRecord& record_task(TaskIndex task);
  void record_task_event(TaskIndex task, Instant now);
  void record_state(Instant now);
  /// What it ended with; null: nothing, or it has not ended.
  Error const* end_error() const;
  TaskRecord make_record(PendingRecord& pending) const;

  ExecutionId id_{};
  std::shared_ptr<Workflow const> workflow_;
  NewExecution record_;
  ExecutionState state_;
  json::object inputs_;
  ExecutionOptions options_;
  std::vector<TaskState> tasks_;
  std::unordered_map<TaskIndex, Detail> details_;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  std::deque<TaskIndex> settled_;   // whose dependants have not been looked at yet
  std::deque<Instance> instances_;  // task workflow_->tasks.size() + i; ids must not move
  std::unordered_map<std::string, TaskIndex> instance_by_id_;
  std::unordered_map<TaskIndex, Calls> calls_;  // by template
  std::uint32_t calls_count_ = 0;
  std::deque<TaskIndex> ended_callers_;  // whose last called task has ended
  std::deque<TaskIndex> advancing_;      // tasks with forEach of which an item has ended
  std::size_t unfinished_count_ = 0;
  std::size_t unfinished_final_count_ = 0;  // of them, those of `finally`
  bool has_begun_finally_ = false;
  std::size_t running_count_ = 0;
  std::optional<Error> failure_;  // the first that nothing handles
  std::optional<Error> cancel_reason_;
  std::optional<Error> hold_;
  bool accepted_pending_ = false;  // the next change carries the execution itself
  bool dirty_ = false;
  std::vector<PendingRecord> records_pending_;
  std::vector<AttemptRecord> attempts_pending_;
  std::vector<SpendRecord> spend_pending_;
  std::unique_ptr<SignalBox> signals_;  // null: none came, and nobody waits for one
  EventWriter events_;
};

/// already_decided, with what was decided; nullopt when `output` (of `task`) is no decision.
std::optional<Error> decided_error(std::string_view task, json::value const* output);

/// Stands in for a definition that cannot be read any more: the tasks that have rows, without
/// dependencies.
std::shared_ptr<Workflow const> abandoned_workflow(StoredExecution const& stored);

}  // namespace ropewalk
