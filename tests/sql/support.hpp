#pragma once
// What the tests of sql/ share: one private cluster for the whole program, a schema of its own for
// every test, and a way to run coroutines to their end.

#include "engine/async/async.hpp"
#include "engine/ports/journal.hpp"
#include "sql/connection_pool.hpp"
#include "sql/journal.hpp"
#include "sql/private_cluster.hpp"

#include <boost/asio/co_spawn.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace ropewalk::sql::testing {

/// A directory under /tmp that PostgreSQL's user can enter; removed at the end.
class TempDirectory {
 public:
  TempDirectory();
  TempDirectory(TempDirectory const&) = delete;
  TempDirectory& operator=(TempDirectory const&) = delete;
  ~TempDirectory();
  std::filesystem::path const& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// The cluster that all tests use; started when first asked for.
PrivateCluster& shared_cluster();

/// Runs `body` to its end on `io`; a hang is a failure.
void run_coro(
    asio::io_context& io, Async<> body, std::chrono::seconds limit = std::chrono::seconds(20)
);

/// Inside a coroutine, where ASSERT_ does not compile.
#define CO_ASSERT_OK(result)                                                    \
  if (!(result)) {                                                              \
    ADD_FAILURE() << (result).error().code << ": " << (result).error().message; \
    co_return;                                                                  \
  }

class SqlTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  void run(Async<> body) { run_coro(io_, std::move(body)); }
  /// SQL on a connection of its own; the first column of the first row.
  std::string query(std::string sql);
  std::unique_ptr<PostgresJournal> make_journal(std::int64_t epoch, std::int32_t shard = 0);
  std::unique_ptr<ConnectionPool> make_pool(std::size_t connections_max = 4);
  /// Puts a node row in by hand; its epoch.
  std::int64_t make_node(std::string const& node_id = "n", int lease_seconds = 60);

  asio::io_context io_{1};
  ConnectOptions connect_;
  JournalObserver observer_;  // for make_journal
  std::string schema_;
};

ExecutionId make_id();
/// An accepted execution with its first event.
Change accepted(ExecutionId id, std::string workflow = "w");
TaskRecord task_record(std::string task, Status status, std::string output = {});
EventChunk event_chunk(std::uint64_t first, std::uint64_t last, std::string log_task = {});

}  // namespace ropewalk::sql::testing
