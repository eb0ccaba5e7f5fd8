#include "sql/migrations.hpp"

#include "sql/sha256.hpp"

#include <charconv>
#include <string>
#include <utility>

namespace ropewalk::sql {
namespace {

constexpr char const* applied_sql =
    "SELECT version, checksum FROM schema_migrations ORDER BY version";
constexpr char const* has_table_sql = "SELECT to_regclass('schema_migrations') IS NOT NULL";

constexpr std::string_view begin_sql =
    "BEGIN;"
    "SET LOCAL lock_timeout = '120s'; SET LOCAL statement_timeout = 0;"
    "SELECT pg_advisory_xact_lock(21079, 0);"
    "CREATE TABLE IF NOT EXISTS schema_migrations (version integer PRIMARY KEY, name text NOT NULL,"
    " checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());";

Error schema_too_new(std::int64_t found, std::size_t known) {
  Error error;
  error.code = "schema_too_new";
  error.message = "the database has schema version " + std::to_string(found) +
                  ", this program knows versions up to " + std::to_string(known);
  error.hint = "Run the newer Ropewalk that migrated this database.";
  return error;
}

Error schema_changed(Migration const& step) {
  Error error;
  error.code = "schema_changed";
  error.message = "migration " + std::string(step.name) + " was applied with another text";
  error.hint = "This database was made by a different build; use that one or a fresh database.";
  return error;
}

/// How many of the steps the database has. `rows` are in text format.
Result<std::size_t> count_applied(Rows const& rows, std::span<Migration const> steps) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto const text = rows.text(i, 0);
    std::int64_t version = 0;
    std::from_chars(text.data(), text.data() + text.size(), version);
    if (version > static_cast<std::int64_t>(steps.size()))
      return schema_too_new(version, steps.size());
    auto const& step = steps[static_cast<std::size_t>(version - 1)];
    if (rows.text(i, 1) != sha256_hex(step.sql)) return schema_changed(step);
  }
  return rows.size();
}

/// The usual start: nothing to do, and no lock to wait for.
Async<Result<bool>> is_up_to_date(Connection& connection, std::span<Migration const> steps) {
  CO_TRY(auto exists, co_await connection.execute(has_table_sql));
  if (exists.text(0, 0) != "t") co_return false;
  CO_TRY(auto rows, co_await connection.execute(applied_sql));
  CO_TRY(auto count, count_applied(rows, steps));
  co_return count == steps.size();
}

std::string apply_sql(Migration const& step) {
  std::string sql(step.sql);
  sql += "\n;INSERT INTO schema_migrations (version, name, checksum) VALUES (";
  sql += std::to_string(step.version) + ", '" + std::string(step.name) + "', '";
  sql += sha256_hex(step.sql) + "'); COMMIT";
  return sql;
}

}  // namespace

Async<Result<void>> migrate(ConnectOptions options, std::span<Migration const> steps) {
  options.run_limit = std::chrono::minutes(10);
  CO_TRY(auto connection, co_await Connection::open(std::move(options)));
  CO_TRY(bool const is_done, co_await is_up_to_date(*connection, steps));
  if (is_done) co_return boost::system::in_place_value;
  for (;;) {  // one transaction a step, the lock taken anew: other servers take turns
    auto begun = co_await connection->execute(std::string(begin_sql));
    if (!begun) co_return begun.error();
    CO_TRY(auto rows, co_await connection->execute(applied_sql));
    auto count = count_applied(rows, steps);
    if (!count) co_return count.error();
    bool const is_complete = *count == steps.size();
    std::string sql = is_complete ? "COMMIT" : apply_sql(steps[*count]);
    auto applied = co_await connection->execute(std::move(sql));
    if (!applied) co_return applied.error();
    if (is_complete) co_return boost::system::in_place_value;
  }
}

}  // namespace ropewalk::sql
