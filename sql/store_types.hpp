#pragma once
// What the store's queries give back. JSON fields are JSON text; empty means none.

#include "engine/base/ids.hpp"
#include "engine/base/time.hpp"
#include "engine/model/status.hpp"
#include "engine/ports/journal.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ropewalk::sql {

struct WorkflowVersion {
  std::string name{};
  std::int32_t version = 0;
  std::string hash{};
  Instant created_at{};
};

struct WorkflowRow {
  WorkflowVersion version{};
  std::string body{};    // canonical form
  std::string source{};  // as it was written
};

struct PutWorkflowResult {
  std::int32_t version = 0;
  bool is_new = false;  // false: the latest version has the same hash
};

/// What calls to paid services took.
struct SpendTotal {
  std::string group{};  // what it is of: a task, a day, a workflow, a model; empty: of all
  std::int64_t calls = 0;
  std::int64_t input_tokens = 0;
  std::int64_t cached_tokens = 0;
  std::int64_t output_tokens = 0;
  double cost_usd = 0;              // of the calls whose price is known
  std::int64_t unpriced_calls = 0;  // of which it is not
};

enum class SpendGroup : unsigned char { day, workflow, model };

/// An execution that a task started.
struct ChildExecution {
  ExecutionId execution{};
  std::string task{};  // of the parent
  std::string workflow{};
  Status status = Status::pending;
};

struct ExecutionRow {
  StoredExecution stored{};
  std::int64_t owner = 0;
  std::vector<AttemptRecord> attempts{};
  std::vector<SpendTotal> spend{};         // by task
  std::vector<ChildExecution> children{};  // oldest first, at most 1,000
  std::vector<ExecutionId> replays{};      // of it, newest first, at most 100
};

/// A line of a list: an execution without its inputs and tasks.
struct ExecutionSummary {
  ExecutionId execution{};
  std::string workflow{};
  std::int32_t workflow_version = 0;
  std::int32_t priority = 0;
  std::map<std::string, std::string> labels{};
  Instant created_at{};
  ExecutionState state{};
};

/// Newest first. At most one of `after` (older ones) and `before` (the newer ones next to it) is
/// set.
struct ExecutionFilter {
  std::vector<Status> statuses{};  // any of them; empty: all
  std::string workflow{};          // empty: any
  std::optional<std::pair<std::string, std::string>> label{};
  std::optional<ExecutionId> after{};
  std::optional<ExecutionId> before{};
  std::int32_t limit = 50;
};

/// How far an execution has come.
struct Standing {
  Status status = Status::pending;
  std::uint64_t last_seq = 0;
};

struct ChunkPage {
  std::vector<EventChunk> chunks{};
  bool has_more = false;  // a bound was reached: there may be more
};

/// A task with what people look at.
struct TaskRow {
  TaskRecord task{};  // with detail, input and parent
  std::vector<AttemptRecord> attempts{};
  SpendTotal spend{};
};

struct Reservation {
  enum class Outcome {
    fresh,     // the key is ours now
    known,     // the same request came before; `execution` is the id it was given
    conflict,  // the key came before with another request
  };
  Outcome outcome = Outcome::fresh;
  ExecutionId execution{};
  bool is_accepted = false;  // that execution is in the database; if not, accept it under that id
};

/// A task that asks a person.
struct ApprovalRow {
  ExecutionId execution{};
  std::string task{};
  std::string workflow{};
  std::string waiting{};  // JSON text: wait_view()
};

struct StreamRow {
  std::string task{};
  std::uint32_t attempt = 0;
  Status status = Status::pending;
  std::string stream{};  // JSON text of an object
};

struct PruneCounts {
  std::int64_t executions = 0;
  std::int64_t definitions = 0;
  std::int64_t idempotency_keys = 0;
  std::int64_t cached_responses = 0;  // past their time
  std::int64_t conversation_turns = 0;
};

}  // namespace ropewalk::sql
