// Store: signals that came, and tasks that ask people.
#include "sql/store.hpp"

#include <utility>

namespace ropewalk::sql {
namespace {

constexpr Statement select_signal{
    "select_signal",
    "SELECT request_hash FROM signals WHERE execution = $1::uuid AND key = $2 LIMIT 1"};
constexpr Statement list_approvals_sql{
    "list_approvals",
    "SELECT t.execution, t.task, e.workflow, t.waiting FROM tasks t"
    " JOIN executions e ON e.id = t.execution"
    " WHERE t.waiting ->> 'for' = 'approval' AND e.status < 3"
    " AND ($1::uuid IS NULL OR (t.execution, t.task) < ($1::uuid, $2::text))"
    " ORDER BY t.execution DESC, t.task DESC LIMIT $3::integer"};

}  // namespace

Async<Result<std::optional<std::string>>> Store::find_signal(ExecutionId id, std::string key) {
  Params params;
  params.id(id).text(key);
  CO_TRY(auto rows, co_await pool_.run(select_signal, std::move(params)));
  std::optional<std::string> hash;
  if (!rows.empty()) hash = rows.string(0, 0);
  co_return hash;
}

Async<Result<std::vector<ApprovalRow>>> Store::list_approvals(
    std::optional<std::pair<ExecutionId, std::string>> after, std::int32_t limit
) {
  Params params;
  if (after)
    params.id(after->first).text(after->second);
  else
    params.null().null();
  params.int4(limit);
  CO_TRY(auto rows, co_await pool_.run(list_approvals_sql, std::move(params)));
  std::vector<ApprovalRow> out(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out[i].execution = rows.id(i, 0);
    out[i].task = rows.text(i, 1);
    out[i].workflow = rows.text(i, 2);
    out[i].waiting = rows.text(i, 3);
  }
  co_return out;
}

}  // namespace ropewalk::sql
