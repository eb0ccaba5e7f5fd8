// How a Connection comes to be: parameters, handshake, session settings.

#include "engine/async/deadline.hpp"
#include "sql/connection.hpp"
#include "sql/sql_error.hpp"

#include <fcntl.h>
#include <libpq-fe.h>
#include <unistd.h>

#include <utility>

namespace ropewalk::sql {
namespace {

void on_libpq_notice(void* options, PGresult const* result) {
  auto const& callback = static_cast<ConnectOptions const*>(options)->on_notice;
  char const* text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  if (callback && text) callback(text);
}

/// False when libpq cannot read it. Its own message is not used: it may quote the password.
bool is_readable_conninfo(std::string const& conninfo) {
  char* message = nullptr;
  auto* options = PQconninfoParse(conninfo.c_str(), &message);
  PQfreemem(message);
  PQconninfoFree(options);
  return options != nullptr;
}

Error refused(pg_conn* connection) {
  std::string_view const message = PQerrorMessage(connection);
  for (std::string_view const permanent :
       {"authentication failed", "does not exist", "no password"}) {
    if (message.find(permanent) == std::string_view::npos) continue;
    if (message.find("No such file") != std::string_view::npos) continue;
    return error_from_state("28000", message, "");
  }
  return unavailable(message);
}

}  // namespace

Connection::Connection(ConnectOptions options) : options_(std::move(options)) {}

Connection::~Connection() {
  socket_.reset();
  PQfinish(connection_);
}

Async<Result<std::unique_ptr<Connection>>> Connection::open(ConnectOptions options) {
  auto const limit = options.connect_limit;
  std::unique_ptr<Connection> connection(new Connection(std::move(options)));
  auto connected = co_await with_deadline(limit, connection->connect());
  if (!connected && connected.error().code == "timeout")
    co_return unavailable("no answer while connecting");
  if (!connected) co_return connected.error();
  co_return connection;
}

Result<void> Connection::start() {
  if (!is_readable_conninfo(options_.conninfo)) {
    Error error;
    error.code = "invalid_database_url";
    error.message = "the database URL cannot be read";
    error.hint = "Write it as postgresql://user:password@host:5432/database";
    return error;
  }
  // Before dbname: defaults that the URL may override. After it: what we depend on.
  char const* const keys[] = {
      "application_name",
      "keepalives",
      "keepalives_idle",
      "keepalives_interval",
      "keepalives_count",
      "tcp_user_timeout",
      "dbname",
      "client_encoding",
      nullptr};
  char const* const values[] = {
      "ropewalk", "1", "10", "5", "3", "15000", options_.conninfo.c_str(), "UTF8", nullptr};
  connection_ = PQconnectStartParams(keys, values, /*expand_dbname=*/1);
  if (!connection_ || is_lost()) return refused(connection_);
  PQsetNoticeReceiver(connection_, &on_libpq_notice, &options_);
  return boost::system::in_place_value;
}

/// A duplicate, so that libpq can close its descriptor (it does, between hosts) without our
/// knowing.
void Connection::watch_socket(Executor executor) {
  socket_.reset();
  int const copy = ::fcntl(PQsocket(connection_), F_DUPFD_CLOEXEC, 0);
  if (copy >= 0) socket_.emplace(executor, copy);
}

Async<Result<void>> Connection::handshake() {
  auto const executor = co_await asio::this_coro::executor;
  auto next = PGRES_POLLING_WRITING;
  while (next != PGRES_POLLING_OK) {
    watch_socket(executor);
    if (!socket_) co_return unavailable("no file descriptor left");
    auto const what = next == PGRES_POLLING_READING ? asio::posix::descriptor_base::wait_read
                                                    : asio::posix::descriptor_base::wait_write;
    co_await socket_->async_wait(what, use_tuple);
    next = PQconnectPoll(connection_);
    if (next == PGRES_POLLING_FAILED) co_return refused(connection_);
  }
  watch_socket(executor);
  if (!socket_) co_return unavailable("no file descriptor left");
  co_return boost::system::in_place_value;
}

std::string Connection::settings_sql() const {
  std::string sql;
  for (auto const& [name, value] : options_.settings)
    sql.append("SET ").append(name).append(" = '").append(value).append("';");
  return sql;
}

Async<Result<void>> Connection::connect() {
  auto started = start();
  if (!started) co_return started;
  auto shaken = co_await handshake();
  if (!shaken) co_return shaken;
  if (PQsetnonblocking(connection_, 1) != 0) co_return lost();
  auto set = co_await exchange_simple(settings_sql());  // enters pipeline mode
  if (!set) co_return set.error();
  co_return boost::system::in_place_value;
}

}  // namespace ropewalk::sql
