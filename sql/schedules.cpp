// Schedules as people see and change them.
#include "sql/schedules.hpp"

#include <utility>

namespace ropewalk::sql {
namespace {

constexpr std::int32_t starts_shown = 10;

#define SCHEDULE_COLUMNS                                                                           \
  "s.id, s.name, s.definition, s.paused, s.created_at, s.updated_at, s.decided_until, s.skipped, " \
  "s.skipped_tick, s.skipped_reason, s.error, now()"
#define START_COLUMNS "t.tick, t.due_at, t.state, t.started_at, t.execution, e.status, t.error"

// What is new or has other ticks begins now; next_at makes the next look at it set the right one.
constexpr Statement put_schedule{
    "put_schedule",
    "WITH old AS (SELECT id FROM schedules WHERE name = $1)"
    " INSERT INTO schedules AS s (name, definition, timing, paused)"
    " VALUES ($1, $2, $3, coalesce($4::boolean, false))"
    " ON CONFLICT (name) DO UPDATE SET definition = excluded.definition, timing = excluded.timing,"
    " paused = coalesce($4::boolean, s.paused), version = s.version + 1, updated_at = now(),"
    " decided_until = CASE WHEN s.timing = excluded.timing AND NOT s.paused"
    " THEN s.decided_until ELSE now() END, next_at = now(), error = NULL"
    " RETURNING " SCHEDULE_COLUMNS ", NOT EXISTS (SELECT FROM old)"};
constexpr Statement select_schedule{
    "select_schedule", "SELECT " SCHEDULE_COLUMNS " FROM schedules s WHERE s.name = $1"};
constexpr Statement select_starts{
    "select_starts",
    "SELECT " START_COLUMNS
    " FROM schedule_starts t LEFT JOIN executions e ON e.id = t.execution"
    " WHERE t.schedule = (SELECT id FROM schedules WHERE name = $1)"
    " ORDER BY t.id DESC LIMIT $2::integer"};
constexpr Statement list_schedules{
    "list_schedules",
    "SELECT " SCHEDULE_COLUMNS ", " START_COLUMNS
    " FROM schedules s LEFT JOIN LATERAL (SELECT * FROM schedule_starts l"
    " WHERE l.schedule = s.id ORDER BY l.id DESC LIMIT 1) t ON true"
    " LEFT JOIN executions e ON e.id = t.execution"
    " WHERE s.name > $1 ORDER BY s.name LIMIT $2::integer"};
constexpr Statement delete_schedule{
    "delete_schedule",
    "WITH gone AS (DELETE FROM schedules WHERE name = $1 RETURNING id),"
    " starts AS (DELETE FROM schedule_starts t USING gone WHERE t.schedule = gone.id)"
    " SELECT id FROM gone"};
constexpr Statement pause_schedule{
    "pause_schedule",
    "UPDATE schedules SET paused = $2::boolean, version = version + 1, updated_at = now(),"
    " decided_until = CASE WHEN paused THEN now() ELSE decided_until END, next_at = now()"
    " WHERE name = $1"};
// The new version makes a decision that does not know of it void.
constexpr Statement begin_start{
    "begin_start",
    "WITH s AS (UPDATE schedules SET version = version + 1 WHERE name = $1"
    " RETURNING id, name, definition),"
    " t AS (INSERT INTO schedule_starts (schedule, tick, due_at, state, claimed_by, claimed_until)"
    " SELECT id, now(), now(), 1, $2::bigint, now() + interval '60 seconds' FROM s"
    " RETURNING id, tick)"
    " SELECT t.id, s.id, s.name, s.definition, t.tick FROM s, t"};

ScheduleRow read_schedule(Rows const& rows, std::size_t row) {
  ScheduleRow out;
  out.id = rows.integer(row, 0);
  out.name = rows.text(row, 1);
  out.definition = rows.text(row, 2);
  out.paused = rows.boolean(row, 3);
  out.created_at = rows.at(row, 4).value_or(Instant());
  out.updated_at = rows.at(row, 5).value_or(Instant());
  out.decided_until = rows.at(row, 6).value_or(Instant());
  out.skipped_count = rows.integer(row, 7);
  out.skipped_tick = rows.at(row, 8);
  out.skipped_reason = rows.text(row, 9);
  out.error = rows.text(row, 10);
  out.now = rows.at(row, 11).value_or(Instant());
  return out;
}

ScheduleStart read_start(Rows const& rows, std::size_t row, int column) {
  ScheduleStart out;
  out.tick = rows.at(row, column).value_or(Instant());
  out.due_at = rows.at(row, column + 1).value_or(Instant());
  out.state = static_cast<StartState>(rows.integer(row, column + 2));
  out.started_at = rows.at(row, column + 3);
  if (!rows.is_null(row, column + 4)) out.execution = rows.id(row, column + 4);
  if (!rows.is_null(row, column + 5))
    out.status = static_cast<Status>(rows.integer(row, column + 5));
  out.error = rows.text(row, column + 6);
  return out;
}

Error not_found(std::string const& name) {
  Error error;
  error.code = "not_found";
  error.message = "there is no schedule \"" + name + "\"";
  return error;
}

}  // namespace

Async<Result<ScheduleStore::Put>> ScheduleStore::put(NewSchedule schedule) {
  Params params;
  params.text(schedule.name).text(schedule.definition).text(schedule.timing);
  if (schedule.paused)
    params.boolean(*schedule.paused);
  else
    params.null();
  CO_TRY(auto const rows, co_await pool_.run(put_schedule, std::move(params)));
  Put out;
  out.row = read_schedule(rows, 0);
  out.is_new = rows.boolean(0, 12);
  co_return out;
}

Async<Result<ScheduleRow>> ScheduleStore::get(std::string name) {
  std::vector<Step> steps(2);
  steps[0].statement = &select_schedule;
  steps[0].params.text(name);
  steps[1].statement = &select_starts;
  steps[1].params.text(name).int4(starts_shown);
  CO_TRY(auto const results, co_await pool_.run(steps));
  if (results[0].empty()) co_return not_found(name);
  auto out = read_schedule(results[0], 0);
  for (std::size_t i = 0; i < results[1].size(); ++i)
    out.starts.push_back(read_start(results[1], i, 0));
  co_return out;
}

Async<Result<std::vector<ScheduleRow>>> ScheduleStore::list(std::string after, std::int32_t limit) {
  Params params;
  params.text(after).int4(limit);
  CO_TRY(auto const rows, co_await pool_.run(list_schedules, std::move(params)));
  std::vector<ScheduleRow> out;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out.push_back(read_schedule(rows, i));
    if (!rows.is_null(i, 12)) out.back().starts.push_back(read_start(rows, i, 12));
  }
  co_return out;
}

Async<Result<void>> ScheduleStore::remove(std::string name) {
  Params params;
  params.text(name);
  CO_TRY(auto const rows, co_await pool_.run(delete_schedule, std::move(params)));
  if (rows.empty()) co_return not_found(name);
  co_return boost::system::in_place_value;
}

Async<Result<void>> ScheduleStore::set_paused(std::string name, bool paused) {
  Params params;
  params.text(name).boolean(paused);
  CO_TRY(auto const rows, co_await pool_.run(pause_schedule, std::move(params)));
  if (rows.affected() == 0) co_return not_found(name);
  co_return boost::system::in_place_value;
}

Async<Result<DueStart>> ScheduleStore::begin_now(std::string name, std::int64_t epoch) {
  Params params;
  params.text(name).int8(epoch);
  CO_TRY(auto const rows, co_await pool_.run(begin_start, std::move(params)));
  if (rows.empty()) co_return not_found(name);
  DueStart out;
  out.id = rows.integer(0, 0);
  out.schedule = rows.integer(0, 1);
  out.name = rows.text(0, 2);
  out.definition = rows.text(0, 3);
  out.tick = rows.at(0, 4).value_or(Instant());
  out.due_at = out.tick;
  out.now = out.tick;
  co_return out;
}

}  // namespace ropewalk::sql
