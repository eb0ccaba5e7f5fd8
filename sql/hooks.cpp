#include "sql/hooks.hpp"

#include <utility>

namespace ropewalk::sql {
namespace {

#define HOOK_COLUMNS "h.id, h.name, h.definition, h.created_at, h.updated_at"

constexpr Statement put_hook{
    "put_hook",
    "WITH old AS (SELECT id FROM hooks WHERE name = $1)"
    " INSERT INTO hooks AS h (name, definition) VALUES ($1, $2)"
    " ON CONFLICT (name) DO UPDATE SET definition = excluded.definition, updated_at = now()"
    " RETURNING " HOOK_COLUMNS ", NOT EXISTS (SELECT FROM old)"};
constexpr Statement select_hook{
    "select_hook", "SELECT " HOOK_COLUMNS " FROM hooks h WHERE h.name = $1"};
constexpr Statement list_hooks{
    "list_hooks",
    "SELECT " HOOK_COLUMNS " FROM hooks h WHERE h.name > $1 ORDER BY h.name LIMIT $2::integer"};
constexpr Statement delete_hook{
    "delete_hook",
    "WITH gone AS (DELETE FROM hooks WHERE name = $1 RETURNING id),"
    " log AS (DELETE FROM hook_deliveries d USING gone WHERE d.hook = gone.id)"
    " SELECT id FROM gone"};
// Refused ones are counted by themselves: strangers must not push out what was real.
constexpr Statement insert_delivery{
    "insert_delivery",
    "WITH pruned AS (DELETE FROM hook_deliveries WHERE hook = $1::bigint AND id <= ("
    "SELECT k.id FROM hook_deliveries k WHERE k.hook = $1::bigint"
    " AND (k.result = 'refused') = ($2 = 'refused') ORDER BY k.id DESC"
    " OFFSET CASE WHEN $2 = 'refused' THEN 19 ELSE 99 END LIMIT 1)"
    " AND (result = 'refused') = ($2 = 'refused'))"
    " INSERT INTO hook_deliveries (hook, result, delivery, execution, detail)"
    " SELECT id, $2, $3, $4::uuid, $5::json FROM hooks WHERE id = $1::bigint"};
constexpr Statement select_deliveries{
    "select_deliveries",
    "SELECT d.id, d.received_at, d.result, d.delivery, d.execution, d.detail"
    " FROM hook_deliveries d WHERE d.hook = (SELECT id FROM hooks WHERE name = $1)"
    " AND ($2::bigint = 0 OR d.id < $2::bigint) ORDER BY d.id DESC LIMIT $3::integer"};

HookRow read_hook(Rows const& rows, std::size_t row) {
  HookRow out;
  out.id = rows.integer(row, 0);
  out.name = rows.text(row, 1);
  out.definition = rows.text(row, 2);
  out.created_at = rows.at(row, 3).value_or(Instant());
  out.updated_at = rows.at(row, 4).value_or(Instant());
  return out;
}

Error not_found(std::string const& name) {
  Error error;
  error.code = "not_found";
  error.message = "there is no hook \"" + name + "\"";
  return error;
}

}  // namespace

Async<Result<HookStore::Put>> HookStore::put(std::string name, std::string definition) {
  Params params;
  params.text(name).text(definition);
  CO_TRY(auto const rows, co_await pool_.run(put_hook, std::move(params)));
  Put out;
  out.row = read_hook(rows, 0);
  out.is_new = rows.boolean(0, 5);
  co_return out;
}

Async<Result<HookRow>> HookStore::get(std::string name) {
  Params params;
  params.text(name);
  CO_TRY(auto const rows, co_await pool_.run(select_hook, std::move(params)));
  if (rows.empty()) co_return not_found(name);
  co_return read_hook(rows, 0);
}

Async<Result<std::vector<HookRow>>> HookStore::list(std::string after, std::int32_t limit) {
  Params params;
  params.text(after).int4(limit);
  CO_TRY(auto const rows, co_await pool_.run(list_hooks, std::move(params)));
  std::vector<HookRow> out;
  for (std::size_t i = 0; i < rows.size(); ++i) out.push_back(read_hook(rows, i));
  co_return out;
}

Async<Result<void>> HookStore::remove(std::string name) {
  Params params;
  params.text(name);
  CO_TRY(auto const rows, co_await pool_.run(delete_hook, std::move(params)));
  if (rows.empty()) co_return not_found(name);
  co_return boost::system::in_place_value;
}

Async<Result<void>> HookStore::log(std::int64_t hook, HookDelivery delivery) {
  Params params;
  params.int8(hook).text(delivery.result).text_if_any(delivery.delivery);
  params.id(delivery.execution).text(delivery.detail);
  auto const done = co_await pool_.run(insert_delivery, std::move(params));
  if (!done) co_return done.error();
  co_return boost::system::in_place_value;
}

Async<Result<std::vector<HookDelivery>>> HookStore::deliveries(
    std::string name, std::int64_t before, std::int32_t limit
) {
  std::vector<Step> steps(2);
  steps[0].statement = &select_hook;
  steps[0].params.text(name);
  steps[1].statement = &select_deliveries;
  steps[1].params.text(name).int8(before).int4(limit);
  CO_TRY(auto const results, co_await pool_.run(steps));
  if (results[0].empty()) co_return not_found(name);
  auto const& rows = results[1];
  std::vector<HookDelivery> out(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out[i].id = rows.integer(i, 0);
    out[i].received_at = rows.at(i, 1).value_or(Instant());
    out[i].result = rows.text(i, 2);
    out[i].delivery = rows.text(i, 3);
    if (!rows.is_null(i, 4)) out[i].execution = rows.id(i, 4);
    out[i].detail = rows.text(i, 5);
  }
  co_return out;
}

}  // namespace ropewalk::sql
