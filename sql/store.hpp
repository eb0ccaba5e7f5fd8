#pragma once
// What the server reads from the database, and the small writes that are not the journal's.
//
// Owner:  one per shard, beside its ConnectionPool, which must outlive it.
// Errors: those of ConnectionPool besides what is named; not_found where something is asked for by
// name or id.

#include "engine/async/async.hpp"
#include "sql/connection_pool.hpp"
#include "sql/store_types.hpp"

#include <string>
#include <vector>

namespace ropewalk::sql {

class Store {
 public:
  explicit Store(ConnectionPool& pool) : pool_(pool) {}

  // Workflows (store_workflows.cpp)
  struct NewWorkflow {
    std::string name{};
    std::string hash{};
    std::string body{};
    std::string source{};
  };
  /// A new version, unless the latest has the same hash. Safe against others doing the same.
  Async<Result<PutWorkflowResult>> put_workflow(NewWorkflow workflow);
  /// `version` 0: the latest.
  Async<Result<WorkflowRow>> get_workflow(std::string name, std::int32_t version = 0);
  /// Latest versions by name, those after `after`.
  Async<Result<std::vector<WorkflowVersion>>> list_workflows(std::string after, std::int32_t limit);
  /// Newest first, those below `before` (0: all).
  Async<Result<std::vector<WorkflowVersion>>> list_versions(
      std::string name, std::int32_t before, std::int32_t limit
  );
  Async<Result<std::string>> get_definition(std::string hash);
  /// The canonical form of an inline definition; a repeat does nothing. `source` is as it was
  /// written; may be empty.
  Async<Result<void>> ensure_definition(std::string hash, std::string body, std::string source);

  // Executions (store_executions.cpp)
  Async<Result<ExecutionRow>> get_execution(ExecutionId id);
  Async<Result<std::vector<ExecutionSummary>>> list_executions(ExecutionFilter filter);
  Async<Result<Standing>> get_standing(ExecutionId id);
  /// Live executions that `epoch` owns, in no order.
  Async<Result<std::vector<LeftBehind>>> list_live(std::int64_t epoch);
  /// Those of `ids` that `epoch` owns and that have not ended, as they all stood at one moment, in
  /// order of id.
  Async<Result<std::vector<StoredExecution>>> load_live(
      std::int64_t epoch, std::vector<ExecutionId> ids
  );
  /// Makes a terminal execution ours so that it can be run on. Errors: not_found, not_terminal,
  /// fenced.
  Async<Result<void>> claim_for_retry(ExecutionId id, std::int64_t epoch);
  /// Whose `key` is; nullopt: nobody's yet.
  Async<Result<std::optional<Reservation>>> find_idempotency(
      std::string key, std::string request_hash
  );
  /// Gives `key` to the execution that is about to be accepted, or tells whose it is.
  Async<Result<Reservation>> reserve_idempotency(
      std::string key, std::string request_hash, ExecutionId id
  );

  // Events (store_events.cpp). Chunks in order; the first begins right behind `after_seq`.
  /// About `bytes_max` bytes at most, but at least one chunk.
  Async<Result<ChunkPage>> events(ExecutionId id, std::uint64_t after_seq, std::int64_t bytes_max);
  /// Log chunks only, of one task or (empty) of all.
  Async<Result<ChunkPage>> logs(
      ExecutionId id, std::string task, std::uint64_t after_seq, std::int64_t bytes_max
  );

  // Signals and approvals (store_signals.cpp)
  /// The hash of the request that brought a signal with this key; nullopt: none did.
  Async<Result<std::optional<std::string>>> find_signal(ExecutionId id, std::string key);
  /// Tasks of live executions that ask a person, those of the newest executions first; those behind
  /// `after` when it is set.
  Async<Result<std::vector<ApprovalRow>>> list_approvals(
      std::optional<std::pair<ExecutionId, std::string>> after, std::int32_t limit
  );

  // Tasks by themselves, and what calls cost (store_spend.cpp)
  /// Errors: not_found.
  Async<Result<TaskRow>> get_task(ExecutionId id, std::string task);
  Async<Result<SpendTotal>> spend_of_task(ExecutionId id, std::string task);
  Async<Result<SpendTotal>> spend_of_execution(ExecutionId id);
  Async<Result<SpendTotal>> spend_of_workflow(std::string workflow, Instant since);
  /// In order of the group; days are "2026-01-31" (UTC).
  Async<Result<std::vector<SpendTotal>>> spend_by(
      SpendGroup group, Instant from, Instant to, std::int32_t limit
  );

  // Streamed texts (store_streams.cpp)
  /// What ended tasks keep of the text that they streamed (`detail.stream`): of `task`, or (empty)
  /// of the next few whose ids come after `after`.
  Async<Result<std::vector<StreamRow>>> streams(
      ExecutionId id, std::string task, std::string after
  );

  // Retention (store_prune.cpp)
  /// Deletes terminal executions that ended before `older_than` with all that belongs to them,
  /// turns of conversations from before then, kept responses past their time, and what nothing
  /// refers to any more, `batch_size` rows a transaction.
  /// What was spent is kept longer than that: prune_spend().
  Async<Result<PruneCounts>> prune(Instant older_than, std::int32_t batch_size = 500);
  /// Those of `ids` that are executions.
  Async<Result<std::vector<ExecutionId>>> existing(std::vector<ExecutionId> ids);
  /// Forgets what was spent before `older_than`; how many records.
  Async<Result<std::int64_t>> prune_spend(Instant older_than, std::int32_t batch_size = 10'000);

 private:
  ConnectionPool& pool_;
};

}  // namespace ropewalk::sql
