// Schedules as the servers work on them: what is due, who decides, what came of it.
#include "sql/schedules.hpp"

#include <utility>

namespace ropewalk::sql {
namespace {

constexpr std::size_t page_size = 50;

// SKIP LOCKED throughout: several servers look at once, and none waits for another.
constexpr Statement note_ends{
    "note_schedule_ends",
    "UPDATE schedule_starts SET state = 3 WHERE id IN ("
    "SELECT t.id FROM schedule_starts t LEFT JOIN executions e ON e.id = t.execution"
    " WHERE t.state = 2 AND (e.id IS NULL OR e.status >= 3) LIMIT 500 FOR UPDATE OF t SKIP "
    "LOCKED)"};
constexpr Statement select_due{
    "select_due_schedules",
    "SELECT s.id, s.version, s.name, s.definition, s.decided_until,"
    " EXISTS (SELECT FROM schedule_starts t WHERE t.schedule = s.id AND t.state IN (1, 2)),"
    " (SELECT count(*) FROM schedule_starts t WHERE t.schedule = s.id AND t.state = 0)"
    " FROM schedules s WHERE NOT s.paused AND (s.next_at <= now() OR s.id IN ("
    "SELECT q.schedule FROM schedule_starts q WHERE q.state = 0 AND NOT EXISTS ("
    "SELECT FROM schedule_starts a WHERE a.schedule = q.schedule AND a.state IN (1, 2))))"
    " ORDER BY s.next_at LIMIT 50"};
constexpr Statement claim_left{
    "claim_left_starts",
    "UPDATE schedule_starts t SET claimed_by = $1::bigint,"
    " claimed_until = now() + interval '60 seconds' FROM schedules s WHERE s.id = t.schedule"
    " AND t.id IN (SELECT c.id FROM schedule_starts c WHERE c.state = 1"
    " AND (c.claimed_until < now() OR NOT EXISTS (SELECT FROM nodes n WHERE n.epoch = "
    "c.claimed_by))"
    " ORDER BY c.id LIMIT 50 FOR UPDATE SKIP LOCKED)"
    " RETURNING t.id, t.schedule, t.tick, t.due_at, s.name, s.definition"};
constexpr Statement select_cancels{
    "select_schedule_cancels",
    "SELECT t.execution FROM schedule_starts t JOIN executions e ON e.id = t.execution"
    " WHERE t.state = 2 AND t.cancel_wanted AND e.status < 3 AND NOT e.cancel_requested"
    " AND e.owner = $1::bigint LIMIT 50"};
constexpr Statement select_blocking{
    "select_schedule_blocking",
    "SELECT t.execution FROM schedule_starts t JOIN executions e ON e.id = t.execution"
    " WHERE t.state = 2 AND e.owner = $1::bigint AND t.schedule IN ("
    "SELECT q.schedule FROM schedule_starts q WHERE q.state = 0) LIMIT 50"};
constexpr Statement select_next{
    "select_schedule_next",
    "SELECT now(), least((SELECT min(next_at) FROM schedules"
    " WHERE next_at IS NOT NULL AND NOT paused),"
    " (SELECT min(claimed_until) FROM schedule_starts WHERE state = 1))"};

// Of several that decide at once, one finds the version that it has seen.
constexpr Statement decide_ticks{
    "decide_ticks",
    "WITH s AS (UPDATE schedules SET version = version + 1, decided_until = $3::timestamptz,"
    " next_at = $4::timestamptz, skipped = skipped + $5::bigint,"
    " skipped_tick = coalesce($6::timestamptz, skipped_tick),"
    " skipped_reason = coalesce($7::text, skipped_reason), error = coalesce($8::json, error)"
    " WHERE id = $1::bigint AND version = $2::bigint RETURNING id),"
    " dropped AS (DELETE FROM schedule_starts t USING s"
    " WHERE $9::boolean AND t.schedule = s.id AND t.state = 0),"
    " cancelled AS (UPDATE schedule_starts t SET cancel_wanted = true FROM s"
    " WHERE $10::boolean AND t.schedule = s.id AND t.state IN (1, 2)),"
    " promoted AS (UPDATE schedule_starts t SET state = 1, claimed_by = $12::bigint,"
    " claimed_until = now() + interval '60 seconds' FROM s WHERE $11::boolean AND t.id = ("
    "SELECT min(q.id) FROM schedule_starts q WHERE q.schedule = $1::bigint AND q.state = 0)"
    " RETURNING t.id, t.tick, t.due_at, t.state),"
    " added AS (INSERT INTO schedule_starts"
    " (schedule, tick, due_at, state, claimed_by, claimed_until)"
    " SELECT s.id, u.tick, u.due_at, u.state, CASE WHEN u.state = 1 THEN $12::bigint END,"
    " CASE WHEN u.state = 1 THEN now() + interval '60 seconds' END FROM s,"
    " unnest($13::timestamptz[], $14::timestamptz[], $15::integer[])"
    " WITH ORDINALITY AS u (tick, due_at, state, number) ORDER BY u.number"
    " RETURNING id, tick, due_at, state),"
    " pruned AS (DELETE FROM schedule_starts t USING s WHERE t.schedule = s.id AND t.state >= 3"
    " AND t.id < (SELECT k.id FROM schedule_starts k WHERE k.schedule = $1::bigint"
    " AND k.state >= 3 ORDER BY k.id DESC OFFSET 49 LIMIT 1))"
    " SELECT 0::bigint, NULL::timestamptz, NULL::timestamptz FROM s"
    " UNION ALL SELECT id, tick, due_at FROM promoted"
    " UNION ALL SELECT id, tick, due_at FROM added WHERE state = 1 ORDER BY 1"};

constexpr Statement note_started{
    "note_schedule_started",
    "WITH t AS (UPDATE schedule_starts SET state = 2, started_at = now(), execution = $2::uuid,"
    " error = NULL WHERE id = $1::bigint AND state = 1 RETURNING schedule)"
    " UPDATE schedules s SET error = NULL FROM t WHERE s.id = t.schedule AND s.error IS NOT NULL"};
constexpr Statement note_failed{
    "note_schedule_failed",
    "WITH t AS (UPDATE schedule_starts SET state = 4, error = $2::json"
    " WHERE id = $1::bigint AND state = 1 RETURNING schedule)"
    " UPDATE schedules s SET error = $2::json FROM t WHERE s.id = t.schedule"};
constexpr Statement put_start_off{
    "put_start_off",
    "UPDATE schedule_starts SET claimed_until = now() + $2::bigint * interval '1 microsecond',"
    " error = $3::json WHERE id = $1::bigint AND state = 1"};

std::vector<DueSchedule> read_due(Rows const& rows) {
  std::vector<DueSchedule> out(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out[i].id = rows.integer(i, 0);
    out[i].version = rows.integer(i, 1);
    out[i].name = rows.text(i, 2);
    out[i].definition = rows.text(i, 3);
    out[i].decided_until = rows.at(i, 4).value_or(Instant());
    out[i].has_active = rows.boolean(i, 5);
    out[i].queued_count = rows.integer(i, 6);
  }
  return out;
}

std::vector<DueStart> read_left(Rows const& rows, Instant now) {
  std::vector<DueStart> out(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out[i].id = rows.integer(i, 0);
    out[i].schedule = rows.integer(i, 1);
    out[i].tick = rows.at(i, 2).value_or(Instant());
    out[i].due_at = rows.at(i, 3).value_or(Instant());
    out[i].name = rows.text(i, 4);
    out[i].definition = rows.text(i, 5);
    out[i].now = now;
  }
  return out;
}

std::vector<ExecutionId> read_ids(Rows const& rows) {
  std::vector<ExecutionId> out;
  for (std::size_t i = 0; i < rows.size(); ++i) out.push_back(rows.id(i, 0));
  return out;
}

}  // namespace

Async<Result<ScheduleWork>> ScheduleStore::look(std::int64_t epoch) {
  std::vector<Step> steps(6);
  steps[0].statement = &note_ends;  // first: what has ended keeps nothing from starting
  steps[1].statement = &select_due;
  steps[2].statement = &claim_left;
  steps[2].params.int8(epoch);
  steps[3].statement = &select_cancels;
  steps[3].params.int8(epoch);
  steps[4].statement = &select_blocking;
  steps[4].params.int8(epoch);
  steps[5].statement = &select_next;
  CO_TRY(auto const results, co_await pool_.run(steps));
  ScheduleWork out;
  out.now = results[5].at(0, 0).value_or(Instant());
  out.next_at = results[5].at(0, 1);
  out.due = read_due(results[1]);
  out.left = read_left(results[2], out.now);
  out.cancel = read_ids(results[3]);
  out.blocking = read_ids(results[4]);
  out.has_more = out.due.size() >= page_size || out.left.size() >= page_size;
  co_return out;
}

Async<Result<std::optional<std::vector<DueStart>>>> ScheduleStore::decide(
    DueSchedule schedule, ScheduleDecision decision, std::int64_t epoch, Instant now
) {
  ArrayParam ticks(ElementType::timestamptz);
  ArrayParam due(ElementType::timestamptz);
  ArrayParam states(ElementType::int4);
  auto const add = [&](std::vector<TickTimes> const& all, StartState state) {
    for (auto const& times : all) {
      ticks.add(std::optional<Instant>(times.tick));
      due.add(std::optional<Instant>(times.due_at));
      states.add_int4(static_cast<std::int32_t>(state));
    }
  };
  add(decision.start, StartState::due);
  add(decision.queue, StartState::queued);
  Params params;
  params.int8(schedule.id).int8(schedule.version).at(decision.decided_until).at(decision.next_at);
  params.int8(decision.skipped_count).at(decision.skipped_tick);
  params.text_if_any(decision.skipped_reason).text_if_any(decision.error);
  params.boolean(decision.drop_queued).boolean(decision.cancel_active).boolean(decision.promote);
  params.int8(epoch);
  params.array(std::move(ticks)).array(std::move(due)).array(std::move(states));
  CO_TRY(auto const rows, co_await pool_.run(decide_ticks, std::move(params)));
  if (rows.empty()) co_return std::optional<std::vector<DueStart>>();
  std::vector<DueStart> out;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    DueStart start;
    start.id = rows.integer(i, 0);
    start.schedule = schedule.id;
    start.name = schedule.name;
    start.definition = schedule.definition;
    start.tick = rows.at(i, 1).value_or(Instant());
    start.due_at = rows.at(i, 2).value_or(Instant());
    start.now = now;
    out.push_back(std::move(start));
  }
  co_return std::optional<std::vector<DueStart>>(std::move(out));
}

Async<Result<void>> ScheduleStore::mark_started(DueStart const& start, ExecutionId execution) {
  Params params;
  params.int8(start.id).id(execution);
  auto const done = co_await pool_.run(note_started, std::move(params));
  if (!done) co_return done.error();
  co_return boost::system::in_place_value;
}

Async<Result<void>> ScheduleStore::mark_failed(DueStart const& start, std::string error) {
  Params params;
  params.int8(start.id).text(error);
  auto const done = co_await pool_.run(note_failed, std::move(params));
  if (!done) co_return done.error();
  co_return boost::system::in_place_value;
}

Async<Result<void>> ScheduleStore::put_off(
    DueStart const& start, Duration delay, std::string error
) {
  Params params;
  params.int8(start.id).int8(delay.count()).text(error);
  auto const done = co_await pool_.run(put_start_off, std::move(params));
  if (!done) co_return done.error();
  co_return boost::system::in_place_value;
}

}  // namespace ropewalk::sql
