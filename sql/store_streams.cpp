#include "sql/store.hpp"

#include <utility>

namespace ropewalk::sql {
namespace {

static_assert(static_cast<int>(Status::completed) == 3, "the SQL says: terminal is 3 and above");

constexpr std::int32_t rows_max = 4;  // each may be as large as limits.streamBytes

#define STREAMS_SQL(condition)                                        \
  "SELECT task, attempt, status, (detail->'stream')::text FROM tasks" \
  " WHERE execution = $1::uuid AND " condition                        \
  " AND status >= 3 AND detail->'stream' IS NOT NULL ORDER BY task LIMIT $3::integer"

constexpr Statement select_stream{"select_stream", STREAMS_SQL("task = $2")};
constexpr Statement select_streams{"select_streams", STREAMS_SQL("task > $2")};

}  // namespace

Async<Result<std::vector<StreamRow>>> Store::streams(
    ExecutionId id, std::string task, std::string after
) {
  Params params;
  params.id(id).text(task.empty() ? after : task).int4(rows_max);
  auto const& statement = task.empty() ? select_streams : select_stream;
  CO_TRY(auto rows, co_await pool_.run(statement, std::move(params)));
  std::vector<StreamRow> out(rows.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i].task = rows.string(i, 0);
    out[i].attempt = static_cast<std::uint32_t>(rows.integer(i, 1));
    out[i].status = static_cast<Status>(rows.integer(i, 2));
    out[i].stream = rows.string(i, 3);
  }
  co_return out;
}

}  // namespace ropewalk::sql
