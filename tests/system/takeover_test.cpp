// A node that was stopped past its lease changes nothing any more (DESIGN §6, promise 5).
//
// Method: two servers on one PostgreSQL. SIGSTOP the one that has the work, wait until the other
// has done all of it, remember the database, SIGCONT the first. And: kill one again and again while
// the other is busy.
#include "tests/system/support/outside_database.hpp"
#include "tests/system/support/server.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <array>
#include <atomic>
#include <thread>

namespace ropewalk::system_test {
namespace {

class TakeoverTest : public ::testing::Test {
 protected:
  std::vector<std::string> flags() const {
    return {"--database", outside_.conninfo(), "--lease", "1s", "--grace", "1s"};
  }

  /// Whoever comes first talks until it is killed; the next one ends at once.
  static json::value talks() {
    return definition(R"({'name': 'talks', 'tasks': {
      'before': {'type': 'command', 'command': ['echo', 'before']},
      'talk': {'type': 'command', 'needs': ['before'], 'env': {'MARK': '${{ inputs.mark }}'},
        'command': ['sh', '-c',
          'mkdir $MARK 2>/dev/null || exit 0; while :; do echo talking; sleep 0.02; done']},
      'after': {'type': 'pass', 'needs': ['talk'], 'value': 'done'}}})");
  }

  std::vector<std::string> start_all(int count) {
    std::vector<std::string> out;
    auto const workflow = talks();
    for (int i = 0; i < count; ++i) {
      json::object inputs;
      inputs["mark"] = marks_.path(std::to_string(i));
      out.push_back(first_.run(workflow, inputs));
    }
    return out;
  }

  std::string own_epoch(Server const& server) const {
    auto const nodes = server.get("/v1/nodes").object();
    for (auto const& node : nodes.at("items").as_array())
      if (node.at("isSelf").as_bool()) return std::to_string(node.at("epoch").to_number<int>());
    return {};
  }

  OutsideDatabase outside_;
  TempDirectory marks_;
  Server first_{flags()};
  Server second_{flags()};
  Database database_{outside_.conninfo()};
};

TEST_F(TakeoverTest, StoppedPastItsLease) {
  auto const ids = start_all(10);
  auto const all_talk = [&] {
    return database_.value("SELECT count(*) FROM tasks WHERE task = 'talk' AND status = 1") == "10";
  };
  ASSERT_TRUE(eventually(all_talk));
  auto const epoch_before = own_epoch(first_);

  first_.signal(SIGSTOP);
  ASSERT_TRUE(eventually([&] { return statuses(database_) == "3=10"; }, seconds(30)))
      << "not taken over: " << statuses(database_);
  auto const content = content_hash(database_);
  EXPECT_FALSE(first_.task_processes().empty()) << "there was nothing left to stop";

  first_.signal(SIGCONT);
  EXPECT_TRUE(eventually([&] { return first_.task_processes().empty(); }))
      << "children of the old owner go on";
  EXPECT_TRUE(eventually([&] { return first_.metric("ropewalk_fenced_writes_total") > 0; }));
  EXPECT_TRUE(eventually([&] {
    auto const epoch = own_epoch(first_);
    return !epoch.empty() && epoch != epoch_before;
  }));
  EXPECT_EQ(content_hash(database_), content) << "the old owner has written";
  EXPECT_EQ(gaps_in_events(database_), "");

  auto const hello = definition("{'name': 'hello', 'tasks': {'a': {'type': 'pass'}}}");
  auto const next = first_.run(hello);
  EXPECT_EQ(text_of(first_.wait_for_end(next), "status"), "COMPLETED");
  EXPECT_EQ(text_of(second_.execution(ids[0]), "status"), "COMPLETED");
}

TEST_F(TakeoverTest, KilledForGood) {
  auto const ids = start_all(5);
  auto const all_talk = [&] {
    return database_.value("SELECT count(*) FROM tasks WHERE task = 'talk' AND status = 1") == "5";
  };
  ASSERT_TRUE(eventually(all_talk));
  first_.kill();
  EXPECT_TRUE(eventually([&] { return statuses(database_) == "3=5"; }, seconds(30)));
  EXPECT_EQ(gaps_in_events(database_), "");
  EXPECT_TRUE(eventually([&] { return first_.task_processes().empty(); }));
}

/// Starts short executions, one after the other on each of two threads, until told to stop.
class Load {
 public:
  explicit Load(Server const& server) {
    for (auto& thread : threads_) thread = std::thread([this, &server] { run(server); });
  }
  Load(Load const&) = delete;
  Load& operator=(Load const&) = delete;
  ~Load() { stop(); }
  int stop() {
    has_ended_ = true;
    for (auto& thread : threads_)
      if (thread.joinable()) thread.join();
    return started_;
  }
  int started() const { return started_; }

 private:
  void run(Server const& server) {
    auto const work = definition(R"({'name': 'short', 'tasks': {
      'a': {'type': 'command', 'command': ['true']},
      'b': {'type': 'pass', 'needs': ['a'], 'value': 1},
      'c': {'type': 'wait', 'needs': ['b'], 'duration': '5ms'}}})");
    for (; !has_ended_; ++started_) server.run(work);
  }

  std::array<std::thread, 2> threads_;
  std::atomic<bool> has_ended_ = false;
  std::atomic<int> started_ = 0;
};

/// Whoever takes over goes on with what is left, and leaves its own work alone.
TEST(Takeover, ANodeUnderLoadTakesOverThreeTimes) {
  OutsideDatabase const outside;
  std::vector<std::string> const flags{
      "--database", outside.conninfo(), "--lease", "2s", "--grace", "1s"};
  Server first(flags);
  Database const database(outside.conninfo());
  auto const slow = definition(
      "{'name': 'slow', 'tasks': {"
      "'a': {'type': 'command', 'command': ['sleep', '0.2']},"
      "'b': {'type': 'pass', 'needs': ['a'], 'value': 1}}}"
  );
  Load load(first);
  int left_count = 0;
  for (int round = 0; round < 3; ++round) {
    Server second(flags);
    for (int i = 0; i < 20; ++i) second.run(slow), ++left_count;
    second.kill();
    auto const slow_done = [&] {
      return database.value(
                 "SELECT count(*) FROM executions WHERE workflow = 'slow'"
                 " AND status = 3"
             ) == std::to_string(left_count);
    };
    ASSERT_TRUE(eventually(slow_done, seconds(40))) << statuses(database);
  }
  auto const all = std::to_string(load.stop() + left_count);
  EXPECT_TRUE(eventually([&] { return statuses(database) == "3=" + all; }, seconds(30)))
      << statuses(database) << " of " << all;
  EXPECT_EQ(gaps_in_events(database), "");
  EXPECT_EQ(
      database.value("SELECT count(*) FROM tasks t JOIN executions e ON e.id = t.execution"
                     " WHERE e.workflow = 'short' AND t.attempt <> 1"),
      "0"
  ) << "a task ran twice";
  EXPECT_EQ(first.metric("ropewalk_executions_broken_total"), 0);
  EXPECT_EQ(first.metric("ropewalk_fenced_writes_total"), 0);
}

json::value waits_a_second() {
  return definition(
      "{'name': 'waits', 'tasks': {'a': {'type': 'wait', 'duration': '1s'},"
      "'b': {'type': 'pass', 'needs': ['a']}}}"
  );
}

TEST(Recovery, ConnectionsThatBreakDoNotLoseAnExecution) {
  Server server;
  for (int i = 0; i < 60; ++i) server.run(waits_a_second());
  server.kill();
  std::atomic<bool> has_ended = false;
  std::thread disturber([&] {
    while (!has_ended) {
      try {
        server.database().value(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
            " AND query ~ 'definitions|tasks'"
        );
      } catch (std::exception const&) {
        continue;  // it is not up yet
      }
    }
  });
  auto const stop_disturbing = [&] {
    has_ended = true;
    disturber.join();
  };
  try {
    server.start();
  } catch (std::exception const& fault) {
    ADD_FAILURE() << fault.what();
  }
  stop_disturbing();
  auto const database = server.database();
  EXPECT_TRUE(eventually([&] { return statuses(database) == "3=60"; }, seconds(40)))
      << statuses(database);
  EXPECT_EQ(gaps_in_events(database), "");
}

TEST(Recovery, WhatCannotBeReadAnyMoreEndsAsFailed) {
  Server server;
  auto const id = server.run(waits_a_second());
  server.kill();
  server.database().query("DELETE FROM definitions");
  server.start();
  auto const execution = server.wait_for_end(id);
  EXPECT_EQ(text_of(execution, "status"), "FAILED");
  EXPECT_EQ(text_of(execution.at("error").as_object(), "code"), "not_found");
  EXPECT_EQ(server.database().value("SELECT status FROM tasks WHERE task = 'a'"), "6");
  EXPECT_EQ(gaps_in_events(server.database()), "");
}

}  // namespace
}  // namespace ropewalk::system_test
