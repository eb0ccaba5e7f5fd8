// Goal: every limit ends what exceeds it, and is told as what it is. Method: real programs that use
// too much, each bounded so that a limit that failed would still harm nobody.
#include "engine/base/json.hpp"
#include "tests/providers/process/process_fixture.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

namespace ropewalk {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr char const* mark = "LIMITS_TEST=mark";

class LimitsTest : public ProcessFixture {
 protected:
  AttemptOutcome limited(std::string const& line, std::string_view limits) {
    json::object config;
    json::array command;
    for (auto const* part : {"sh", "-c"}) command.emplace_back(part);
    command.emplace_back(line);
    config["command"] = std::move(command);
    config["env"] = json::object{{"LIMITS_TEST", "mark"}};
    config["limits"] = json_of(limits);
    return run("command", to_text(config));
  }
};

TEST_F(LimitsTest, MemoryOfOneProcess) {
  auto const error = error_of(limited(
      "exec perl -e '$x .= \"x\" x 1048576 for 1 .. 1500; sleep 60'", R"({"memory":"200MiB"})"
  ));
  EXPECT_EQ(error.code, "out_of_memory");
  EXPECT_EQ(error.error_class, ErrorClass::resource);
  EXPECT_THAT(error.message, HasSubstr("200 MiB"));
}

TEST_F(LimitsTest, MemoryOfManyProcessesCountsTogether) {
  auto const error = error_of(limited(
      "for i in 1 2 3 4; do perl -e '$x = \"x\" x 100000000; sleep 60' & done; wait",
      R"({"memory":"200MiB"})"
  ));
  EXPECT_EQ(error.code, "out_of_memory");
  wait_until([] { return find_processes(mark).empty(); });
}

TEST_F(LimitsTest, MemoryThatIsSharedCountsOnce) {
  // Eight processes that share 60 MB: 480 MB by the process table.
  auto const outcome = limited(
      "perl -e '$x = \"x\" x 60000000; fork() || (sleep(1), exit) for 1 .. 7; sleep 1; 1 while "
      "wait() > 0; print 7'",
      R"({"memory":"200MiB"})"
  );
  EXPECT_EQ(output_of(outcome), boost::json::value(7));
}

TEST_F(LimitsTest, AnAllocationThatIsFarTooLargeIsRefusedAtOnce) {
  auto const error =
      error_of(limited("exec perl -e '$x = \"x\" x 5000000000'", R"({"memory":"100MiB"})"));
  EXPECT_EQ(error.code, "out_of_memory");
}

TEST_F(LimitsTest, AForkBomb) {
  auto const error =
      error_of(limited("exec perl -e 'fork() for 1 .. 11; sleep 60'", R"({"processes":50})"));
  EXPECT_EQ(error.code, "process_limit_exceeded");
  EXPECT_EQ(error.error_class, ErrorClass::resource);
  wait_until([] { return find_processes(mark).empty(); });
}

TEST_F(LimitsTest, ProcessesThatLeftTheirGroupCountAsWell) {
  auto const error = error_of(limited(
      "for i in $(seq 60); do setsid sh -c '(sleep 60 &)' ; done; sleep 60", R"({"processes":40})"
  ));
  EXPECT_EQ(error.code, "process_limit_exceeded");
  wait_until([] { return find_processes(mark).empty(); });
}

TEST_F(LimitsTest, ProcessorTimeOfOneProcess) {
  auto const error = error_of(limited("while :; do :; done", R"({"cpu":"1s"})"));
  EXPECT_EQ(error.code, "cpu_time_exceeded");
}

TEST_F(LimitsTest, ProcessorTimeOfManyProcessesCountsTogether) {
  auto const error =
      error_of(limited("while :; do perl -e '1 for 1 .. 3000000'; done", R"({"cpu":"500ms"})"));
  EXPECT_EQ(error.code, "cpu_time_exceeded");
}

TEST_F(LimitsTest, FileSize) {
  auto const error =
      error_of(limited("exec head -c 20000000 /dev/zero > big", R"({"fileSize":"1MiB"})"));
  EXPECT_EQ(error.code, "file_size_exceeded");
}

TEST_F(LimitsTest, OpenFiles) {
  auto const error = error_of(limited(
      "exec perl -e 'for (1 .. 100) { open(my $f, \"<\", \"/dev/null\") or die \"$!\\n\"; push "
      "@f, $f }'",
      R"({"openFiles":32})"
  ));
  EXPECT_EQ(error.code, "out_of_files");
}

TEST_F(LimitsTest, WallTime) {
  options_.grace = 100ms;
  use(options_);
  auto const began = Steady::now();
  auto const error =
      error_of(limited("trap '' TERM; while :; do sleep 0.05; done", R"({"wall":"300ms"})"));
  EXPECT_EQ(error.code, "wall_time_exceeded");
  EXPECT_EQ(error.error_class, ErrorClass::transient);
  EXPECT_LT(Steady::now() - began, 5s);
}

TEST_F(LimitsTest, WhatIsPrintedHasAnEnd) {
  options_.stream_bytes_max = 1'000'000;
  options_.grace = 100ms;
  use(options_);
  auto const error =
      error_of(shell("trap '' TERM PIPE; while :; do echo yyyyyyyyyyyyyyyyyyy; done"));
  EXPECT_EQ(error.code, "output_too_large");
  EXPECT_EQ(error.error_class, ErrorClass::permanent);
  EXPECT_EQ(error_of(limited("exec yes", R"({"fileSize":"100KiB"})")).code, "output_too_large");
}

TEST_F(LimitsTest, LimitsOfTheServerCountForAll) {
  options_.limits_max.processes = 20;
  use(options_);
  auto const error = error_of(
      shell("exec perl -e 'for (1 .. 200) { fork() // last or do { sleep 60; exit } } sleep 60'")
  );
  EXPECT_EQ(error.code, "process_limit_exceeded");
}

TEST_F(LimitsTest, WithinItsLimitsATaskIsAsEver) {
  auto const output = output_of(limited(
      "echo '{\"fine\":true}'",
      R"({"cpu":"10s","memory":"200MiB","processes":20,"fileSize":"1MiB","openFiles":50,
          "wall":"10s"})"
  ));
  EXPECT_EQ(output, json_of(R"({"fine":true})"));
}

/// A control group of this test's own; empty where none can be made.
class OwnGroup {
 public:
  OwnGroup() {
    std::ifstream mounts("/proc/self/mountinfo");
    for (std::string line; std::getline(mounts, line);) {
      if (line.find(" - cgroup2 ") == std::string::npos) continue;
      std::istringstream fields(line);
      for (int i = 0; i < 5; ++i) fields >> path_;
    }
    path_ += "/ropewalk-test-" + std::to_string(::getpid());
    if (::mkdir(path_.c_str(), 0755) != 0) path_.clear();
  }
  OwnGroup(OwnGroup const&) = delete;
  OwnGroup& operator=(OwnGroup const&) = delete;
  ~OwnGroup() {
    if (!path_.empty()) ::rmdir(path_.c_str());
  }
  std::string const& path() const { return path_; }
  bool is_empty() const {
    for (auto const& entry : std::filesystem::directory_iterator(path_))
      if (entry.is_directory()) return false;
    return true;
  }

 private:
  std::string path_{};
};

TEST_F(LimitsTest, AControlGroupCountsEvenWhatHidesAndIsRemoved) {
  OwnGroup const group;
  if (group.path().empty()) GTEST_SKIP() << "no control group of version 2 can be made here";
  options_.isolation.groups = {group.path(), {}};
  use(options_);
  // Its processes are gone before anybody can look at them, and the shell waits for none.
  auto const error = error_of(limited(
      "exec perl -e '$SIG{CHLD} = \"IGNORE\"; while (1) { fork() || do { 1 for 1 .. 300000; exit "
      "}; "
      "select(undef, undef, undef, 0.02) }'",
      R"({"cpu":"600ms"})"
  ));
  EXPECT_EQ(error.code, "cpu_time_exceeded");
  wait_until([] { return find_processes(mark).empty(); });
  EXPECT_EQ(output_of(limited("echo 4", R"({"cpu":"10s"})")), boost::json::value(4));
  EXPECT_TRUE(group.is_empty()) << "the group of an attempt is left";
}

TEST_F(LimitsTest, CoresNeedAControlGroup) {
  auto const error = error_of(limited("true", R"({"cores":0.5})"));
  EXPECT_EQ(error.code, "isolation_unavailable");
  EXPECT_EQ(error.error_class, ErrorClass::permanent);
}

TEST_F(LimitsTest, StandardInput) {
  auto const output =
      output_of(run("command", R"({"command":["cat"],"stdin":{"numbers":[1,2,3]}})"));
  EXPECT_EQ(output, json_of(R"({"numbers":[1,2,3]})"));
  EXPECT_EQ(output_of(run("command", R"({"command":["wc","-c"],"stdin":""})")), json_of("0"));
  EXPECT_EQ(output_of(shell("wc -c")), json_of("0")) << "without it there is nothing to read";
}

}  // namespace
}  // namespace ropewalk
