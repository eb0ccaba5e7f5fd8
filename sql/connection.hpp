#pragma once
// One connection to PostgreSQL: libpq in pipeline mode on an io_context.
//
// Owner:   one coroutine at a time.
// Shard:   all calls on the shard that opened it.
// Cancel:  a call that is cut short leaves the connection broken; open another.
// Limits:  every call has a deadline (ConnectOptions).

#include "engine/async/async.hpp"
#include "engine/base/error.hpp"
#include "sql/params.hpp"
#include "sql/rows.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

struct pg_conn;
struct pg_result;

namespace ropewalk::sql {

/// Prepared by its name when a connection first runs it.
struct Statement {
  char const* name = "";
  char const* sql = "";
};

struct Step {
  Statement const* statement = nullptr;
  Params params{};
};

struct ConnectOptions {
  std::string conninfo{};  // a postgresql:// URL or keyword=value pairs
  Steady::duration connect_limit = std::chrono::seconds(5);
  Steady::duration run_limit = std::chrono::seconds(40);
  std::map<std::string, std::string> settings = {
      {"statement_timeout", "30s"},
      {"lock_timeout", "20s"},
      {"idle_in_transaction_session_timeout", "20s"},
      {"jit", "off"},
  };
  std::function<void(std::string_view)> on_notice{};
};

class Connection {
 public:
  Connection(Connection const&) = delete;
  Connection& operator=(Connection const&) = delete;
  ~Connection();

  /// Errors: database_unavailable, invalid_database_url, database_error (refused: user, password,
  /// database).
  static Async<Result<std::unique_ptr<Connection>>> open(ConnectOptions options);

  /// Runs the steps as one transaction in one round trip; all or nothing. One result a step.
  /// `steps` must live until it returns. Errors: those of sql_error.hpp.
  Async<Result<std::vector<Rows>>> run(std::vector<Step> const& steps);
  Async<Result<Rows>> run(Statement const& statement, Params params = {});
  /// SQL text without parameters, any number of statements (simple protocol); may leave a
  /// transaction open. Gives the last statement's rows, in text format.
  Async<Result<Rows>> execute(std::string sql);

  /// Cannot be used any more. Also notices, without waiting, that the other end has gone.
  bool is_broken();

  /// For tests: called when a run is sent; true drops the connection before the answer is read.
  std::function<bool()> drop_after_send;

 private:
  explicit Connection(ConnectOptions options);

  Async<Result<void>> connect();
  Async<Result<void>> handshake();
  Result<void> start();
  void watch_socket(Executor executor);
  std::string settings_sql() const;

  Async<Result<std::vector<Rows>>> exchange(std::vector<Step> const& steps);
  Async<Result<Rows>> exchange_simple(std::string sql);
  bool send(std::vector<Step> const& steps);
  bool send_prepare(Statement const& statement);
  bool send_query(Step const& step);
  Async<bool> flush();
  Async<> wait_either();
  Async<bool> wait_readable();
  Async<pg_result*> next_result();
  Async<Result<std::vector<Rows>>> receive(std::vector<Step> const& steps);
  Async<Result<Rows>> receive_one();
  bool is_lost() const;
  Error lost() const;

  ConnectOptions options_;
  pg_conn* connection_ = nullptr;
  std::optional<asio::posix::basic_stream_descriptor<Executor>> socket_;
  std::set<std::string, std::less<>> prepared_;
  std::vector<bool> prepares_;  // of the run under way: whether a step prepares its statement first
  bool is_busy_ = false;        // stays set when a run is cut short
};

}  // namespace ropewalk::sql
