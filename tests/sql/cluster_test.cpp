// Goal: the private cluster starts fast, once a directory, survives the death of either side, and
// says clearly why not. Method: clusters in temporary directories; signals to real postmasters.

#include "tests/sql/support.hpp"

#include <libpq-fe.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>

namespace ropewalk::sql::testing {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

bool answers(PrivateCluster const& cluster) {
  return PQping(cluster.conninfo().c_str()) == PQPING_OK;
}

bool becomes_true(std::function<bool()> condition, std::chrono::seconds limit = 20s) {
  auto const deadline = Steady::now() + limit;
  while (!condition()) {
    if (Steady::now() > deadline) return false;
    std::this_thread::sleep_for(10ms);  // style-ok(sleep)
  }
  return true;
}

std::unique_ptr<PrivateCluster> start(DataLock const& lock) {
  auto cluster = PrivateCluster::start(lock, PrivateCluster::Options());
  if (!cluster) ADD_FAILURE() << cluster.error().message << "\n" << cluster.error().hint;
  return cluster ? std::move(*cluster) : nullptr;
}

TEST(PrivateCluster, StartsStopsAndStartsAgain) {
  TempDirectory directory;
  auto lock = DataLock::take(directory.path());
  ASSERT_TRUE(lock);
  auto const t0 = Steady::now();
  auto cluster = start(*lock);
  ASSERT_TRUE(cluster);
  auto const t1 = Steady::now();
  EXPECT_TRUE(answers(*cluster));
  cluster->stop();
  EXPECT_FALSE(answers(*cluster));
  EXPECT_TRUE(processes_in(directory.path() / "postgres").empty());
  auto const t2 = Steady::now();
  cluster = start(*lock);
  ASSERT_TRUE(cluster);
  auto const t3 = Steady::now();
  EXPECT_TRUE(answers(*cluster));
  RecordProperty("first_start_ms", static_cast<int>((t1 - t0) / 1ms));
  RecordProperty("later_start_ms", static_cast<int>((t3 - t2) / 1ms));
  std::cout << "first start " << (t1 - t0) / 1ms << " ms, stop " << (t2 - t1) / 1ms
            << " ms, later start " << (t3 - t2) / 1ms << " ms\n";
}

TEST(PrivateCluster, IsRestartedWhenPostgresIsKilled) {
  TempDirectory directory;
  auto lock = DataLock::take(directory.path());
  ASSERT_TRUE(lock);
  auto cluster = start(*lock);
  ASSERT_TRUE(cluster);
  for (int round = 0; round < 3; ++round) {
    auto const old = cluster->postmaster();
    auto const killed_at = Steady::now();
    ::kill(old, SIGKILL);
    EXPECT_TRUE(becomes_true([&] { return cluster->postmaster() != old && answers(*cluster); }));
    std::cout << "back after " << (Steady::now() - killed_at) / 1ms << " ms\n";
  }
}

/// A child process that starts a cluster and is then killed, as a server would be.
pid_t start_in_child(fs::path const& data) {
  pid_t const child = ::fork();
  if (child != 0) return child;
  auto lock = DataLock::take(data);
  auto cluster = PrivateCluster::start(*lock, PrivateCluster::Options());
  std::ofstream(data / "started") << (cluster ? (*cluster)->postmaster() : -1) << std::flush;
  for (;;) ::pause();
}

TEST(PrivateCluster, OfAKilledServerIsTakenOverAsItRuns) {
  TempDirectory directory;
  auto const child = start_in_child(directory.path());
  auto const started = directory.path() / "started";
  ASSERT_TRUE(becomes_true([&] { return fs::exists(started) && fs::file_size(started) > 0; }));

  auto refused = DataLock::take(directory.path());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "data_directory_in_use");
  EXPECT_NE(refused.error().message.find("(pid " + std::to_string(child) + ")"), std::string::npos)
      << refused.error().message;

  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  auto lock = DataLock::take(directory.path());
  ASSERT_TRUE(lock);
  pid_t old = 0;
  std::ifstream(started) >> old;
  auto cluster = start(*lock);
  ASSERT_TRUE(cluster);
  EXPECT_EQ(cluster->postmaster(), old);
  EXPECT_TRUE(answers(*cluster));
  // Taken over, it is watched and stopped like one of our own.
  ::kill(old, SIGKILL);
  EXPECT_TRUE(becomes_true([&] { return cluster->postmaster() != old && answers(*cluster); }));
  cluster->stop();
  EXPECT_TRUE(processes_in(directory.path() / "postgres").empty());
}

TEST(PrivateCluster, StaleProcessNumberOfAnotherProcessDoesNotHinder) {
  TempDirectory directory;
  auto lock = DataLock::take(directory.path());
  ASSERT_TRUE(lock);
  auto cluster = start(*lock);
  ASSERT_TRUE(cluster);
  cluster->stop();
  auto const pgdata = directory.path() / "postgres";
  std::ofstream(pgdata / "postmaster.pid") << ::getpid() << "\n" << pgdata.string() << "\n";
  EXPECT_TRUE(start(*lock));
}

TEST(PrivateCluster, LongAndStrangePathsWork) {
  TempDirectory directory;
  for (auto const& name : {std::string(100, 'x'), std::string("it's, \"odd\" \\ ü")}) {
    auto lock = DataLock::take(directory.path() / name);
    ASSERT_TRUE(lock) << lock.error().message;
    auto cluster = start(*lock);
    ASSERT_TRUE(cluster) << name;
    EXPECT_TRUE(answers(*cluster)) << cluster->conninfo();
  }
}

TEST(PrivateCluster, DirectoryThatPostgresCannotReachWorksToo) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root runs PostgreSQL as another user";
  TempDirectory directory;
  auto const closed = directory.path() / "closed";
  fs::create_directories(closed);
  ::chmod(closed.c_str(), 0700);
  auto lock = DataLock::take(closed / "data");
  ASSERT_TRUE(lock);
  fs::path place;
  for (int round = 0; round < 2; ++round) {
    auto cluster = start(*lock);
    ASSERT_TRUE(cluster);
    EXPECT_TRUE(answers(*cluster));
    auto const target = fs::read_symlink(closed / "data" / "postgres");
    EXPECT_TRUE(round == 0 || target == place);
    place = target;
  }
  fs::remove_all(place.parent_path());
}

TEST(PrivateCluster, MissingProgramsAreNamed) {
  TempDirectory directory;
  auto lock = DataLock::take(directory.path());
  ASSERT_TRUE(lock);
  PrivateCluster::Options options;
  options.binaries = "/nonexistent";
  auto cluster = PrivateCluster::start(*lock, std::move(options));
  ASSERT_FALSE(cluster);
  EXPECT_EQ(cluster.error().code, "spawn_failed");
  EXPECT_NE(cluster.error().message.find("/nonexistent/initdb"), std::string::npos);

  fs::create_directories(directory.path() / "postgres");
  std::ofstream(directory.path() / "postgres" / "PG_VERSION") << "9\n";
  auto other = find_binaries({}, directory.path() / "postgres");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, "postgres_missing");
  EXPECT_NE(other.error().hint.find("postgresql-9"), std::string::npos);
}

TEST(DataLock, KeepsTheNodeId) {
  TempDirectory directory;
  std::string first;
  {
    auto lock = DataLock::take(directory.path() / "deep" / "er");
    ASSERT_TRUE(lock);
    first = lock->node_id().value();
    EXPECT_EQ(first.size(), 32u);
  }
  auto lock = DataLock::take(directory.path() / "deep" / "er");
  ASSERT_TRUE(lock);
  EXPECT_EQ(lock->node_id().value(), first);
}

}  // namespace
}  // namespace ropewalk::sql::testing
