// Store: tasks by themselves, and what calls to paid services took.
#include "sql/spend_total.hpp"
#include "sql/store.hpp"

#include <utility>

namespace ropewalk::sql {
namespace {

constexpr Statement select_task{
    "select_task",
    "SELECT status, attempt, tries, interruptions, queued_at, started_at, finished_at, retry_at,"
    " output, error, usage, hold, detail, input, parent,"
    " waiting, reused_from FROM tasks"
    " WHERE execution = $1::uuid AND task = $2"};
constexpr Statement select_task_attempts{
    "select_task_attempts",
    "SELECT attempt, started_at, finished_at, error, usage, detail FROM attempts"
    " WHERE execution = $1::uuid AND task = $2 ORDER BY attempt"};

constexpr Statement sum_of_task{
    "sum_of_task",
    "SELECT '', " SPEND_TOTAL_COLUMNS " FROM spend WHERE execution = $1::uuid AND task = $2"};
constexpr Statement sum_of_execution{
    "sum_of_execution", "SELECT '', " SPEND_TOTAL_COLUMNS " FROM spend WHERE execution = $1::uuid"};
constexpr Statement sum_of_workflow{
    "sum_of_workflow",
    "SELECT '', " SPEND_TOTAL_COLUMNS " FROM spend WHERE workflow = $1 AND at >= $2::timestamptz"};

#define SUM_BY(expression)                                                                 \
  "SELECT " expression ", " SPEND_TOTAL_COLUMNS                                            \
  " FROM spend WHERE at >= $1::timestamptz AND at < $2::timestamptz GROUP BY 1 ORDER BY 1" \
  " LIMIT $3::integer"
constexpr Statement sum_by_day{
    "sum_by_day", SUM_BY("to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD')")};
constexpr Statement sum_by_workflow{"sum_by_workflow", SUM_BY("workflow")};
constexpr Statement sum_by_model{"sum_by_model", SUM_BY("provider || '/' || model")};

Statement const& sum_by(SpendGroup group) {
  switch (group) {
    case SpendGroup::day:
      return sum_by_day;
    case SpendGroup::workflow:
      return sum_by_workflow;
    case SpendGroup::model:
      return sum_by_model;
  }
  return sum_by_day;
}

TaskRecord read_task(Rows const& rows, std::string name) {
  TaskRecord task;
  task.task = std::move(name);
  task.status = static_cast<Status>(rows.integer(0, 0));
  task.attempt = static_cast<std::uint32_t>(rows.integer(0, 1));
  task.tries = static_cast<std::uint32_t>(rows.integer(0, 2));
  task.interruptions = static_cast<std::uint32_t>(rows.integer(0, 3));
  task.queued_at = rows.at(0, 4);
  task.started_at = rows.at(0, 5);
  task.finished_at = rows.at(0, 6);
  task.retry_at = rows.at(0, 7);
  task.output = rows.text(0, 8);
  task.error = rows.text(0, 9);
  task.usage = rows.text(0, 10);
  task.hold = static_cast<Hold>(rows.integer(0, 11));
  task.detail = rows.text(0, 12);
  task.input = rows.text(0, 13);
  task.parent = rows.text(0, 14);
  task.waiting = rows.text(0, 15);
  task.reused_from = rows.text(0, 16);
  return task;
}

AttemptRecord read_attempt(Rows const& rows, std::size_t row, std::string const& task) {
  AttemptRecord attempt;
  attempt.task = task;
  attempt.attempt = static_cast<std::uint32_t>(rows.integer(row, 0));
  attempt.started_at = rows.at(row, 1);
  attempt.finished_at = rows.at(row, 2);
  attempt.error = rows.text(row, 3);
  attempt.usage = rows.text(row, 4);
  attempt.detail = rows.text(row, 5);
  return attempt;
}

}  // namespace

Async<Result<TaskRow>> Store::get_task(ExecutionId id, std::string task) {
  std::vector<Step> steps(3);
  steps[0].statement = &select_task;
  steps[0].params.id(id).text(task);
  steps[1].statement = &select_task_attempts;
  steps[1].params.id(id).text(task);
  steps[2].statement = &sum_of_task;
  steps[2].params.id(id).text(task);
  CO_TRY(auto results, co_await pool_.run(steps));
  if (results[0].empty()) {
    Error error;
    error.code = "not_found";
    error.message = "execution " + id.to_string() + " has no record of a task \"" + task + "\"";
    co_return error;
  }
  TaskRow out;
  out.task = read_task(results[0], task);
  for (std::size_t i = 0; i < results[1].size(); ++i)
    out.attempts.push_back(read_attempt(results[1], i, task));
  out.spend = read_spend_total(results[2], 0);
  co_return out;
}

Async<Result<SpendTotal>> Store::spend_of_task(ExecutionId id, std::string task) {
  Params params;
  params.id(id).text(task);
  CO_TRY(auto rows, co_await pool_.run(sum_of_task, std::move(params)));
  co_return read_spend_total(rows, 0);
}

Async<Result<SpendTotal>> Store::spend_of_execution(ExecutionId id) {
  Params params;
  params.id(id);
  CO_TRY(auto rows, co_await pool_.run(sum_of_execution, std::move(params)));
  co_return read_spend_total(rows, 0);
}

Async<Result<SpendTotal>> Store::spend_of_workflow(std::string workflow, Instant since) {
  Params params;
  params.text(workflow).at(since);
  CO_TRY(auto rows, co_await pool_.run(sum_of_workflow, std::move(params)));
  co_return read_spend_total(rows, 0);
}

Async<Result<std::vector<SpendTotal>>> Store::spend_by(
    SpendGroup group, Instant from, Instant to, std::int32_t limit
) {
  Params params;
  params.at(from).at(to).int4(limit);
  CO_TRY(auto rows, co_await pool_.run(sum_by(group), std::move(params)));
  std::vector<SpendTotal> out;
  out.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) out.push_back(read_spend_total(rows, i));
  co_return out;
}

}  // namespace ropewalk::sql
