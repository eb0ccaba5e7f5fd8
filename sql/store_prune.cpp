#include "sql/store.hpp"

#include <utility>

namespace ropewalk::sql {
namespace {

// Walks executions in the order of their creation, and so needs no index on finished_at.
constexpr Statement prune_executions{
    "prune_executions",
    "WITH doomed AS MATERIALIZED (SELECT id FROM executions WHERE status >= 3"
    " AND finished_at < $1::timestamptz AND id < $2::uuid ORDER BY id LIMIT $3::integer"
    " FOR UPDATE SKIP LOCKED),"
    " t AS (DELETE FROM tasks USING doomed WHERE execution = id),"
    " a AS (DELETE FROM attempts USING doomed WHERE execution = id),"
    " v AS (DELETE FROM events USING doomed WHERE execution = id),"
    " s AS (DELETE FROM signals USING doomed WHERE execution = id)"
    " DELETE FROM executions e USING doomed WHERE e.id = doomed.id"};
// A definition is stored a moment before the execution that needs it: young ones stay, whatever was
// asked for.
constexpr Statement prune_definitions{
    "prune_definitions",
    "DELETE FROM definitions d"
    " WHERE used_at < least($1::timestamptz, now() - interval '1 hour')"
    " AND NOT EXISTS (SELECT FROM workflows w WHERE w.hash = d.hash)"
    " AND NOT EXISTS (SELECT FROM executions e"
    " WHERE e.definition_hash = d.hash AND e.workflow_version = 0)"};
constexpr Statement prune_idempotency{
    "prune_idempotency",
    "DELETE FROM idempotency WHERE key IN (SELECT key FROM idempotency"
    " WHERE created_at < $1::timestamptz ORDER BY created_at LIMIT $2::integer)"};

constexpr Statement prune_responses{
    "prune_responses",
    "DELETE FROM response_cache WHERE key IN (SELECT key FROM response_cache"
    " WHERE expires_at < now() ORDER BY expires_at LIMIT $1::integer)"};
constexpr Statement prune_turns{
    "prune_turns",
    "DELETE FROM conversation_turns t USING (SELECT conversation, number FROM conversation_turns"
    " WHERE created_at < $1::timestamptz ORDER BY created_at LIMIT $2::integer) doomed"
    " WHERE t.conversation = doomed.conversation AND t.number = doomed.number"};
constexpr Statement existing_executions{
    "existing_executions", "SELECT id FROM executions WHERE id = ANY ($1::uuid[])"};
// The longest time that a limit counts over is 30 days.
constexpr Statement prune_start_groups{
    "prune_start_groups",
    "DELETE FROM start_groups g WHERE touched_at < now() - interval '40 days'"
    " AND NOT EXISTS (SELECT FROM executions e WHERE e.id = g.execution AND e.status < 3)"};
constexpr Statement prune_start_waits{
    "prune_start_waits", "DELETE FROM start_waits WHERE at < now() - interval '40 days'"};
constexpr Statement prune_spent{
    "prune_spend",
    "DELETE FROM spend WHERE ctid = ANY (ARRAY(SELECT ctid FROM spend"
    " WHERE at < $1::timestamptz ORDER BY at LIMIT $2::integer))"};

/// The first id that an execution created at `at` or later can have.
ExecutionId first_id_at(Instant at) {
  ExecutionId id;
  auto const since_1970 = std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch());
  auto const bits = static_cast<std::uint64_t>(since_1970.count());
  for (std::size_t i = 0; i < 6; ++i)
    id.bytes[i] = static_cast<std::uint8_t>((bits >> (40 - 8 * i)) & 0xff);
  return id;
}

}  // namespace

Async<Result<PruneCounts>> Store::prune(Instant older_than, std::int32_t batch_size) {
  PruneCounts counts;
  for (std::int64_t deleted = batch_size; deleted == batch_size;) {
    Params params;
    params.at(older_than).id(first_id_at(older_than)).int4(batch_size);
    CO_TRY(auto rows, co_await pool_.run(prune_executions, std::move(params)));
    deleted = rows.affected();
    counts.executions += deleted;
  }
  for (std::int64_t deleted = batch_size; deleted == batch_size;) {
    Params params;
    params.at(older_than).int4(batch_size);
    CO_TRY(auto rows, co_await pool_.run(prune_idempotency, std::move(params)));
    deleted = rows.affected();
    counts.idempotency_keys += deleted;
  }
  for (std::int64_t deleted = batch_size; deleted == batch_size;) {
    Params params;
    params.int4(batch_size);
    CO_TRY(auto rows, co_await pool_.run(prune_responses, std::move(params)));
    deleted = rows.affected();
    counts.cached_responses += deleted;
  }
  for (std::int64_t deleted = batch_size; deleted == batch_size;) {
    Params params;
    params.at(older_than).int4(batch_size);
    CO_TRY(auto rows, co_await pool_.run(prune_turns, std::move(params)));
    deleted = rows.affected();
    counts.conversation_turns += deleted;
  }
  auto const groups = co_await pool_.run(prune_start_groups);
  if (!groups) co_return groups.error();
  auto const waits = co_await pool_.run(prune_start_waits);
  if (!waits) co_return waits.error();
  Params params;
  params.at(older_than);
  CO_TRY(auto rows, co_await pool_.run(prune_definitions, std::move(params)));
  counts.definitions = rows.affected();
  co_return counts;
}

Async<Result<std::int64_t>> Store::prune_spend(Instant older_than, std::int32_t batch_size) {
  std::int64_t count = 0;
  for (std::int64_t deleted = batch_size; deleted == batch_size;) {
    Params params;
    params.at(older_than).int4(batch_size);
    CO_TRY(auto rows, co_await pool_.run(prune_spent, std::move(params)));
    deleted = rows.affected();
    count += deleted;
  }
  co_return count;
}

Async<Result<std::vector<ExecutionId>>> Store::existing(std::vector<ExecutionId> ids) {
  ArrayParam array(ElementType::uuid);
  for (auto const& id : ids) array.add(id);
  Params params;
  params.array(std::move(array));
  CO_TRY(auto rows, co_await pool_.run(existing_executions, std::move(params)));
  std::vector<ExecutionId> out;
  for (std::size_t i = 0; i < rows.size(); ++i) out.push_back(rows.id(i, 0));
  co_return out;
}

}  // namespace ropewalk::sql
