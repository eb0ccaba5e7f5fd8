#include "sql/batch.hpp"

#include "sql/batch_columns.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace ropewalk::sql {
namespace {

constexpr Statement begin_batch{"begin_batch", "SELECT ropewalk_begin_batch($1, $2, $3)"};

constexpr Statement insert_executions{
    "insert_executions",
    "INSERT INTO executions (id, workflow, workflow_version, definition_hash, inputs, priority,"
    " labels, directory, idempotency_key, concurrency_key, created_at, status, paused,"
    " cancel_requested, started_at, finished_at, error, last_seq, parent, parent_task, depth,"
    " replay_of, owner)"
    " SELECT *, $23::bigint FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::text[],"
    " $5::json[], $6::integer[], $7::jsonb[], $8::text[], $9::text[], $10::text[],"
    " $11::timestamptz[], $12::integer[], $13::boolean[], $14::boolean[], $15::timestamptz[],"
    " $16::timestamptz[], $17::json[], $18::bigint[], $19::uuid[], $20::text[], $21::integer[],"
    " $22::uuid[])"};

constexpr Statement update_executions{
    "update_executions",
    "WITH found AS (UPDATE executions e SET status = u.status, paused = u.paused,"
    " cancel_requested = u.cancel_requested, started_at = u.started_at,"
    " finished_at = u.finished_at, error = u.error, last_seq = u.last_seq"
    " FROM unnest($1::uuid[], $2::integer[], $3::boolean[], $4::boolean[], $5::timestamptz[],"
    " $6::timestamptz[], $7::json[], $8::bigint[], $9::bigint[]) u(id, status, paused,"
    " cancel_requested, started_at, finished_at, error, last_seq, after_seq)"
    " WHERE e.id = u.id AND e.owner = $10::bigint AND e.last_seq = u.after_seq RETURNING 1)"
    " SELECT ropewalk_expect((SELECT count(*) FROM found), $11::bigint)"};

constexpr Statement upsert_tasks{
    "upsert_tasks",
    "INSERT INTO tasks AS t (execution, task, status, attempt, tries, interruptions, queued_at,"
    " started_at, finished_at, retry_at, output, error, usage, first_queued_at, log_bytes, hold,"
    " detail, input, parent, waiting, reused_from)"
    " SELECT * FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::integer[], $5::integer[],"
    " $6::integer[], $7::timestamptz[], $8::timestamptz[], $9::timestamptz[],"
    " $10::timestamptz[], $11::json[], $12::json[], $13::json[], $14::timestamptz[],"
    " $15::bigint[], $16::integer[], $17::json[], $18::json[], $19::text[], $20::json[],"
    " $21::text[])"
    " ON CONFLICT (execution, task) DO UPDATE SET status = excluded.status,"
    " attempt = excluded.attempt, tries = excluded.tries, interruptions = excluded.interruptions,"
    " queued_at = excluded.queued_at, started_at = excluded.started_at,"
    " finished_at = excluded.finished_at, retry_at = excluded.retry_at, output = excluded.output,"
    " error = excluded.error, usage = excluded.usage,"
    " first_queued_at = excluded.first_queued_at, log_bytes = excluded.log_bytes,"
    " hold = excluded.hold, detail = excluded.detail, input = coalesce(excluded.input, t.input),"
    " parent = coalesce(excluded.parent, t.parent), waiting = excluded.waiting,"
    " reused_from = excluded.reused_from"};

// An attempt that is kept when a person has its task run again left its usage and detail in the row
// of the task: a server that has loaded the execution does not know them.
constexpr Statement upsert_attempts{
    "upsert_attempts",
    "INSERT INTO attempts (execution, task, attempt, started_at, finished_at, error, usage, detail)"
    " SELECT u.execution, u.task, u.attempt, u.started_at, u.finished_at, u.error,"
    " coalesce(u.usage, t.usage), coalesce(u.detail, t.detail)"
    " FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::timestamptz[], $5::timestamptz[],"
    " $6::json[], $7::json[], $8::json[]) u(execution, task, attempt, started_at, finished_at,"
    " error, usage, detail)"
    " LEFT JOIN tasks t ON t.execution = u.execution AND t.task = u.task AND t.attempt = u.attempt"
    " ON CONFLICT (execution, task, attempt) DO UPDATE SET started_at = excluded.started_at,"
    " finished_at = excluded.finished_at, error = excluded.error, usage = excluded.usage,"
    " detail = excluded.detail"};

constexpr Statement insert_spend{
    "insert_spend",
    "INSERT INTO spend (at, execution, task, attempt, workflow, provider, model, calls,"
    " input_tokens, cached_tokens, output_tokens, cost_usd)"
    " SELECT * FROM unnest($1::timestamptz[], $2::uuid[], $3::text[], $4::integer[], $5::text[],"
    " $6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[],"
    " $12::float8[])"};

constexpr Statement insert_events{
    "insert_events",
    "INSERT INTO events (execution, first_seq, last_seq, log_task, frames)"
    " SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::text[], $5::text[])"};

std::int32_t number(std::uint32_t value) {
  return static_cast<std::int32_t>(value);
}
std::int32_t number(Status status) {
  return static_cast<std::int32_t>(status);
}

/// jsonb's binary form is a version byte and the text. Empty (NULL) when there are no labels.
std::string labels_param(std::map<std::string, std::string> const& labels) {
  if (labels.empty()) return {};
  boost::json::object object;
  for (auto const& [name, value] : labels) object[name] = value;
  return '\1' + boost::json::serialize(object);
}

struct StateRow {
  std::uint64_t after_seq = 0;            // of the first change
  ExecutionState const* state = nullptr;  // of the last one
};

struct ExecutionRows {
  std::vector<std::pair<ExecutionId, NewExecution const*>> created;
  std::unordered_map<ExecutionId, StateRow> states;
};

ExecutionRows gather_executions(std::span<Change const> changes) {
  ExecutionRows rows;
  for (auto const& change : changes) {
    if (change.created) rows.created.emplace_back(change.execution, &*change.created);
    if (!change.state) continue;
    auto const [row, is_first] = rows.states.try_emplace(change.execution);
    if (is_first) row->second.after_seq = change.after_seq;
    row->second.state = &*change.state;
  }
  return rows;
}

/// Writes status, paused, cancel_requested, started_at, finished_at, error, last_seq from `first`
/// on.
void add_state(Columns& columns, std::size_t first, ExecutionState const& state) {
  columns[first].add_int4(number(state.status));
  columns[first + 1].add_bool(state.paused);
  columns[first + 2].add_bool(state.cancel_requested);
  columns[first + 3].add(state.started_at);
  columns[first + 4].add(state.finished_at);
  columns[first + 5].add_if_any(state.error);
  columns[first + 6].add_int8(signed_seq(state.last_seq));
}

/// Inserts come with their latest state, which is then taken out of `rows.states`.
Step insert_step(BatchKey const& key, ExecutionRows& rows) {
  Columns columns(
      E::uuid,
      E::text,
      E::int4,
      E::text,
      E::json,
      E::int4,
      E::jsonb,
      E::text,
      E::text,
      E::text,
      E::timestamptz,
      E::int4,
      E::boolean,
      E::boolean,
      E::timestamptz,
      E::timestamptz,
      E::json,
      E::int8,
      E::uuid,
      E::text,
      E::int4,
      E::uuid
  );
  static ExecutionState const pending{};
  for (auto const& [id, created] : rows.created) {
    columns[0].add(id);
    columns[1].add(created->workflow);
    columns[2].add_int4(created->workflow_version);
    columns[3].add(created->definition_hash);
    columns[4].add(created->inputs);
    columns[5].add_int4(created->priority);
    columns[6].add_if_any(labels_param(created->labels));
    columns[7].add_if_any(created->directory);
    columns[8].add_if_any(created->idempotency_key);
    columns[9].add_if_any(created->concurrency_key);
    columns[10].add(std::optional<Instant>(created->created_at));
    auto const state = rows.states.find(id);
    add_state(columns, 11, state == rows.states.end() ? pending : *state->second.state);
    if (state != rows.states.end()) rows.states.erase(state);
    auto const& parent = created->parent;
    if (parent)
      columns[18].add(parent->execution);
    else
      columns[18].add_null();
    columns[19].add_if_any(parent ? parent->task : std::string());
    columns[20].add_int4(parent ? static_cast<std::int32_t>(parent->depth) : 0);
    if (created->replay_of)
      columns[21].add(*created->replay_of);
    else
      columns[21].add_null();
  }
  Step step;
  step.statement = &insert_executions;
  step.params = columns.finish();
  step.params.int8(key.epoch);
  return step;
}

Step update_step(BatchKey const& key, ExecutionRows const& rows) {
  Columns columns(
      E::uuid,
      E::int4,
      E::boolean,
      E::boolean,
      E::timestamptz,
      E::timestamptz,
      E::json,
      E::int8,
      E::int8
  );
  for (auto const& [id, row] : rows.states) {
    columns[0].add(id);
    add_state(columns, 1, *row.state);
    columns[8].add_int8(signed_seq(row.after_seq));
  }
  Step step;
  step.statement = &update_executions;
  step.params = columns.finish();
  step.params.int8(key.epoch).int8(static_cast<std::int64_t>(rows.states.size()));
  return step;
}

void add_task_steps(std::vector<Step>& steps, std::span<Change const> changes) {
  Latest<std::pair<ExecutionId, std::string_view>> latest;
  bool has_any = false;
  for (auto const& change : changes)
    for (auto const& task : change.tasks) latest.see({change.execution, task.task}), has_any = true;
  if (!has_any) return;
  Columns columns(
      E::uuid,
      E::text,
      E::int4,
      E::int4,
      E::int4,
      E::int4,
      E::timestamptz,
      E::timestamptz,
      E::timestamptz,
      E::timestamptz,
      E::json,
      E::json,
      E::json,
      E::timestamptz,
      E::int8,
      E::int4,
      E::json,
      E::json,
      E::text,
      E::json,
      E::text
  );
  for (auto const& change : changes) {
    for (auto const& task : change.tasks) {
      if (!latest.is_latest({change.execution, task.task})) continue;
      columns[0].add(change.execution);
      columns[1].add(task.task);
      columns[2].add_int4(number(task.status));
      columns[3].add_int4(number(task.attempt));
      columns[4].add_int4(number(task.tries));
      columns[5].add_int4(number(task.interruptions));
      columns[6].add(task.queued_at);
      columns[7].add(task.started_at);
      columns[8].add(task.finished_at);
      columns[9].add(task.retry_at);
      columns[10].add_if_any(task.output);
      columns[11].add_if_any(task.error);
      columns[12].add_if_any(task.usage);
      columns[13].add(task.first_queued_at);
      columns[14].add_int8(static_cast<std::int64_t>(task.log_bytes));
      columns[15].add_int4(static_cast<std::int32_t>(task.hold));
      columns[16].add_if_any(task.detail);
      columns[17].add_if_any(task.input);
      columns[18].add_if_any(task.parent);
      columns[19].add_if_any(task.waiting);
      columns[20].add_if_any(task.reused_from);
    }
  }
  Step& step = steps.emplace_back();
  step.statement = &upsert_tasks;
  step.params = columns.finish();
}

void add_attempt_steps(std::vector<Step>& steps, std::span<Change const> changes) {
  Latest<std::tuple<ExecutionId, std::string_view, std::uint32_t>> latest;
  bool has_any = false;
  for (auto const& change : changes) {
    for (auto const& attempt : change.attempts) {
      latest.see({change.execution, attempt.task, attempt.attempt});
      has_any = true;
    }
  }
  if (!has_any) return;
  Columns columns(
      E::uuid, E::text, E::int4, E::timestamptz, E::timestamptz, E::json, E::json, E::json
  );
  for (auto const& change : changes) {
    for (auto const& attempt : change.attempts) {
      if (!latest.is_latest({change.execution, attempt.task, attempt.attempt})) continue;
      columns[0].add(change.execution);
      columns[1].add(attempt.task);
      columns[2].add_int4(number(attempt.attempt));
      columns[3].add(attempt.started_at);
      columns[4].add(attempt.finished_at);
      columns[5].add_if_any(attempt.error);
      columns[6].add_if_any(attempt.usage);
      columns[7].add_if_any(attempt.detail);
    }
  }
  Step& step = steps.emplace_back();
  step.statement = &upsert_attempts;
  step.params = columns.finish();
}

void add_spend_steps(std::vector<Step>& steps, std::span<Change const> changes) {
  Columns columns(
      E::timestamptz,
      E::uuid,
      E::text,
      E::int4,
      E::text,
      E::text,
      E::text,
      E::int8,
      E::int8,
      E::int8,
      E::int8,
      E::float8
  );
  bool has_any = false;
  for (auto const& change : changes) {
    for (auto const& record : change.spend) {
      has_any = true;
      columns[0].add(std::optional<Instant>(record.at));
      columns[1].add(change.execution);
      columns[2].add(record.task);
      columns[3].add_int4(number(record.attempt));
      columns[4].add(record.workflow);
      columns[5].add(record.spend.provider);
      columns[6].add(record.spend.model);
      columns[7].add_int8(record.spend.calls);
      columns[8].add_int8(record.spend.input_tokens);
      columns[9].add_int8(record.spend.cached_tokens);
      columns[10].add_int8(record.spend.output_tokens);
      columns[11].add_float8(record.spend.cost_usd);
    }
  }
  if (!has_any) return;
  Step& step = steps.emplace_back();
  step.statement = &insert_spend;
  step.params = columns.finish();
}

void add_event_steps(std::vector<Step>& steps, std::span<Change const> changes) {
  Columns columns(E::uuid, E::int8, E::int8, E::text, E::text);
  bool has_any = false;
  for (auto const& change : changes) {
    for (auto const& chunk : change.events) {
      has_any = true;
      columns[0].add(change.execution);
      columns[1].add_int8(signed_seq(chunk.first_seq));
      columns[2].add_int8(signed_seq(chunk.last_seq));
      columns[3].add_if_any(chunk.log_task);
      columns[4].add(chunk.frames);
    }
  }
  if (!has_any) return;
  Step& step = steps.emplace_back();
  step.statement = &insert_events;
  step.params = columns.finish();
}

}  // namespace

std::vector<Step> encode_batch(BatchKey const& key, std::span<Change const> changes) {
  std::vector<Step> steps;
  Step& begin = steps.emplace_back();
  begin.statement = &begin_batch;
  begin.params.int8(key.epoch).int4(key.shard).int8(key.batch);
  auto rows = gather_executions(changes);
  if (!rows.created.empty()) steps.push_back(insert_step(key, rows));
  if (!rows.states.empty()) steps.push_back(update_step(key, rows));
  add_attempt_steps(steps, changes);  // before the rows of the tasks, from which it reads
  add_task_steps(steps, changes);
  add_spend_steps(steps, changes);
  add_signal_steps(steps, changes);
  add_event_steps(steps, changes);
  return steps;
}

}  // namespace ropewalk::sql
