// Goal: the loss of a launcher is survived. Method: kill -9.
#include "providers/process/process_tree.hpp"
#include "tests/providers/process/process_fixture.hpp"

#include <csignal>

namespace ropewalk {
namespace {

using LauncherTest = ProcessFixture;

TEST_F(LauncherTest, KilledLauncherFailsItsAttemptsAndIsReplaced) {
  std::vector<std::unique_ptr<StartedAttempt>> runs;
  for (int i = 0; i < 5; ++i)
    runs.push_back(start(make_request(
        "command",
        R"({"command":["sh","-c","setsid sleep 1000 & echo up; sleep 1000"],)"
        R"("env":{"LOSS_TEST":"mark"}})"
    )));
  for (auto& run : runs) wait_until([&] { return !run->sink.lines.empty(); });
  pid_t const old = launcher_->pid();
  ::kill(old, SIGKILL);
  for (auto& run : runs) {
    auto const error = error_of(wait(*run));
    EXPECT_EQ(error.code, "launcher_lost");
    EXPECT_EQ(error.error_class, ErrorClass::transient);
  }
  EXPECT_EQ(output_of(shell("echo 1")), boost::json::value(1));
  EXPECT_NE(launcher_->pid(), old);
  wait_until([&] { return find_processes("LOSS_TEST=mark").empty(); });
  EXPECT_EQ(read_process(old).pid, 0) << "the old launcher is a zombie";
}

TEST_F(LauncherTest, KilledAgainAndAgain) {
  for (int i = 0; i < 10; ++i) {
    auto run = start(make_request("command", R"({"command":["true"]})"));
    if (launcher_->pid() > 0) ::kill(launcher_->pid(), SIGKILL);
    auto const outcome = wait(*run);
    EXPECT_TRUE(outcome.output || outcome.output.error().code == "launcher_lost");
  }
  wait_until([&] { return launcher_->pid() > 0; });
}

TEST_F(LauncherTest, ItHoldsNoneOfTheServersSecrets) {
  ::setenv("ROPEWALK_TEST_SECRET", "canary", 1);
  use(options_);
  ::unsetenv("ROPEWALK_TEST_SECRET");
  output_of(shell("true"));
  for (pid_t const pid : find_processes("canary")) EXPECT_NE(pid, launcher_->pid());
}

}  // namespace
}  // namespace ropewalk
