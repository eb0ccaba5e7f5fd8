#include "sql/store.hpp"

#include <algorithm>
#include <utility>

namespace ropewalk::sql {
namespace {

constexpr std::int32_t rows_max = 2000;  // a query's bound, whatever the chunks weigh

// The running sum stops the list behind the chunk that reaches the limit.
#define CHUNKS_SQL(condition)                                                                 \
  "SELECT first_seq, last_seq, log_task, frames FROM (SELECT first_seq, last_seq, log_task,"  \
  " frames, sum(octet_length(frames)) OVER (ORDER BY last_seq) - octet_length(frames) AS sum" \
  " FROM (SELECT * FROM events WHERE execution = $1::uuid AND last_seq > $2::bigint"          \
  " AND " condition                                                                           \
  " ORDER BY last_seq LIMIT $4::integer) few) chunks"                                         \
  " WHERE sum < $3::bigint ORDER BY last_seq"

constexpr Statement select_events{"select_events", CHUNKS_SQL("true")};
constexpr Statement select_logs{"select_logs", CHUNKS_SQL("log_task IS NOT NULL")};
constexpr Statement select_task_logs{"select_task_logs", CHUNKS_SQL("log_task = $5")};

/// Takes off the lines up to `seq`: a reader may have stopped inside a chunk.
void drop_lines_through(EventChunk& chunk, std::uint64_t seq) {
  std::size_t at = 0;
  while (chunk.first_seq <= seq && chunk.first_seq < chunk.last_seq) {
    auto const end = chunk.frames.find('\n', at);
    if (end == std::string::npos) break;
    at = end + 1;
    ++chunk.first_seq;
  }
  chunk.frames.erase(0, at);
}

ChunkPage read_chunks(Rows const& rows, std::uint64_t after_seq, std::int64_t bytes_max) {
  ChunkPage out;
  out.chunks.resize(rows.size());
  std::size_t bytes = 0;  // as the query counts them: before lines are taken off
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto& chunk = out.chunks[i];
    chunk.first_seq = static_cast<std::uint64_t>(rows.integer(i, 0));
    chunk.last_seq = static_cast<std::uint64_t>(rows.integer(i, 1));
    chunk.log_task = rows.text(i, 2);
    chunk.frames = rows.text(i, 3);
    bytes += chunk.frames.size();
    if (chunk.first_seq <= after_seq) drop_lines_through(chunk, after_seq);
  }
  out.has_more = rows.size() >= static_cast<std::size_t>(rows_max) ||
                 bytes >= static_cast<std::size_t>(std::max<std::int64_t>(bytes_max, 1));
  return out;
}

Params chunk_params(ExecutionId const& id, std::uint64_t after_seq, std::int64_t bytes_max) {
  Params params;
  params.id(id).int8(static_cast<std::int64_t>(after_seq));
  params.int8(std::max<std::int64_t>(bytes_max, 1)).int4(rows_max);
  return params;
}

}  // namespace

Async<Result<ChunkPage>> Store::events(
    ExecutionId id, std::uint64_t after_seq, std::int64_t bytes_max
) {
  auto params = chunk_params(id, after_seq, bytes_max);
  CO_TRY(auto rows, co_await pool_.run(select_events, std::move(params)));
  co_return read_chunks(rows, after_seq, bytes_max);
}

Async<Result<ChunkPage>> Store::logs(
    ExecutionId id, std::string task, std::uint64_t after_seq, std::int64_t bytes_max
) {
  auto params = chunk_params(id, after_seq, bytes_max);
  if (!task.empty()) params.text(task);
  auto const& statement = task.empty() ? select_logs : select_task_logs;
  CO_TRY(auto rows, co_await pool_.run(statement, std::move(params)));
  co_return read_chunks(rows, after_seq, bytes_max);
}

}  // namespace ropewalk::sql
