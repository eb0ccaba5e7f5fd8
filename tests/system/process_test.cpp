// No process outlives its server unnoticed, and a server can stop and start at any time.
// Method: tasks that will not go away by themselves; /proc says what is left.
#include "tests/system/support/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

namespace ropewalk::system_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// Each in its own way hard to end; each says that it runs by a file.
json::value stubborn() {
  return definition(R"({'name': 'stubborn', 'tasks': {
    'sleeps': {'type': 'command', 'command': ['sleep', '1000']},
    'escapes': {'type': 'command',
      'command': ['sh', '-c', 'setsid sh -c "setsid sleep 1001 & sleep 1002" & sleep 1003']},
    'ignores': {'type': 'command', 'command': ['sh', '-c',
      'trap "" TERM INT HUP; while :; do sleep 0.1; done']}}})");
}

/// Runs until the file is there; the first try says so by a line of its own.
json::value waits_for_file() {
  return definition(R"({'name': 'waits', 'tasks': {
    'before': {'type': 'command', 'env': {'FILE': '${{ inputs.file }}'},
      'command': ['sh', '-c', 'echo before >> $FILE.ledger']},
    'hold': {'type': 'command', 'needs': ['before'], 'env': {'FILE': '${{ inputs.file }}'},
      'command': ['sh', '-c',
        'until [ -e $FILE ]; do sleep 0.02; done; echo hold >> $FILE.ledger']},
    'after': {'type': 'pass', 'needs': ['hold']}}})");
}

class ProcessTest : public ::testing::Test {
 protected:
  std::string start_waiting() const {
    json::object inputs;
    inputs["file"] = gate();
    auto const workflow = waits_for_file();
    auto out = server_.run(workflow, inputs);
    EXPECT_TRUE(eventually([&] { return server_.status_of(out, "hold") == "RUNNING"; }));
    return out;
  }
  std::string gate() const { return server_.files().path("gate"); }
  void open_gate() const { server_.files().write("gate", ""); }
  std::string ledger() const { return read_text(gate() + ".ledger"); }

  Server server_{{"--grace", "1s", "--process-grace", "500ms"}};
};

TEST_F(ProcessTest, NothingIsLeftWhenTheServerIsKilled) {
  auto const id = server_.run(stubborn());
  // Three shells or sleeps of the tasks, and what they have started.
  ASSERT_TRUE(eventually([&] { return server_.task_processes().size() >= 7; }))
      << server_.task_processes().size();
  server_.kill();
  EXPECT_TRUE(eventually([&] { return server_.task_processes().empty(); }, seconds(10)))
      << server_.task_processes().size() << " processes are left";
  server_.start();
  ASSERT_TRUE(eventually([&] { return server_.status_of(id, "sleeps") == "RUNNING"; }));
  EXPECT_EQ(server_.post("/v1/executions/" + id + "/cancel", json::object()).status, 202U);
  server_.wait_for_end(id);
  EXPECT_TRUE(eventually([&] { return server_.task_processes().empty(); }, seconds(10)));
}

TEST_F(ProcessTest, CancellingEndsWhatIgnoresSignals) {
  auto const id = server_.run(stubborn());
  ASSERT_TRUE(eventually([&] { return server_.task_processes().size() >= 7; }));
  EXPECT_EQ(server_.post("/v1/executions/" + id + "/cancel", json::object()).status, 202U);
  EXPECT_EQ(text_of(server_.wait_for_end(id, seconds(20)), "status"), "CANCELLED");
  EXPECT_TRUE(eventually([&] { return server_.task_processes().empty(); }, seconds(10)));
}

TEST_F(ProcessTest, StoppingWritesDownWhatRunsAndTheNextStartGoesOn) {
  auto const id = start_waiting();
  EXPECT_EQ(server_.stop(), 0);
  EXPECT_TRUE(server_.task_processes().empty());
  EXPECT_FALSE(std::filesystem::exists(server_.data() + "/server.json"));
  EXPECT_FALSE(std::filesystem::exists(server_.data() + "/postgres/postmaster.pid"))
      << "PostgreSQL stops with the server";
  server_.start();
  open_gate();
  EXPECT_EQ(text_of(server_.wait_for_end(id), "status"), "COMPLETED");
  EXPECT_EQ(ledger(), "before\nhold\n");
  EXPECT_EQ(gaps_in_events(server_.database()), "");
}

TEST_F(ProcessTest, StoppingLetsShortTasksEnd) {
  server_.flags() = {"--grace", "30s"};
  ASSERT_EQ(server_.stop(), 0);
  server_.start();
  auto const id = start_waiting();
  server_.signal(SIGTERM);
  bool const refuses = eventually([&] {
    try {
      return server_.post("/v1/executions", json::object{{"workflow", waits_for_file()}}).status ==
             503;
    } catch (std::exception const&) {
      return true;  // the door is closed
    }
  });
  EXPECT_TRUE(refuses) << "it takes work although it stops";
  EXPECT_TRUE(server_.is_running()) << "it waits for the task";
  open_gate();
  EXPECT_EQ(server_.stop(seconds(20)), 0);
  EXPECT_EQ(ledger(), "before\nhold\n");
  server_.start();
  EXPECT_EQ(text_of(server_.wait_for_end(id), "status"), "COMPLETED");
  EXPECT_EQ(ledger(), "before\nhold\n") << "what had ended in time ran again";
}

TEST_F(ProcessTest, ASecondSignalEndsItAtOnce) {
  server_.flags() = {"--grace", "1h"};
  ASSERT_EQ(server_.stop(), 0);
  server_.start();
  auto const id = start_waiting();
  server_.signal(SIGTERM);
  ASSERT_TRUE(eventually([&] { return !std::filesystem::exists(server_.data() + "/server.json"); })
  );
  EXPECT_TRUE(server_.is_running()) << "it waits for the task";
  EXPECT_EQ(server_.stop(seconds(20)), 0);
  EXPECT_TRUE(server_.task_processes().empty());
  server_.start();
  open_gate();
  EXPECT_EQ(text_of(server_.wait_for_end(id), "status"), "COMPLETED");
}

TEST_F(ProcessTest, ALauncherThatIsKilledTakesItsTasksAlongAndIsReplaced) {
  auto const id = start_waiting();
  for (auto const child : children_of(server_.pid()))
    if (read_text("/proc/" + std::to_string(child) + "/comm").starts_with("ropewalk-launch"))
      ::kill(child, SIGKILL);
  EXPECT_EQ(text_of(server_.wait_for_end(id), "status"), "FAILED");
  EXPECT_THAT(server_.get("/v1/executions/" + id).body, HasSubstr("launcher"));
  EXPECT_TRUE(eventually([&] { return server_.task_processes().empty(); }));
  open_gate();
  EXPECT_EQ(server_.post("/v1/executions/" + id + "/retry", json::object()).status, 202U);
  EXPECT_TRUE(eventually([&] { return text_of(server_.execution(id), "status") == "COMPLETED"; }));
}

TEST_F(ProcessTest, ASecondServerOnTheSameDataSaysWhoHasIt) {
  auto const second =
      run_program({ropewalk_binary(), "serve", "--data", server_.data(), "--listen", "127.0.0.1:0"}
      );
  EXPECT_EQ(second.status, 4);
  EXPECT_THAT(
      second.error,
      AllOf(HasSubstr("another Ropewalk server"), HasSubstr(std::to_string(server_.pid())))
  );
  EXPECT_EQ(server_.get("/readyz").status, 200U);
}

TEST_F(ProcessTest, APortThatIsTakenIsSaid) {
  TempDirectory const other;
  auto const address = "127.0.0.1:" + std::to_string(server_.port());
  auto const second =
      run_program({ropewalk_binary(), "serve", "--data", other.path("data"), "--listen", address});
  EXPECT_EQ(second.status, 4);
  EXPECT_THAT(second.error, HasSubstr(address));
}

TEST_F(ProcessTest, WorkWaitsWhilePostgresIsAway) {
  auto const id = start_waiting();
  auto const before = server_.database().value("SELECT pg_postmaster_start_time()");
  server_.kill_database();
  open_gate();
  EXPECT_EQ(text_of(server_.wait_for_end(id), "status"), "COMPLETED");
  EXPECT_EQ(ledger(), "before\nhold\n") << "an attempt was lost with the database";
  EXPECT_NE(server_.database().value("SELECT pg_postmaster_start_time()"), before);
  auto const next = server_.run(definition("{'name': 'next', 'tasks': {'a': {'type': 'pass'}}}"));
  EXPECT_EQ(text_of(server_.wait_for_end(next), "status"), "COMPLETED");
  EXPECT_EQ(gaps_in_events(server_.database()), "");
}

TEST_F(ProcessTest, TasksDoNotSeeTheServersSecrets) {
  auto const id = server_.run(
      definition(R"({'name': 'env', 'tasks': {'show': {'type': 'command', 'command': ['env']}}})")
  );
  server_.wait_for_end(id);
  auto const log = server_.get("/v1/executions/" + id + "/logs").body;
  EXPECT_THAT(log, HasSubstr("ROPEWALK_IDEMPOTENCY_KEY"));
  EXPECT_THAT(log, ::testing::Not(HasSubstr("SYSTEM_TEST_SECRET")));
}

}  // namespace
}  // namespace ropewalk::system_test
