// Goal: a cancelled attempt leaves nothing: no process, no zombie, no descriptor, no folder.
// Method: real children that resist; the end of each is waited for by condition.
#include "providers/process/process_tree.hpp"
#include "tests/providers/process/process_fixture.hpp"

#include <fstream>

namespace ropewalk {
namespace {

using namespace std::chrono_literals;

class CancelTest : public ProcessFixture {
 protected:
  void SetUp() override {
    ProcessFixture::SetUp();
    options_.grace = 100ms;
    use(options_);
    wait_until([&] { return launcher_->pid() > 0; });
    files_before_ = open_files_count();
  }

  /// Starts `line`, waits until it has printed "ready", cancels it, and waits for its end.
  AttemptOutcome cancel_when_ready(std::string const& line) {
    auto request = make_request("command", R"({"command":["sh","-c","exit 1"]})");
    request.config["command"].as_array()[2] = line;
    request.config["env"] = boost::json::object{{"CANCEL_TEST", "mark"}};
    auto run = start(std::move(request));
    wait_until([&] { return !run->sink.lines.empty() || run->outcome; });
    cancel(*run);
    auto outcome = wait(*run);
    wait_until([&] { return find_processes("CANCEL_TEST=mark").empty(); });
    EXPECT_EQ(open_files_count(), files_before_);
    wait_until([&] { return is_work_root_empty(); });
    return outcome;
  }

  std::size_t files_before_ = 0;
};

TEST_F(CancelTest, PoliteChildEndsAtSigterm) {
  options_.grace = 60s;  // the test would not end if SIGTERM did not work
  use(options_);
  auto const error = error_of(cancel_when_ready("echo ready; exec sleep 1000"));
  EXPECT_EQ(error.code, "cancelled");
}

TEST_F(CancelTest, CleanUpOfThePoliteIsLogged) {
  options_.grace = 60s;
  use(options_);
  auto run = start(make_request(
      "command",
      R"({"command":["sh","-c",)"
      R"("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.01; done"]})"
  ));
  wait_until([&] { return !run->sink.lines.empty(); });
  cancel(*run);
  wait(*run);
  EXPECT_EQ(run->sink.lines.back().text, "bye");
}

TEST_F(CancelTest, ChildThatIgnoresSigtermIsKilled) {
  cancel_when_ready("trap '' TERM; echo ready; while :; do sleep 0.05; done");
}

TEST_F(CancelTest, GroupAndDetachedDescendantsGoToo) {
  cancel_when_ready(
      "trap '' TERM; sleep 1000 & setsid sh -c 'setsid sleep 1000 & sleep 1000' & "
      "(setsid setsid sleep 1000 >/dev/null 2>&1 &) ; echo ready; while :; do sleep 0.05; done"
  );
}

TEST_F(CancelTest, BeforeItHasStarted) {
  auto run = start(make_request("command", R"({"command":["sleep","1000"]})"));
  cancel(*run);
  wait_until([&] { return run->outcome.has_value(); });
  run = start(make_request("command", R"({"command":["sleep","1000"]})"));
  io_.restart();
  io_.poll_one();
  cancel(*run);
  wait_until([&] { return run->outcome.has_value(); });
  wait_until([&] { return launcher_->running_count() == 0; });
  EXPECT_EQ(open_files_count(), files_before_);
}

TEST_F(CancelTest, AtEveryStepOfItsLife) {
  for (int steps = 0; steps < 30; ++steps) {
    auto run =
        start(make_request("command", R"({"command":["sh","-c","echo a; echo b >&2; sleep 0.01"]})")
        );
    io_.restart();
    for (int i = 0; i < steps; ++i) io_.run_one_for(20ms);
    cancel(*run);
    wait_until([&] { return run->outcome.has_value(); });
  }
  wait_until([&] { return launcher_->running_count() == 0 && is_work_root_empty(); });
  EXPECT_EQ(open_files_count(), files_before_);
}

TEST_F(CancelTest, DetachedGrandchildThatHoldsStdoutDoesNotHangTheAttempt) {
  auto const begin = Steady::now();
  auto request = make_request(
      "command",
      R"({"command":["sh","-c","setsid sleep 1000 & echo done"],"env":{"CANCEL_TEST":"mark"}})"
  );
  auto run = start(std::move(request));
  EXPECT_EQ(output_of(wait(*run)).at("stdout").as_string(), "done");
  EXPECT_LT(Steady::now() - begin, 5s);
  wait_until([&] { return find_processes("CANCEL_TEST=mark").empty(); });
}

TEST_F(CancelTest, SoDoesOneThatHidItsEnvironment) {
  auto const begin = Steady::now();
  auto request = make_request(
      "command",
      R"({"command":["sh","-c","env -i HIDDEN_TEST=mark setsid sleep 1000 & echo done"]})"
  );
  auto other =
      start(make_request("command", R"({"command":["sh","-c","echo up; exec sleep 1000"]})"));
  wait_until([&] { return !other->sink.lines.empty(); }
  );  // so that it cannot be killed for being the last
  auto run = start(std::move(request));
  EXPECT_EQ(output_of(wait(*run)).at("stdout").as_string(), "done");
  EXPECT_LT(Steady::now() - begin, 5s);
  wait_until([&] { return find_processes("HIDDEN_TEST=mark").empty(); });
  cancel(*other);
  wait(*other);
}

TEST_F(CancelTest, DaemonThatClosedEverythingDoesNotOutliveItsAttempt) {
  auto request = make_request(
      "command",
      R"({"command":["sh","-c",
      "setsid sh -c 'sleep 1000 & sleep 1000' </dev/null >/dev/null 2>&1 & echo done"],
          "env":{"CANCEL_TEST":"mark"}})"
  );
  auto run = start(std::move(request));
  wait(*run);
  wait_until([&] { return find_processes("CANCEL_TEST=mark").empty(); });
}

}  // namespace
}  // namespace ropewalk
