#include "sql/start_limits.hpp"

#include "sql/text_key.hpp"

#include <utility>

namespace ropewalk::sql {
namespace {

constexpr Statement take_rate{
    "take_rate",
    "SELECT allowed, wait_us FROM ropewalk_rate_limit($1, $2::uuid, $3::integer, $4::bigint,"
    " $5::integer)"};
constexpr Statement take_debounce{
    "take_debounce",
    "SELECT superseded, wait_us FROM ropewalk_debounce($1, $2::uuid, $3::bigint, $4::bigint)"};
constexpr Statement take_singleton{
    "take_singleton", "SELECT holder, is_accepted FROM ropewalk_singleton($1, $2::uuid)"};
constexpr Statement release_singleton{
    "release_singleton",
    "UPDATE start_groups SET execution = NULL WHERE name = $1 AND execution = $2::uuid"};
constexpr Statement select_waits{
    "select_waits",
    "SELECT w.execution, w.kind,"
    " greatest(0, ceil(extract(epoch FROM w.at - clock_timestamp()) * 1000000))::bigint,"
    " CASE WHEN g.execution <> w.execution AND EXISTS (SELECT 1 FROM executions e WHERE e.id ="
    " g.execution) THEN g.execution END"
    " FROM start_waits w LEFT JOIN start_groups g ON g.name = w.name AND w.kind = 'debounce'"
    " WHERE w.execution = ANY($1::uuid[])"};

std::optional<ExecutionId> id_if_any(Rows const& rows, std::size_t row, int column) {
  if (rows.is_null(row, column)) return std::nullopt;
  return rows.id(row, column);
}

}  // namespace

Async<Result<StartLimits::Rate>> StartLimits::rate(
    std::string group, ExecutionId execution, std::int32_t limit, Duration per, bool queues
) {
  Params params;
  params.text(text_key(group)).id(execution).int4(limit).int8(per.count());
  params.int4(queues ? queue_max : 0);
  CO_TRY(auto const rows, co_await pool_.run(take_rate, std::move(params)));
  Rate out;
  out.is_allowed = rows.boolean(0, 0);
  out.wait = Duration(rows.integer(0, 1));
  co_return out;
}

Async<Result<StartLimits::Debounce>> StartLimits::debounce(
    std::string group, ExecutionId execution, Duration delay, Duration longest
) {
  Params params;
  params.text(text_key(group)).id(execution).int8(delay.count()).int8(longest.count());
  CO_TRY(auto const rows, co_await pool_.run(take_debounce, std::move(params)));
  Debounce out;
  out.superseded = id_if_any(rows, 0, 0);
  if (out.superseded == execution) out.superseded.reset();
  out.wait = Duration(rows.integer(0, 1));
  co_return out;
}

Async<Result<StartLimits::Singleton>> StartLimits::singleton(
    std::string group, ExecutionId execution
) {
  Params params;
  params.text(text_key(group)).id(execution);
  CO_TRY(auto const rows, co_await pool_.run(take_singleton, std::move(params)));
  Singleton out;
  out.holder = id_if_any(rows, 0, 0);
  out.is_accepted = rows.boolean(0, 1);
  co_return out;
}

Async<Result<>> StartLimits::give_up(std::string group, ExecutionId execution) {
  Params params;
  params.text(text_key(group)).id(execution);
  auto const done = co_await pool_.run(release_singleton, std::move(params));
  if (!done) co_return done.error();
  co_return boost::system::in_place_value;
}

Async<Result<std::vector<StartLimits::Wait>>> StartLimits::waits(
    std::vector<ExecutionId> const& executions
) {
  ArrayParam ids(ElementType::uuid);
  for (auto const& id : executions) ids.add(id);
  Params params;
  params.array(std::move(ids));
  CO_TRY(auto const rows, co_await pool_.run(select_waits, std::move(params)));
  std::vector<Wait> out;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Wait wait;
    wait.execution = rows.id(i, 0);
    wait.kind = rows.string(i, 1);
    wait.left = Duration(rows.integer(i, 2));
    wait.superseded_by = id_if_any(rows, i, 3);
    out.push_back(std::move(wait));
  }
  co_return out;
}

}  // namespace ropewalk::sql
