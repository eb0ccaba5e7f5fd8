#pragma once
// What is written down about an execution, step by step, and what is read back after a crash.
//
// Plain values; JSON fields are JSON text without NUL. The journal (ports/journal.hpp) stores them,
// sql/ gives them columns.

#include "engine/base/ids.hpp"
#include "engine/base/time.hpp"
#include "engine/model/spend.hpp"
#include "engine/model/status.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ropewalk {

/// The task that an execution was started by (type `workflow`).
struct ParentTask {
  ExecutionId execution{};
  std::string task{};
  std::uint32_t depth =
      0;  // of the execution that it started: 1, or more where parents have parents
};

/// An execution as it was accepted. JSON fields are JSON text, without NUL.
struct NewExecution {
  std::string workflow{};             // its name
  std::int32_t workflow_version = 0;  // 0: an inline definition
  std::string definition_hash{};      // SHA-256, hex: definitions are stored once, by content
  std::string inputs = "{}";
  std::int32_t priority = 50;
  std::map<std::string, std::string> labels{};
  std::string directory{};
  std::string idempotency_key{};  // empty: none
  std::string concurrency_key{};  // rendered; empty: the workflow has no limit or no key
  std::optional<ParentTask> parent{};
  std::optional<ExecutionId> replay_of{};  // whose results it takes over
  Instant created_at{};
};

struct ExecutionState {
  Status status = Status::pending;
  bool paused = false;
  bool cancel_requested = false;
  std::optional<Instant> started_at{};
  std::optional<Instant> finished_at{};
  std::string error{};         // JSON text of an Error; empty: none
  std::uint64_t last_seq = 0;  // of the events in this change and before
};

/// Whether a person has to let a task go on.
enum class Hold : unsigned char {
  none,
  held,      // waits for `resume`
  approved,  // `resume` was given: holds for its next attempt
  failed,    // it has failed, and waits to be resolved (onFailure: pause)
};

/// Where a task stands. One row a task, written first when it leaves PENDING, or becomes ready with
/// a deadline; instances of called tasks ("lookup[1]") have rows of their own.
struct TaskRecord {
  std::string task{};
  Status status = Status::pending;
  std::uint32_t attempt = 0;                 // the latest; 0: none yet
  std::uint32_t tries = 0;                   // attempts that count against maxAttempts
  std::uint32_t interruptions = 0;           // attempts cut short by an end of the server
  std::optional<Instant> queued_at{};        // when its latest wait for a slot began
  std::optional<Instant> first_queued_at{};  // when its dependencies were met; of a deadline only
  std::optional<Instant> started_at{};       // of the latest attempt
  std::optional<Instant> finished_at{};
  std::optional<Instant> retry_at{};
  std::uint64_t log_bytes = 0;  // that count against the limit of its log
  Hold hold = Hold::none;
  std::string output{};  // JSON text; empty: none
  std::string error{};
  std::string usage{};
  std::string detail{};
  std::string input{};    // of an instance: the arguments of the call. Empty leaves what is stored
  std::string parent{};   // of an instance: the task that called it. Empty leaves what is stored
  std::string waiting{};  // what it waits for now (wait_view); JSON text, empty: nothing
  std::string
      reused_from{};  // "<execution>/<task>": it did not run here, its result was taken over
};

/// An attempt that did not settle its task: kept when the next one begins.
struct AttemptRecord {
  std::string task{};
  std::uint32_t attempt = 0;
  std::optional<Instant> started_at{};
  std::optional<Instant> finished_at{};
  std::string error{};
  std::string usage{};
  std::string detail{};
};

/// A signal that somebody sent to an execution. The row of one that a task took keeps no payload:
/// that is the task's output.
struct SignalRecord {
  std::uint64_t number = 0;  // from 1, in the order in which they came
  Instant at{};
  std::string name{};
  std::string key{};           // of its sender, so that it counts once; empty: none
  std::string request_hash{};  // of what was sent with the key
  std::string taken_by{};      // the task; empty: nobody yet
  std::string payload{};       // JSON text
};

/// What an attempt spent, when it ended.
struct SpendRecord {
  std::string task{};
  std::uint32_t attempt = 0;
  Instant at{};
  std::string workflow{};
  Spend spend{};
};

/// Events that follow each other without a gap. `frames` holds one compact JSON object a line, each
/// with its own "seq":
/// {"seq":17,"at":"…Z","kind":"task.status","task":"classify","attempt":1,"status":"RUNNING"}
struct EventChunk {
  std::uint64_t first_seq = 0;
  std::uint64_t last_seq = 0;
  std::string log_task{};  // not empty: all of them are log lines of this task
  std::string frames{};    // lines end with '\n'
};

/// All that happened to one execution at one step; stored whole or not at all.
struct Change {
  ExecutionId execution{};
  /// The last event that was stored before this change. What does not follow on that is refused: it
  /// was made from a state that is no longer true.
  std::uint64_t after_seq = 0;
  std::optional<NewExecution> created{};
  std::optional<ExecutionState> state{};
  std::vector<TaskRecord> tasks{};
  std::vector<AttemptRecord> attempts{};
  std::vector<SpendRecord> spend{};
  std::vector<SignalRecord> signals{};  // a later one of the same number counts
  std::vector<EventChunk> events{};
};

/// An execution whose owner is gone. Sorted, those that had begun come first: they hold their
/// places among the executions of their workflow already, and are to have them before any other
/// begins.
struct LeftBehind {
  ExecutionId execution{};
  bool has_begun = false;

  bool operator==(LeftBehind const&) const = default;
  bool operator<(LeftBehind const& other) const {
    return has_begun == other.has_begun ? execution < other.execution : has_begun;
  }
};

/// An execution as the journal last knew it: what a server that takes it over starts from.
struct StoredExecution {
  ExecutionId execution{};
  NewExecution created{};
  ExecutionState state{};
  std::vector<TaskRecord> tasks{};
  std::vector<SignalRecord> signals{};  // in order
};

/// A result that a replay takes over instead of running the task.
struct ReusedTask {
  std::string task{};
  Status status = Status::completed;  // or skipped
  std::string output{};               // JSON text
  std::string error{};
  std::string from{};  // "<execution>/<task>": where it ran
};

}  // namespace ropewalk
