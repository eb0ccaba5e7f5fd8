#pragma once
// What the database really holds, asked without the server.

#include "tests/system/support/wait.hpp"

#include <set>
#include <string>
#include <vector>

namespace ropewalk::system_test {

class Database {
 public:
  explicit Database(std::string conninfo) : conninfo_(std::move(conninfo)) {}
  /// Of a server's private cluster.
  static Database in(std::string const& data);

  std::string const& conninfo() const { return conninfo_; }
  using Rows = std::vector<std::vector<std::string>>;
  /// On a connection of its own; waits up to `limit` while PostgreSQL is away. Throws on errors.
  Rows query(std::string const& sql, milliseconds limit = seconds(30)) const;
  /// The first column of the first row.
  std::string value(std::string const& sql) const;
  std::set<std::string> column(std::string const& sql) const;

 private:
  std::string conninfo_;
};

/// "<execution>/<task>" of each task that is recorded as completed.
std::set<std::string> completed_tasks(Database const& database);
/// Executions by status: "3=200".
std::string statuses(Database const& database);
/// What is wrong with the numbering of events; empty: every execution's are 1, 2, … lastSeq.
std::string gaps_in_events(Database const& database);
/// Changes when anything of what executions have written changes.
std::string content_hash(Database const& database);

}  // namespace ropewalk::system_test
