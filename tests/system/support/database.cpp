#include "tests/system/support/database.hpp"

#include <libpq-fe.h>

#include <memory>
#include <stdexcept>

namespace ropewalk::system_test {
namespace {

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Answer = std::unique_ptr<PGresult, decltype(&PQclear)>;

Database::Rows rows_of(PGresult const* answer) {
  Database::Rows out;
  for (int row = 0; row < PQntuples(answer); ++row) {
    auto& texts = out.emplace_back();
    for (int column = 0; column < PQnfields(answer); ++column)
      texts.emplace_back(PQgetvalue(answer, row, column));
  }
  return out;
}

}  // namespace

Database Database::in(std::string const& data) {
  return Database("host='" + data + "/postgres' port=5432 user=ropewalk dbname=postgres");
}

Database::Rows Database::query(std::string const& sql, milliseconds limit) const {
  std::string problem;
  Rows out;
  bool const done = eventually(
      [&] {
        Connection const connection(PQconnectdb(conninfo_.c_str()), PQfinish);
        problem = PQerrorMessage(connection.get());
        if (PQstatus(connection.get()) != CONNECTION_OK) return false;
        Answer const answer(PQexec(connection.get(), sql.c_str()), PQclear);
        auto const status = PQresultStatus(answer.get());
        problem = PQerrorMessage(connection.get());
        if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) return false;
        out = rows_of(answer.get());
        return true;
      },
      limit
  );
  if (!done) throw std::runtime_error("the database: " + problem);
  return out;
}

std::string Database::value(std::string const& sql) const {
  auto const rows = query(sql);
  return rows.empty() ? std::string() : rows[0][0];
}

std::set<std::string> Database::column(std::string const& sql) const {
  std::set<std::string> out;
  for (auto const& row : query(sql)) out.insert(row[0]);
  return out;
}

std::set<std::string> completed_tasks(Database const& database) {
  return database.column("SELECT execution || '/' || task FROM tasks WHERE status = 3");
}

std::string statuses(Database const& database) {
  return database.value(
      "SELECT coalesce(string_agg(status || '=' || n, ' ' ORDER BY status), '') FROM "
      "(SELECT status, count(*) n FROM executions GROUP BY status) counts"
  );
}

std::string gaps_in_events(Database const& database) {
  auto const rows = database.query(
      "SELECT c.execution, c.first_seq, c.last_seq, c.before, c.lines FROM (SELECT execution, "
      "first_seq, last_seq, lag(last_seq, 1, 0::bigint) OVER w AS before, "
      "length(frames) - length(replace(frames, E'\\n', '')) AS lines "
      "FROM events WINDOW w AS (PARTITION BY execution ORDER BY first_seq)) c "
      "WHERE c.first_seq <> c.before + 1 OR c.lines <> c.last_seq - c.first_seq + 1 "
      "UNION ALL SELECT e.id, e.last_seq, m.last, 0, 0 FROM executions e LEFT JOIN "
      "(SELECT execution, max(last_seq) last FROM events GROUP BY 1) m ON m.execution = e.id "
      "WHERE m.last IS DISTINCT FROM e.last_seq LIMIT 10"
  );
  std::string out;
  for (auto const& row : rows) {
    for (auto const& field : row) out += field + " ";
    out += "\n";
  }
  return out;
}

std::string content_hash(Database const& database) {
  return database.value(
      "SELECT md5(concat("
      "(SELECT string_agg(e::text, '|' ORDER BY id) FROM executions e),"
      "(SELECT string_agg(t::text, '|' ORDER BY execution, task) FROM tasks t),"
      "(SELECT string_agg(a::text, '|' ORDER BY execution, task, attempt) FROM attempts a),"
      "(SELECT string_agg(v::text, '|' ORDER BY execution, first_seq) FROM events v)))"
  );
}

}  // namespace ropewalk::system_test
