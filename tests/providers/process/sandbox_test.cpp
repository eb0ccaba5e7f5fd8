// Goal: inside a sandbox there is what a task was given, and nothing else; and it ends like any
// other. Method: real bubblewrap; skipped where the machine does not let it work.
#include "engine/base/json.hpp"
#include "providers/process/isolation.hpp"
#include "tests/providers/process/process_fixture.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <fstream>

namespace ropewalk {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class SandboxTest : public ProcessFixture {
 protected:
  void SetUp() override {
    ProcessFixture::SetUp();
    options_.isolation = probe_isolation();
    options_.data_root = folder_.string();
    if (!options_.isolation.bwrap.works()) GTEST_SKIP() << options_.isolation.bwrap.reason;
    use(options_);
  }

  static std::string config(
      std::string const& line, std::string_view sandbox = R"("bwrap")", std::string_view more = "{}"
  ) {
    auto out = json_of(more).as_object();
    json::array command;
    for (auto const* part : {"sh", "-c"}) command.emplace_back(part);
    command.emplace_back(line);
    out["command"] = std::move(command);
    out["sandbox"] = json_of(sandbox);
    return to_text(out);
  }
  AttemptOutcome boxed(
      std::string const& line, std::string_view sandbox = R"("bwrap")", std::string_view more = "{}"
  ) {
    auto request = make_request("command", config(line, sandbox, more));
    request.directory.clear();
    last_ = start(std::move(request));
    return wait(*last_);
  }
};

TEST_F(SandboxTest, WorksAsOutside) {
  auto const output = output_of(boxed(
      "echo '{\"a\": 1}' > \"$ROPEWALK_OUTPUT\"; test -s \"$ROPEWALK_CONTEXT\" && test \"$PWD\" = "
      "\"$HOME\" && echo fine > file && echo fine > /tmp/file"
  ));
  EXPECT_EQ(output, json_of(R"({"a":1})"));
}

TEST_F(SandboxTest, TheRootIsReadOnly) {
  auto const output = output_of(boxed(
      "for place in / /etc /usr /var /run /home /root /dev; do touch $place/x 2>/dev/null && echo "
      "\"$place was written\"; done; true"
  ));
  EXPECT_EQ(output, json_of(R"({"stdout":""})"));
}

TEST_F(SandboxTest, TheServersDataIsHidden) {
  std::ofstream(folder_ / "secret") << "key";
  auto const output = output_of(boxed(
      "cat " + (folder_ / "secret").string() + " 2>&1; ls -A /home /root /run | grep -v :; true"
  ));
  EXPECT_THAT(to_text(output), testing::Not(HasSubstr("key")));
}

TEST_F(SandboxTest, ItIsAloneWithoutNetworkAndRights) {
  auto const output = output_of(
      boxed("ls /proc | grep -c '^[0-9]*$'; ls /sys/class/net 2>/dev/null | grep -vc lo; cat "
            "/proc/net/dev | tail -n +3 | grep -vc 'lo:'; grep CapEff /proc/self/status")
  );
  auto const text = to_text(output);
  EXPECT_THAT(text, HasSubstr("CapEff:\\t0000000000000000"));
  auto const processes = std::stoi(std::string(output.at("stdout").as_string()));
  EXPECT_LT(processes, 10) << "it sees processes of others";
  EXPECT_THAT(text, HasSubstr("\\n0\\nCapEff")) << "there is more than a loopback";
}

TEST_F(SandboxTest, NetworkAndPathsAreThereWhenTheyAreAskedFor) {
  auto const place = folder_.string() + "-writable";
  std::filesystem::create_directories(place);
  auto const spec = R"({"type":"bwrap","network":true,"writable":[")" + place + R"("]})";
  auto const own = output_of(shell("tail -n +3 /proc/net/dev | wc -l"));
  auto const output =
      output_of(boxed("echo yes > " + place + "/file; tail -n +3 /proc/net/dev | wc -l", spec));
  EXPECT_EQ(output, own);
  EXPECT_TRUE(std::filesystem::exists(place + "/file"));
  std::filesystem::remove_all(place);
}

TEST_F(SandboxTest, WhatItCannotHaveIsSaid) {
  auto const nowhere =
      error_of(boxed("true", R"({"type":"bwrap","writable":["/nowhere/at/all"]})"));
  EXPECT_EQ(nowhere.code, "invalid_task");
  auto const data =
      error_of(boxed("true", R"({"type":"bwrap","readable":[")" + folder_.string() + R"("]})"));
  EXPECT_THAT(data.message, HasSubstr("data directory"));
  auto const hidden = error_of(boxed("true", R"("bwrap")", R"({"workingDirectory":"/run"})"));
  EXPECT_EQ(hidden.code, "working_directory_not_found");
  EXPECT_THAT(hidden.hint, HasSubstr("sandbox.readable"));
}

TEST_F(SandboxTest, WithoutBubblewrapItNeverRuns) {
  options_.isolation.bwrap = {{}, "no namespaces here"};
  use(options_);
  auto const error = error_of(boxed("touch " + (folder_ / "ran").string()));
  EXPECT_EQ(error.code, "isolation_unavailable");
  EXPECT_EQ(error.error_class, ErrorClass::permanent);
  EXPECT_THAT(error.message, HasSubstr("no namespaces here"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "ran"));
}

TEST_F(SandboxTest, ExitCodesAndLimitsAreTold) {
  EXPECT_EQ(error_of(boxed("exit 7")).detail.at("exitCode"), 7);
  EXPECT_EQ(
      error_of(boxed("while :; do :; done", R"("bwrap")", R"({"limits":{"cpu":"1s"}})")).code,
      "cpu_time_exceeded"
  );
  EXPECT_EQ(
      error_of(
          boxed(
              "head -c 9000000 /dev/zero > big", R"("bwrap")", R"({"limits":{"fileSize":"1MiB"}})"
          )
      )
          .code,
      "file_size_exceeded"
  );
}

TEST_F(SandboxTest, AForkBombInside) {
  auto const error = error_of(boxed(
      "exec perl -e 'fork() for 1 .. 11; sleep 60'",
      R"("bwrap")",
      R"({"env":{"SANDBOX_TEST":"bomb"},"limits":{"processes":50}})"
  ));
  EXPECT_EQ(error.code, "process_limit_exceeded");
  wait_until([] { return find_processes("SANDBOX_TEST=bomb").empty(); });
}

TEST_F(SandboxTest, AskingItToEndReachesThoseInside) {
  auto request = make_request(
      "command",
      config(
          "trap 'sleep 0.3; echo ended kindly; exit 3' TERM; echo up; while :; do sleep 0.05; done"
      )
  );
  auto running = start(std::move(request));
  wait_until([&] { return !running->sink.lines.empty(); });
  cancel(*running);
  wait(*running);
  EXPECT_THAT(running->sink.texts(LogLevel::info), testing::Contains("ended kindly"));
}

TEST_F(SandboxTest, NothingIsLeftOfOneThatDoesNotListen) {
  options_.grace = 100ms;
  use(options_);
  auto running = start(make_request(
      "command",
      config(
          "trap '' TERM; (setsid setsid sleep 1000 &); echo up; while :; do sleep 1; done",
          R"("bwrap")",
          R"({"env":{"SANDBOX_TEST":"deaf"}})"
      )
  ));
  wait_until([&] { return !running->sink.lines.empty(); });
  cancel(*running);
  wait(*running);
  wait_until([] { return find_processes("SANDBOX_TEST=deaf").empty(); });
}

TEST_F(SandboxTest, TheLaunchersDeathEndsIt) {
  auto running = start(make_request(
      "command",
      config(
          "(setsid setsid sleep 1000 &); echo up; sleep 1000",
          R"("bwrap")",
          R"({"env":{"SANDBOX_TEST":"orphan"}})"
      )
  ));
  wait_until([&] { return !running->sink.lines.empty(); });
  ::kill(launcher_->pid(), SIGKILL);
  EXPECT_EQ(error_of(wait(*running)).code, "launcher_lost");
  wait_until([] { return find_processes("SANDBOX_TEST=orphan").empty(); });
}

}  // namespace
}  // namespace ropewalk
