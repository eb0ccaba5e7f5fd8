#pragma once
// A batch of changes as the steps of one transaction: a handful of statements, each with one array
// a column.
//
// Any thread: pure functions.

#include "engine/ports/journal.hpp"
#include "sql/connection.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace ropewalk::sql {

struct BatchKey {
  std::int64_t epoch = 0;
  std::int32_t shard = 0;
  std::int64_t batch = 0;
};

/// Where a batch tells of one row twice (a task, an attempt, an execution's state), the last one
/// counts: a transaction that is seen as a whole needs no more, and PostgreSQL refuses to upsert a
/// row twice. Where the first change of an execution does not follow on what is stored
/// (Change::after_seq), the whole transaction fails with RW003.
std::vector<Step> encode_batch(BatchKey const& key, std::span<Change const> changes);

}  // namespace ropewalk::sql
