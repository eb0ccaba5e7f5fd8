#include "engine/base/json.hpp"
#include "sql/spend_total.hpp"
#include "sql/store.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace ropewalk::sql {
namespace {

static_assert(static_cast<int>(Status::completed) == 3, "the SQL says: terminal is 3 and above");

#define STATE_COLUMNS "status, paused, cancel_requested, started_at, finished_at, error, last_seq"
#define CREATED_COLUMNS                                                           \
  "workflow, workflow_version, definition_hash, inputs, priority, labels::text, " \
  "directory, idempotency_key, concurrency_key, created_at, parent, parent_task, depth, replay_of"
#define TASK_COLUMNS                                                                        \
  "execution, task, status, attempt, tries, interruptions, queued_at, started_at, "         \
  "finished_at, retry_at, output, error, usage, first_queued_at, log_bytes, hold, parent, " \
  "waiting, reused_from"

constexpr Statement begin_read{"begin_read", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"};
constexpr Statement commit_read{"commit_read", "COMMIT"};
constexpr Statement select_execution{
    "select_execution",
    "SELECT id, " STATE_COLUMNS ", " CREATED_COLUMNS ", owner FROM executions WHERE id = $1::uuid"};
constexpr Statement select_tasks{
    "select_tasks",
    "SELECT " TASK_COLUMNS " FROM tasks WHERE execution = ANY($1::uuid[]) ORDER BY 1, 2"};
constexpr Statement select_attempts{
    "select_attempts",
    "SELECT task, attempt, started_at, finished_at, error, usage FROM attempts"
    " WHERE execution = $1::uuid ORDER BY task, attempt"};
constexpr Statement select_children{
    "select_children",
    "SELECT id, parent_task, workflow, status FROM executions WHERE parent = $1::uuid"
    " ORDER BY id LIMIT 1000"};
constexpr Statement select_signals{
    "select_signals",
    "SELECT execution, number, at, name, key, request_hash, taken_by, payload FROM signals"
    " WHERE execution = ANY($1::uuid[]) ORDER BY 1, 2"};
constexpr Statement select_replays{
    "select_replays",
    "SELECT id FROM executions WHERE replay_of = $1::uuid ORDER BY id DESC LIMIT 100"};
constexpr Statement sum_by_task{
    "sum_by_task",
    "SELECT task, " SPEND_TOTAL_COLUMNS
    " FROM spend WHERE execution = $1::uuid"
    " GROUP BY 1 ORDER BY 1"};
constexpr Statement select_live{
    "select_live",
    "SELECT id, " STATE_COLUMNS ", " CREATED_COLUMNS
    ", owner FROM executions"
    " WHERE id = ANY($1::uuid[]) AND owner = $2::bigint AND status < 3 ORDER BY id"};
constexpr Statement list_live_ids{
    "list_live_ids",
    "SELECT id, started_at IS NOT NULL FROM executions WHERE owner = $1::bigint AND status < 3"};
constexpr Statement select_standing{
    "select_standing", "SELECT status, last_seq FROM executions WHERE id = $1::uuid"};

#define LIST_SQL                                                                             \
  "SELECT id, " STATE_COLUMNS                                                                \
  ", workflow, workflow_version, priority, labels::text,"                                    \
  " created_at FROM executions WHERE ($1::integer[] IS NULL OR status = ANY($1::integer[]))" \
  " AND ($2::text IS NULL OR workflow = $2::text)"                                           \
  " AND ($3::jsonb IS NULL OR labels @> $3::jsonb)"
constexpr Statement list_older{
    "list_older",
    LIST_SQL " AND ($4::uuid IS NULL OR id < $4::uuid) ORDER BY id DESC LIMIT $5::integer"};
constexpr Statement list_newer{
    "list_newer", LIST_SQL " AND id > $4::uuid ORDER BY id LIMIT $5::integer"};
// The same for those that have not ended: the condition says so in the words of the index that
// holds them, so that the many that have ended are not read.
constexpr Statement list_live_older{
    "list_live_older",
    LIST_SQL
    " AND status < 3 AND ($4::uuid IS NULL OR id < $4::uuid)"
    " ORDER BY id DESC LIMIT $5::integer"};
constexpr Statement list_live_newer{
    "list_live_newer", LIST_SQL " AND status < 3 AND id > $4::uuid ORDER BY id LIMIT $5::integer"};

constexpr Statement claim_execution{
    "claim_execution",
    "WITH node AS (SELECT epoch FROM nodes WHERE epoch = $2::bigint FOR KEY SHARE),"
    " claimed AS (UPDATE executions SET owner = $2::bigint WHERE id = $1::uuid AND status >= 3"
    " AND EXISTS (SELECT FROM node) RETURNING 1)"
    " SELECT EXISTS (SELECT FROM claimed), EXISTS (SELECT FROM node),"
    " EXISTS (SELECT FROM executions WHERE id = $1::uuid)"};

constexpr Statement reserve_key{
    "reserve_key",
    "INSERT INTO idempotency (key, execution, request_hash) VALUES ($1, $2::uuid, $3)"
    " ON CONFLICT DO NOTHING"};
constexpr Statement select_key{
    "select_key",
    "SELECT i.execution, i.request_hash,"
    " EXISTS (SELECT FROM executions e WHERE e.id = i.execution)"
    " FROM idempotency i WHERE i.key = $1"};

ExecutionState read_state(Rows const& rows, std::size_t row) {
  ExecutionState state;
  state.status = static_cast<Status>(rows.integer(row, 1));
  state.paused = rows.boolean(row, 2);
  state.cancel_requested = rows.boolean(row, 3);
  state.started_at = rows.at(row, 4);
  state.finished_at = rows.at(row, 5);
  state.error = rows.text(row, 6);
  state.last_seq = static_cast<std::uint64_t>(rows.integer(row, 7));
  return state;
}

std::map<std::string, std::string> read_labels(std::string_view text) {
  std::map<std::string, std::string> labels;
  if (text.empty()) return labels;
  auto const parsed = parse_json(text);
  if (!parsed) return labels;
  if (auto const* object = parsed->if_object())
    for (auto const& [name, value] : *object)
      if (auto const* label = value.if_string()) labels.emplace(name, *label);
  return labels;
}

StoredExecution read_execution(Rows const& rows, std::size_t row) {
  StoredExecution out;
  out.execution = rows.id(row, 0);
  out.state = read_state(rows, row);
  auto& created = out.created;
  created.workflow = rows.text(row, 8);
  created.workflow_version = rows.int4(row, 9);
  created.definition_hash = rows.text(row, 10);
  created.inputs = rows.text(row, 11);
  created.priority = rows.int4(row, 12);
  created.labels = read_labels(rows.text(row, 13));
  created.directory = rows.text(row, 14);
  created.idempotency_key = rows.text(row, 15);
  created.concurrency_key = rows.text(row, 16);
  created.created_at = rows.at(row, 17).value_or(Instant());
  if (auto const depth = static_cast<std::uint32_t>(rows.int4(row, 20)); depth > 0)
    created.parent = ParentTask{rows.id(row, 18), rows.string(row, 19), depth};
  if (!rows.is_null(row, 21)) created.replay_of = rows.id(row, 21);
  return out;
}

TaskRecord read_task(Rows const& rows, std::size_t row) {
  TaskRecord task;
  task.task = rows.text(row, 1);
  task.status = static_cast<Status>(rows.integer(row, 2));
  task.attempt = static_cast<std::uint32_t>(rows.integer(row, 3));
  task.tries = static_cast<std::uint32_t>(rows.integer(row, 4));
  task.interruptions = static_cast<std::uint32_t>(rows.integer(row, 5));
  task.queued_at = rows.at(row, 6);
  task.started_at = rows.at(row, 7);
  task.finished_at = rows.at(row, 8);
  task.retry_at = rows.at(row, 9);
  task.output = rows.text(row, 10);
  task.error = rows.text(row, 11);
  task.usage = rows.text(row, 12);
  task.first_queued_at = rows.at(row, 13);
  task.log_bytes = static_cast<std::uint64_t>(rows.integer(row, 14));
  task.hold = static_cast<Hold>(rows.integer(row, 15));
  task.parent = rows.text(row, 16);
  task.waiting = rows.text(row, 17);
  task.reused_from = rows.text(row, 18);
  return task;
}

ChildExecution read_child(Rows const& rows, std::size_t row) {
  return {
      rows.id(row, 0),
      rows.string(row, 1),
      rows.string(row, 2),
      static_cast<Status>(rows.integer(row, 3))};
}

SignalRecord read_signal(Rows const& rows, std::size_t row) {
  SignalRecord signal;
  signal.number = static_cast<std::uint64_t>(rows.integer(row, 1));
  signal.at = rows.at(row, 2).value_or(Instant());
  signal.name = rows.text(row, 3);
  signal.key = rows.text(row, 4);
  signal.request_hash = rows.text(row, 5);
  signal.taken_by = rows.text(row, 6);
  signal.payload = rows.text(row, 7);
  return signal;
}

AttemptRecord read_attempt(Rows const& rows, std::size_t row) {
  AttemptRecord attempt;
  attempt.task = rows.text(row, 0);
  attempt.attempt = static_cast<std::uint32_t>(rows.integer(row, 1));
  attempt.started_at = rows.at(row, 2);
  attempt.finished_at = rows.at(row, 3);
  attempt.error = rows.text(row, 4);
  attempt.usage = rows.text(row, 5);
  return attempt;
}

Params ids_param(std::vector<ExecutionId> const& ids) {
  ArrayParam array(ElementType::uuid);
  for (auto const& id : ids) array.add(id);
  Params params;
  params.array(std::move(array));
  return params;
}

/// Of select_key.
Reservation read_reservation(Rows const& found, std::string_view request_hash) {
  bool const is_same = found.text(0, 1) == request_hash;
  Reservation out;
  out.execution = found.id(0, 0);
  out.outcome = is_same ? Reservation::Outcome::known : Reservation::Outcome::conflict;
  out.is_accepted = found.boolean(0, 2);
  return out;
}

Error refusal(std::string code, std::string message) {
  Error error;
  error.code = std::move(code);
  error.message = std::move(message);
  return error;
}

}  // namespace

Async<Result<ExecutionRow>> Store::get_execution(ExecutionId id) {
  std::vector<Step> steps(9);
  steps[0].statement = &begin_read;  // one snapshot: the tasks belong to the state
  steps[1].statement = &select_execution;
  steps[1].params.id(id);
  steps[2].statement = &select_tasks;
  steps[2].params = ids_param(std::vector(1, id));
  steps[3].statement = &select_attempts;
  steps[3].params.id(id);
  steps[4].statement = &sum_by_task;
  steps[4].params.id(id);
  steps[5].statement = &select_children;
  steps[5].params.id(id);
  steps[6].statement = &select_signals;
  steps[6].params = ids_param(std::vector(1, id));
  steps[7].statement = &select_replays;
  steps[7].params.id(id);
  steps[8].statement = &commit_read;
  CO_TRY(auto results, co_await pool_.run(steps));
  if (results[1].empty())
    co_return refusal("not_found", "execution " + id.to_string() + " does not exist");
  ExecutionRow out;
  out.stored = read_execution(results[1], 0);
  out.owner = results[1].integer(0, 22);
  for (std::size_t i = 0; i < results[2].size(); ++i)
    out.stored.tasks.push_back(read_task(results[2], i));
  for (std::size_t i = 0; i < results[3].size(); ++i)
    out.attempts.push_back(read_attempt(results[3], i));
  for (std::size_t i = 0; i < results[4].size(); ++i)
    out.spend.push_back(read_spend_total(results[4], i));
  for (std::size_t i = 0; i < results[5].size(); ++i)
    out.children.push_back(read_child(results[5], i));
  for (std::size_t i = 0; i < results[6].size(); ++i)
    out.stored.signals.push_back(read_signal(results[6], i));
  for (std::size_t i = 0; i < results[7].size(); ++i) out.replays.push_back(results[7].id(i, 0));
  co_return out;
}

Async<Result<std::vector<ExecutionSummary>>> Store::list_executions(ExecutionFilter filter) {
  Params params;
  bool const is_live = !filter.statuses.empty() &&
                       std::none_of(filter.statuses.begin(), filter.statuses.end(), [](Status s) {
                         return is_terminal(s);
                       });
  if (filter.statuses.empty()) {
    params.null();
  } else {
    ArrayParam statuses(ElementType::int4);
    for (auto const status : filter.statuses) statuses.add_int4(static_cast<std::int32_t>(status));
    params.array(std::move(statuses));
  }
  params.text_if_any(filter.workflow);
  if (filter.label) {
    json::object label;
    label[filter.label->first] = filter.label->second;
    params.text('\1' + to_text(label));
  } else {
    params.null();
  }
  params.id(filter.before ? filter.before : filter.after).int4(filter.limit);
  auto const& newer = is_live ? list_live_newer : list_newer;
  auto const& older = is_live ? list_live_older : list_older;
  auto const& statement = filter.before ? newer : older;
  CO_TRY(auto rows, co_await pool_.run(statement, std::move(params)));
  std::vector<ExecutionSummary> out(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto& summary = out[i];
    summary.execution = rows.id(i, 0);
    summary.state = read_state(rows, i);
    summary.workflow = rows.text(i, 8);
    summary.workflow_version = rows.int4(i, 9);
    summary.priority = rows.int4(i, 10);
    summary.labels = read_labels(rows.text(i, 11));
    summary.created_at = rows.at(i, 12).value_or(Instant());
  }
  if (filter.before) std::reverse(out.begin(), out.end());
  co_return out;
}

Async<Result<Standing>> Store::get_standing(ExecutionId id) {
  Params params;
  params.id(id);
  CO_TRY(auto rows, co_await pool_.run(select_standing, std::move(params)));
  if (rows.empty())
    co_return refusal("not_found", "execution " + id.to_string() + " does not exist");
  Standing out;
  out.status = static_cast<Status>(rows.integer(0, 0));
  out.last_seq = static_cast<std::uint64_t>(rows.integer(0, 1));
  co_return out;
}

Async<Result<std::vector<LeftBehind>>> Store::list_live(std::int64_t epoch) {
  Params params;
  params.int8(epoch);
  CO_TRY(auto rows, co_await pool_.run(list_live_ids, std::move(params)));
  co_return read_left_behind(rows);
}

Async<Result<std::vector<StoredExecution>>> Store::load_live(
    std::int64_t epoch, std::vector<ExecutionId> ids
) {
  std::vector<Step> steps(5);
  steps[0].statement = &begin_read;  // one snapshot: the tasks belong to the state
  steps[1].statement = &select_live;
  steps[1].params = ids_param(ids);
  steps[1].params.int8(epoch);
  steps[2].statement = &select_tasks;
  steps[2].params = ids_param(ids);
  steps[3].statement = &select_signals;
  steps[3].params = ids_param(ids);
  steps[4].statement = &commit_read;
  CO_TRY(auto results, co_await pool_.run(steps));
  auto const& rows = results[1];
  std::vector<StoredExecution> out;
  std::unordered_map<ExecutionId, std::size_t> places;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out.push_back(read_execution(rows, i));
    places[out.back().execution] = i;
  }
  auto const& tasks = results[2];
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    auto const place = places.find(tasks.id(i, 0));
    if (place != places.end()) out[place->second].tasks.push_back(read_task(tasks, i));
  }
  auto const& signals = results[3];
  for (std::size_t i = 0; i < signals.size(); ++i) {
    auto const place = places.find(signals.id(i, 0));
    if (place != places.end()) out[place->second].signals.push_back(read_signal(signals, i));
  }
  co_return out;
}

Async<Result<void>> Store::claim_for_retry(ExecutionId id, std::int64_t epoch) {
  Params params;
  params.id(id).int8(epoch);
  CO_TRY(auto rows, co_await pool_.run(claim_execution, std::move(params)));
  if (rows.boolean(0, 0)) co_return boost::system::in_place_value;
  if (!rows.boolean(0, 1)) co_return refusal("fenced", "this node has been taken over");
  if (!rows.boolean(0, 2))
    co_return refusal("not_found", "execution " + id.to_string() + " does not exist");
  co_return refusal("not_terminal", "execution " + id.to_string() + " has not ended");
}

Async<Result<std::optional<Reservation>>> Store::find_idempotency(
    std::string key, std::string request_hash
) {
  Params params;
  params.text(key);
  CO_TRY(auto found, co_await pool_.run(select_key, std::move(params)));
  if (found.empty()) co_return std::optional<Reservation>();
  co_return read_reservation(found, request_hash);
}

Async<Result<Reservation>> Store::reserve_idempotency(
    std::string key, std::string request_hash, ExecutionId id
) {
  std::vector<Step> steps(2);
  steps[0].statement = &reserve_key;
  steps[0].params.text(key).id(id).text(request_hash);
  steps[1].statement = &select_key;
  steps[1].params.text(key);
  CO_TRY(auto results, co_await pool_.run(steps));
  auto const& found = results[1];
  if (found.empty())  // pruned in between
    co_return refusal("database_busy", "the idempotency key has just expired");
  auto out = read_reservation(found, request_hash);
  if (results[0].affected() == 1) out.outcome = Reservation::Outcome::fresh;
  co_return out;
}

}  // namespace ropewalk::sql
