#include "server/triggers/node_schedules.hpp"

#include "engine/base/json.hpp"
#include "server/api/start_request.hpp"

namespace ropewalk::server {
namespace {

constexpr std::size_t runs_shown = 5;

std::string_view state_text(sql::StartState state) {
  switch (state) {
    case sql::StartState::queued:
      return "queued";
    case sql::StartState::due:
      return "starting";
    case sql::StartState::started:
    case sql::StartState::ended:
      return "started";
    case sql::StartState::failed:
      return "failed";
  }
  return "failed";
}

/// JSON that the server itself has written; null when that cannot be.
json::value stored_json(std::string const& text) {
  auto parsed = parse_json(text);
  return parsed ? std::move(*parsed) : json::value();
}

json::object start_view(sql::ScheduleStart const& start) {
  json::object out;
  out["tick"] = format_instant(start.tick);
  if (start.due_at != start.tick) out["dueAt"] = format_instant(start.due_at);
  out["state"] = state_text(start.state);
  if (start.started_at) out["startedAt"] = format_instant(*start.started_at);
  if (start.execution) out["execution"] = start.execution->to_string();
  if (start.status) out["status"] = to_string(*start.status);
  if (!start.error.empty()) out["error"] = stored_json(start.error);
  return out;
}

}  // namespace

json::object schedule_view(sql::ScheduleRow const& row, std::size_t runs_count) {
  json::object out;
  json::array runs;
  auto const spec = read_stored_schedule(row.name, row.definition);
  if (spec) {
    out = describe(*spec);
    auto const next = next_runs(spec->timetable, row.decided_until, row.now, runs_count);
    if (!row.paused)
      for (auto const at : next) runs.emplace_back(format_instant(at));
  } else {
    out["name"] = row.name;
    out["lastError"] = to_json(spec.error());
  }
  out["paused"] = row.paused;
  out["createdAt"] = format_instant(row.created_at);
  out["updatedAt"] = format_instant(row.updated_at);
  out["nextRuns"] = std::move(runs);
  json::array starts;
  for (auto const& start : row.starts) starts.emplace_back(start_view(start));
  out["starts"] = std::move(starts);
  if (row.skipped_count > 0) {
    json::object skipped;
    skipped["count"] = row.skipped_count;
    if (row.skipped_tick) skipped["lastTick"] = format_instant(*row.skipped_tick);
    if (!row.skipped_reason.empty()) skipped["reason"] = row.skipped_reason;
    out["skipped"] = std::move(skipped);
  }
  if (!row.error.empty()) out["lastError"] = stored_json(row.error);
  return out;
}

/// One that is due once must be due at all, unless it is there already and was.
Async<Result<>> NodeSchedules::check_once(ScheduleSpec const& spec) {
  if (!spec.at) co_return Result<>();
  auto const known = co_await parts_.schedules.store.get(spec.timetable.name);
  if (!known && known.error().code != "not_found") co_return known.error();
  auto const now = known ? known->now : parts_.clock.now();
  if (*spec.at > now) co_return Result<>();
  if (known) {
    auto const before = read_stored_schedule(known->name, known->definition);
    if (before && before->timing == spec.timing) co_return Result<>();
  }
  co_return invalid_argument("`at` lies in the past", "give a time that is still to come");
}

Async<Result<ScheduleBackend::Stored>> NodeSchedules::put(ScheduleSpec spec) {
  auto checking = check_once(spec);
  auto const checked = co_await std::move(checking);
  if (!checked) co_return checked.error();
  sql::NewSchedule fresh;
  fresh.name = spec.timetable.name;
  fresh.timing = spec.timing;
  fresh.paused = spec.paused;
  fresh.definition = stored_text(std::move(spec.definition));
  auto putting = parts_.schedules.store.put(std::move(fresh));
  auto const put = co_await std::move(putting);
  if (!put) co_return put.error();
  parts_.wake();
  Stored out;
  out.view = schedule_view(put->row, runs_shown);
  out.is_new = put->is_new;
  co_return out;
}

Async<Result<json::object>> NodeSchedules::get(std::string name) {
  auto const row = co_await parts_.schedules.store.get(std::move(name));
  if (!row) co_return row.error();
  co_return schedule_view(*row, runs_shown);
}

Async<Result<Page>> NodeSchedules::list(std::string after, std::uint32_t limit) {
  auto const count = static_cast<std::int32_t>(limit);
  auto rows = co_await parts_.schedules.store.list(std::move(after), count + 1);
  if (!rows) co_return rows.error();
  Page out;
  bool const has_more = rows->size() > limit;
  if (has_more) rows->resize(limit);
  for (auto const& row : *rows) out.items.emplace_back(schedule_view(row, 1));
  if (has_more && !rows->empty()) out.next = rows->back().name;
  co_return out;
}

Async<Result<>> NodeSchedules::remove(std::string name) {
  auto const removed = co_await parts_.schedules.store.remove(std::move(name));
  if (!removed) co_return removed.error();
  co_return Result<>();
}

Async<Result<json::object>> NodeSchedules::set_paused(std::string name, bool paused) {
  auto const set = co_await parts_.schedules.store.set_paused(name, paused);
  if (!set) co_return set.error();
  parts_.wake();
  auto getting = get(std::move(name));
  co_return co_await std::move(getting);
}

Async<Result<Started>> NodeSchedules::trigger(std::string name) {
  auto beginning = parts_.schedules.store.begin_now(std::move(name), parts_.epoch());
  auto start = co_await std::move(beginning);
  if (!start) co_return start.error();
  auto making = make_start(parts_.schedules, std::move(*start));
  auto const started = co_await std::move(making);
  parts_.wake();
  co_return started;
}

}  // namespace ropewalk::server
