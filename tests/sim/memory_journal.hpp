#pragma once
// What a database would hold, and the rules that every write to it has to keep.

#include "engine/model/records.hpp"

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace ropewalk::sim {

/// An invariant does not hold. The message says which, and where.
struct Violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class MemoryJournal {
 public:
  /// Stores a batch, whole. Throws Violation when it breaks what has been promised: event numbers
  /// without gaps, one recorded result per attempt, attempts that only count up, nothing after the
  /// end.
  void store(std::vector<Change> const& batch);

  struct Row {
    StoredExecution stored{};
    std::map<std::string, TaskRecord> tasks{};
    std::map<std::pair<std::string, std::uint32_t>, AttemptRecord> attempts{};
    std::map<std::string, Instant> first_queued{};  // since its start, or its retry by hand
  };
  Row const* find(ExecutionId id) const;
  Row& row(ExecutionId id) { return rows_.at(id); }
  std::map<ExecutionId, Row> const& rows() const { return rows_; }
  /// For one that is to be retried by hand: its finished tasks may start over.
  void allow_retry(ExecutionId id) { retried_.insert_or_assign(id, true); }
  /// As a server that takes over reads it.
  StoredExecution load(ExecutionId id) const;

 private:
  void store_tasks(Row& row, Change const& change);
  void store_events(Row& row, Change const& change);
  void store_signals(Row& row, Change const& change);

  std::map<ExecutionId, Row> rows_;
  std::map<ExecutionId, bool> retried_;
};

}  // namespace ropewalk::sim
