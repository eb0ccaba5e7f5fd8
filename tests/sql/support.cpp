#include "tests/sql/support.hpp"

#include "sql/migrations.hpp"
#include "sql/sql_error.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <random>

namespace ropewalk::sql::testing {
namespace {

struct Shared {
  TempDirectory directory{};
  std::optional<DataLock> lock{};
  std::unique_ptr<PrivateCluster> cluster{};
};

std::unique_ptr<Shared> shared;

class StopSharedCluster : public ::testing::Environment {
 public:
  void TearDown() override { shared.reset(); }
};
auto* const environment = ::testing::AddGlobalTestEnvironment(new StopSharedCluster);

}  // namespace

TempDirectory::TempDirectory() {
  std::string name = "/tmp/ropewalk-test-XXXXXX";
  if (!::mkdtemp(name.data())) std::abort();
  ::chmod(name.c_str(), 0711);
  path_ = name;
}

TempDirectory::~TempDirectory() {
  std::error_code ec;
  std::filesystem::remove_all(path_, ec);
}

PrivateCluster& shared_cluster() {
  if (!shared) {
    shared = std::make_unique<Shared>();
    shared->lock.emplace(DataLock::take(shared->directory.path()).value());
    shared->cluster = PrivateCluster::start(*shared->lock, PrivateCluster::Options()).value();
  }
  return *shared->cluster;
}

void run_coro(asio::io_context& io, Async<> body, std::chrono::seconds limit) {
  std::exception_ptr fault;
  bool is_finished = false;
  asio::co_spawn(io, std::move(body), [&](std::exception_ptr error) {
    fault = error;
    is_finished = true;
  });
  io.restart();
  auto const deadline = Steady::now() + limit;
  while (!is_finished && io.run_one_until(deadline) > 0) {
  }
  ASSERT_TRUE(is_finished) << "the coroutine did not finish";
  if (fault) std::rethrow_exception(fault);
}

void SqlTest::SetUp() {
  static int number = 0;
  schema_ = "t" + std::to_string(++number);
  connect_.conninfo = shared_cluster().conninfo();
  query("CREATE SCHEMA " + schema_);
  connect_.settings["search_path"] = schema_;
  auto body = [](ConnectOptions options) -> Async<> {
    auto migrated = co_await migrate(options);
    CO_ASSERT_OK(migrated);
  };
  run(body(connect_));
}

void SqlTest::TearDown() {
  connect_.settings.erase("search_path");
  query("DROP SCHEMA " + schema_ + " CASCADE");
}

std::string SqlTest::query(std::string sql) {
  std::string out;
  auto body = [](ConnectOptions options, std::string text, std::string& first) -> Async<> {
    auto connection = co_await Connection::open(options);
    CO_ASSERT_OK(connection);
    auto rows = co_await (*connection)->execute(text);
    CO_ASSERT_OK(rows);
    if (!rows->empty()) first = rows->text(0, 0);
  };
  run(body(connect_, std::move(sql), out));
  return out;
}

std::unique_ptr<PostgresJournal> SqlTest::make_journal(std::int64_t epoch, std::int32_t shard) {
  PostgresJournal::Options options;
  options.connect = connect_;
  options.epoch = epoch;
  options.shard = shard;
  options.observer = observer_;
  return std::make_unique<PostgresJournal>(std::move(options));
}

std::unique_ptr<ConnectionPool> SqlTest::make_pool(std::size_t connections_max) {
  ConnectionPool::Options options;
  options.connect = connect_;
  options.connections_max = connections_max;
  options.wait_max = std::chrono::milliseconds(200);
  return std::make_unique<ConnectionPool>(io_.get_executor(), std::move(options));
}

std::int64_t SqlTest::make_node(std::string const& node_id, int lease_seconds) {
  return std::stoll(query(
      "INSERT INTO nodes (node_id, name, address, lease_until) VALUES ('" + node_id +
      "', '', '', now() + interval '" + std::to_string(lease_seconds) + " seconds') RETURNING epoch"
  ));
}

ExecutionId make_id() {
  static std::mt19937_64 random(1);
  static Instant now = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  now += std::chrono::milliseconds(1);
  std::array<std::uint64_t, 2> const bits{random(), random()};
  return ExecutionId::make(now, bits, 0, 1);
}

Change accepted(ExecutionId id, std::string workflow) {
  Change change;
  change.execution = id;
  auto& created = change.created.emplace();
  created.workflow = std::move(workflow);
  created.workflow_version = 1;
  created.definition_hash = "hash";
  created.created_at = Instant(std::chrono::microseconds(1'700'000'000'123'456));
  change.state.emplace().last_seq = 1;
  change.events.push_back(event_chunk(1, 1));
  return change;
}

TaskRecord task_record(std::string task, Status status, std::string output) {
  TaskRecord record;
  record.task = std::move(task);
  record.status = status;
  record.attempt = 1;
  record.tries = 1;
  record.output = std::move(output);
  return record;
}

EventChunk event_chunk(std::uint64_t first, std::uint64_t last, std::string log_task) {
  EventChunk chunk;
  chunk.first_seq = first;
  chunk.last_seq = last;
  chunk.log_task = std::move(log_task);
  for (auto seq = first; seq <= last; ++seq)
    chunk.frames += "{\"seq\":" + std::to_string(seq) + "}\n";
  return chunk;
}

}  // namespace ropewalk::sql::testing
