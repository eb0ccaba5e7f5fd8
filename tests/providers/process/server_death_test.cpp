// Goal: no child outlives the server. Method: a second process plays the server, starts children of
// every kind through its launcher, and is killed; then none of them may be left.
#include "tests/providers/process/process_fixture.hpp"

#include <boost/asio/co_spawn.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace ropewalk {
namespace {

using namespace std::chrono_literals;

constexpr char const* mark = "SERVER_DEATH_TEST=mark";

class ServerDeathTest : public ProcessFixture {
 protected:
  /// In the process that plays the server: never returns.
  [[noreturn]] void play_server(int ready_pipe) {
    asio::io_context io(1);
    Launcher launcher(io.get_executor());
    ProcessRunner runner(launcher, options_);
    std::vector<std::unique_ptr<StartedAttempt>> runs;
    std::size_t ready_count = 0;
    char const* const lines[] = {
        "echo up; exec sleep 1000",
        "trap '' TERM HUP; sleep 1000 & echo up; while :; do sleep 1; done",
        ("setsid sleep 1000 & (setsid setsid sh -c 'sleep 1000 & sleep 1000' >/dev/null 2>&1 &); "
         "echo up; sleep 1000"),
    };
    for (char const* line : lines) {
      auto request = make_request(
          "command", R"({"command":["sh","-c",""],"env":{"SERVER_DEATH_TEST":"mark"}})"
      );
      request.config["command"].as_array()[2] = line;
      auto run = std::make_unique<StartedAttempt>();
      run->sink.on_line = [&](LogLine const&) {
        if (++ready_count == std::size(lines) && ::write(ready_pipe, "r", 1) != 1) ::_exit(2);
      };
      asio::co_spawn(
          io, runner.run(std::move(request), run->sink), [](std::exception_ptr, AttemptOutcome) {}
      );
      runs.push_back(std::move(run));
    }
    io.run();
    ::_exit(1);
  }

  void expect_nothing_left() {
    wait_until([] { return find_processes(mark).empty(); });
    EXPECT_TRUE(find_processes(mark).empty());
    std::filesystem::remove_all(options_.work_root
    );  // what a killed server leaves; its next start clears it
  }
};

TEST_F(ServerDeathTest, KillNineLeavesNothing) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  pid_t const server = ::fork();
  ASSERT_GE(server, 0);
  if (server == 0) play_server(ready[1]);
  ::close(ready[1]);
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  ::close(ready[0]);
  EXPECT_GE(find_processes(mark).size(), 6U);
  ::kill(server, SIGKILL);
  ::waitpid(server, nullptr, 0);
  expect_nothing_left();
}

}  // namespace
}  // namespace ropewalk
