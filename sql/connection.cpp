#include "sql/connection.hpp"

#include "engine/async/deadline.hpp"
#include "sql/sql_error.hpp"

#include <boost/system/system_error.hpp>

#include <libpq-fe.h>

#include <utility>

namespace ropewalk::sql {
namespace {

Error error_of(PGresult const* result) {
  auto field = [result](int code) -> std::string_view {
    char const* text = PQresultErrorField(result, code);
    return text ? text : "";
  };
  auto message = field(PG_DIAG_MESSAGE_PRIMARY);
  if (message.empty()) message = PQresultErrorMessage(result);
  return error_from_state(field(PG_DIAG_SQLSTATE), message, field(PG_DIAG_CONSTRAINT_NAME));
}

bool is_success(ExecStatusType status) {
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

Error timed_out_as_unavailable(Error error) {
  if (error.code != "timeout") return error;
  return unavailable("no answer in time");
}

[[noreturn]] void throw_cancelled() {
  throw boost::system::system_error(asio::error::operation_aborted);
}

}  // namespace

bool Connection::is_lost() const {
  return PQstatus(connection_) == CONNECTION_BAD;
}

Error Connection::lost() const {
  std::string_view const message = PQerrorMessage(connection_);
  return unavailable(message.empty() ? "the connection was lost" : message);
}

bool Connection::is_broken() {
  if (is_busy_ || !connection_ || is_lost()) return true;
  return PQconsumeInput(connection_) == 0 || is_lost();
}

Async<Result<std::vector<Rows>>> Connection::run(std::vector<Step> const& steps) {
  ROPEWALK_CHECK(!is_busy_);
  is_busy_ = true;
  auto out = co_await with_deadline(options_.run_limit, exchange(steps));
  if (!out) co_return timed_out_as_unavailable(out.error());
  co_return out;
}

Async<Result<Rows>> Connection::run(Statement const& statement, Params params) {
  std::vector<Step> steps(1);
  steps[0].statement = &statement;
  steps[0].params = std::move(params);
  CO_TRY(auto rows, co_await run(steps));
  co_return std::move(rows[0]);
}

Async<Result<Rows>> Connection::execute(std::string sql) {
  ROPEWALK_CHECK(!is_busy_);
  is_busy_ = true;
  auto out = co_await with_deadline(options_.run_limit, exchange_simple(std::move(sql)));
  if (!out) co_return timed_out_as_unavailable(out.error());
  co_return out;
}

bool Connection::send_prepare(Statement const& statement) {
  return PQsendPrepare(connection_, statement.name, statement.sql, 0, nullptr) == 1;
}

bool Connection::send_query(Step const& step) {
  auto const& params = step.params.values();
  std::vector<char const*> values;
  std::vector<int> sizes;
  for (auto const& param : params) {
    values.push_back(param ? param->data() : nullptr);
    sizes.push_back(param ? static_cast<int>(param->size()) : 0);
  }
  std::vector<int> const formats(params.size(), 1);
  auto const count = static_cast<int>(params.size());
  return PQsendQueryPrepared(
             connection_,
             step.statement->name,
             count,
             values.data(),
             sizes.data(),
             formats.data(),
             /*resultFormat=*/1
         ) == 1;
}

bool Connection::send(std::vector<Step> const& steps) {
  prepares_.clear();
  std::set<std::string_view> prepared_here;
  for (auto const& step : steps) {
    std::string_view const name = step.statement->name;
    bool const prepares = !prepared_.contains(name) && prepared_here.insert(name).second;
    prepares_.push_back(prepares);
    if (prepares && !send_prepare(*step.statement)) return false;
    if (!send_query(step)) return false;
  }
  return PQpipelineSync(connection_) == 1;
}

Async<Result<std::vector<Rows>>> Connection::exchange(std::vector<Step> const& steps) {
  if (!send(steps)) co_return lost();
  bool const is_sent = co_await flush();
  if (!is_sent) co_return lost();
  if (drop_after_send && drop_after_send()) {
    co_await wait_readable();
    co_return unavailable("dropped by a test");
  }
  auto out = co_await receive(steps);
  bool const is_idle = PQtransactionStatus(connection_) == PQTRANS_IDLE;
  if (!is_lost() && is_idle) is_busy_ = false;
  co_return out;
}

/// Reads the answer of every step up to the synchronisation point; the first error is the one that
/// counts.
Async<Result<std::vector<Rows>>> Connection::receive(std::vector<Step> const& steps) {
  std::vector<Rows> out;
  std::optional<Error> first_error;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (prepares_[i]) {
      auto prepared = co_await receive_one();
      if (is_lost()) break;
      if (prepared) prepared_.emplace(steps[i].statement->name);
      if (!prepared && !first_error) first_error = prepared.error();
    }
    auto rows = co_await receive_one();
    if (!rows && !first_error) first_error = rows.error();
    if (is_lost()) break;
    if (rows) out.push_back(std::move(*rows));
  }
  if (!is_lost()) {
    Rows const sync(co_await next_result()
    );  // PGRES_PIPELINE_SYNC: an error at COMMIT comes before it
    bool const is_sync = sync.is_pipeline_sync();
    if (!is_sync && !first_error) first_error = unavailable("the transaction was not confirmed");
  }
  if (first_error) co_return std::move(*first_error);
  if (is_lost()) co_return lost();
  co_return out;
}

/// One command's result and the end mark behind it.
Async<Result<Rows>> Connection::receive_one() {
  PGresult* const raw = co_await next_result();
  if (!raw) co_return lost();
  Rows rows(raw);
  auto const status = PQresultStatus(raw);
  if (!is_success(status)) {
    Error const error = error_of(raw);
    if (sqlstate_of(error).empty() && is_lost()) co_return lost();
    if (is_lost()) co_return error;
    Rows const end(co_await next_result());
    co_return error;
  }
  Rows const end(co_await next_result());
  co_return rows;
}

Async<Result<Rows>> Connection::exchange_simple(std::string sql) {
  if (PQpipelineStatus(connection_) == PQ_PIPELINE_ON && PQexitPipelineMode(connection_) != 1)
    co_return lost();
  if (PQsendQuery(connection_, sql.c_str()) != 1) co_return lost();
  bool const is_sent = co_await flush();
  if (!is_sent) co_return lost();
  std::optional<Error> first_error;
  Rows last;
  for (;;) {
    PGresult* const raw = co_await next_result();
    if (!raw) break;
    last = Rows(raw);
    if (!is_success(PQresultStatus(raw)) && !first_error) first_error = error_of(raw);
    if (is_lost()) break;
  }
  if (is_lost() && !first_error) co_return lost();
  if (!is_lost() && PQenterPipelineMode(connection_) == 1) is_busy_ = false;
  if (first_error) co_return std::move(*first_error);
  co_return last;
}

/// Waits until libpq has a whole result. nullptr: the end of a command's results, or the connection
/// is lost.
Async<pg_result*> Connection::next_result() {
  for (bool is_readable = true; is_readable && PQisBusy(connection_) == 1;) {
    is_readable = co_await wait_readable();
    if (is_readable) is_readable = PQconsumeInput(connection_) == 1;
  }
  co_return PQgetResult(connection_);
}

Async<bool> Connection::wait_readable() {
  auto [ec] = co_await socket_->async_wait(asio::posix::descriptor_base::wait_read, use_tuple);
  if (ec == asio::error::operation_aborted) throw_cancelled();
  co_return !ec;
}

/// Sends what libpq holds. Reads meanwhile: with both directions full, each end would wait for the
/// other.
Async<bool> Connection::flush() {
  for (;;) {
    int const left = PQflush(connection_);
    if (left <= 0) co_return left == 0;
    co_await wait_either();
    if (PQconsumeInput(connection_) == 0) co_return false;
  }
}

Async<> Connection::wait_either() {
  auto race = asio::experimental::make_parallel_group(
      socket_->async_wait(asio::posix::descriptor_base::wait_read, asio::deferred),
      socket_->async_wait(asio::posix::descriptor_base::wait_write, asio::deferred)
  );
  co_await race.async_wait(asio::experimental::wait_for_one(), use_async);
}

}  // namespace ropewalk::sql
