// Goal: whatever a task uses up, it ends as a failure that says so, and nobody else is disturbed.
// Method: tasks that fork, print, write and allocate without end, within limits; beside each one an
// ordinary execution must come to its end. Every one of them is bounded by itself as well.
#include "tests/system/support/server.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace ropewalk::system_test {
namespace {

using ::testing::HasSubstr;

/// A tmpfs of 1 MiB, where this process may mount one.
class SmallDisk {
 public:
  explicit SmallDisk(std::string path) : path_(std::move(path)) {
    ::mkdir(path_.c_str(), 0777);
    is_there_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=1m") == 0;
    if (!is_there_) reason_ = std::strerror(errno);
  }
  SmallDisk(SmallDisk const&) = delete;
  SmallDisk& operator=(SmallDisk const&) = delete;
  ~SmallDisk() {
    if (is_there_) ::umount2(path_.c_str(), MNT_DETACH);
  }

  bool is_there() const { return is_there_; }
  std::string const& path() const { return path_; }
  std::string const& reason() const { return reason_; }

 private:
  std::string path_;
  bool is_there_ = false;
  std::string reason_{};
};

class IsolationTest : public ::testing::Test {
 protected:
  /// One task "wild" that runs `line` in a shell.
  static json::value wild(std::string const& line, std::string const& more = "{}") {
    auto task = json::parse(more).as_object();
    json::array command{"sh", "-c"};
    command.emplace_back(line);
    task["type"] = "command";
    task["command"] = std::move(command);
    json::object tasks;
    tasks["wild"] = std::move(task);
    json::object out;
    out["name"] = "wild";
    out["tasks"] = std::move(tasks);
    return out;
  }

  static json::value ordinary() {
    return definition(R"({'name': 'ordinary', 'tasks': {
      'a': {'type': 'command', 'command': ['echo', '1']},
      'b': {'type': 'command', 'needs': ['a'], 'command': ['echo', '2']},
      'c': {'type': 'command', 'needs': ['b'], 'command': ['sh', '-c', 'sleep 0.2; echo 3']},
      'd': {'type': 'pass', 'needs': ['c'], 'value': '${{ tasks.c.output }}'}}})");
  }

  /// Runs it beside ordinary ones, which must be well; its error.
  json::object error_of(json::value const& workflow) {
    auto const id = server_.run(workflow);
    for (int i = 0; i < 3; ++i) {
      auto const other = server_.run(ordinary());
      EXPECT_EQ(text_of(server_.wait_for_end(other, seconds(30)), "status"), "COMPLETED");
    }
    EXPECT_EQ(text_of(server_.wait_for_end(id, seconds(60)), "status"), "FAILED");
    EXPECT_TRUE(eventually([&] { return server_.task_processes().empty(); }));
    EXPECT_EQ(server_.get("/readyz").status, 200U);
    auto const task = server_.get("/v1/executions/" + id + "/tasks/wild").object();
    auto const* error = task.if_contains("error");
    if (error == nullptr || !error->is_object()) return {};
    return error->as_object();
  }
  static std::string class_and_code(json::object const& error) {
    return text_of(error, "class") + " " + text_of(error, "code");
  }
  bool has_bwrap() const { return isolation().at("bwrap").at("works").as_bool(); }
  json::object isolation() const {
    auto const nodes = server_.get("/v1/nodes").object();
    return nodes.at("items").at(0).at("isolation").as_object();
  }

  Server server_{{"--process-grace", "300ms"}};
};

TEST_F(IsolationTest, AForkBomb) {
  auto const error = error_of(
      wild("exec perl -e 'fork() for 1 .. 11; sleep 60'", R"({"limits":{"processes":100}})")
  );
  EXPECT_EQ(class_and_code(error), "resource process_limit_exceeded");
}

TEST_F(IsolationTest, AForkBombInASandbox) {
  if (!has_bwrap()) GTEST_SKIP() << json::serialize(isolation());
  auto const error = error_of(wild(
      "exec perl -e 'fork() for 1 .. 11; sleep 60'",
      R"({"limits":{"processes":100},"sandbox":"bwrap"})"
  ));
  EXPECT_EQ(class_and_code(error), "resource process_limit_exceeded");
}

TEST_F(IsolationTest, TenGibibytesPrinted) {
  auto const before = resident_bytes(server_.pid());
  auto const error =
      error_of(wild("yes | head -c 10737418240", R"({"limits":{"fileSize":"256MiB"}})"));
  EXPECT_EQ(class_and_code(error), "permanent output_too_large");
  EXPECT_LT(resident_bytes_peak(server_.pid()), before + (200U << 20U));
}

TEST_F(IsolationTest, TenGibibytesInAFile) {
  auto const error = error_of(
      wild("exec head -c 10737418240 /dev/zero > big", R"({"limits":{"fileSize":"16MiB"}})")
  );
  EXPECT_EQ(class_and_code(error), "resource file_size_exceeded");
}

TEST_F(IsolationTest, TwentyGibibytesOfMemory) {
  auto const error = error_of(wild(
      "exec perl -e '$x .= \"x\" x 1048576 for 1 .. 20480; sleep 60'",
      R"({"limits":{"memory":"256MiB"}})"
  ));
  EXPECT_EQ(class_and_code(error), "resource out_of_memory");
  auto const at_once =
      error_of(wild("exec perl -e '$x = \"x\" x 21474836480'", R"({"limits":{"memory":"256MiB"}})")
      );
  EXPECT_EQ(class_and_code(at_once), "resource out_of_memory");
}

TEST_F(IsolationTest, AFullDisk) {
  SmallDisk const disk(server_.files().path("disk"));
  if (!disk.is_there()) GTEST_SKIP() << "no small disk can be mounted here: " << disk.reason();
  auto const error = error_of(wild("exec head -c 9000000 /dev/zero > " + disk.path() + "/file"));
  EXPECT_EQ(class_and_code(error), "resource disk_full");
}

TEST_F(IsolationTest, OneThatIgnoresSigterm) {
  std::string const deaf = "trap '' TERM INT HUP; while :; do sleep 0.05; done";
  EXPECT_EQ(
      class_and_code(error_of(wild(deaf, R"({"limits":{"wall":"400ms"}})"))),
      "transient wall_time_exceeded"
  );
  EXPECT_EQ(class_and_code(error_of(wild(deaf, R"({"timeout":"400ms"})"))), "transient timeout");
  if (!has_bwrap()) return;
  EXPECT_EQ(
      class_and_code(error_of(wild(deaf, R"({"timeout":"400ms","sandbox":"bwrap"})"))),
      "transient timeout"
  );
}

TEST_F(IsolationTest, ProcessorTime) {
  auto const error = error_of(wild("while :; do :; done", R"({"limits":{"cpu":"1s"}})"));
  EXPECT_EQ(class_and_code(error), "resource cpu_time_exceeded");
}

TEST_F(IsolationTest, NothingIsLeftOfSandboxesWhenTheServerIsKilled) {
  if (!has_bwrap()) GTEST_SKIP() << json::serialize(isolation());
  server_.run(wild(
      "trap '' TERM; (setsid setsid sleep 1001 &); sleep 1002 & while :; do sleep 1; done",
      R"({"sandbox":"bwrap"})"
  ));
  // Two of bubblewrap's own, the shell and three sleeps.
  ASSERT_TRUE(eventually([&] { return server_.task_processes().size() >= 5; }))
      << server_.task_processes().size();
  server_.kill();
  EXPECT_TRUE(eventually([&] { return server_.task_processes().empty(); }, seconds(10)))
      << server_.task_processes().size() << " processes are left";
}

TEST_F(IsolationTest, WhatTheMachineCannotDoIsSaidAndNeverRuns) {
  auto const means = isolation();
  for (auto const& [name, state] : means)
    EXPECT_TRUE(state.at("works").as_bool() || !state.at("reason").as_string().empty());
  EXPECT_THAT(server_.log(), HasSubstr("control groups"));
  if (means.at("controlGroups").at("works").as_bool()) GTEST_SKIP() << "it has control groups";
  auto const error =
      error_of(wild("touch " + server_.files().path("ran"), R"({"limits":{"cores":0.5}})"));
  EXPECT_EQ(class_and_code(error), "permanent isolation_unavailable");
  EXPECT_FALSE(std::filesystem::exists(server_.files().path("ran")));
}

TEST_F(IsolationTest, ValuesReachStandardInput) {
  auto const id = server_.run(definition(R"({'name': 'stdin', 'tasks': {
    'a': {'type': 'pass', 'value': {'words': ['x', 'y']}},
    'b': {'type': 'command', 'needs': ['a'], 'command': ['cat'], 'stdin': '${{ tasks.a.output }}'},
    'c': {'type': 'script', 'needs': ['b'], 'language': 'sh', 'source': 'wc -l',
      'stdin': '${{ tasks.b.output.words.join("\\n") + "\\n" }}'}}})"));
  auto const ended = server_.wait_for_end(id);
  EXPECT_EQ(text_of(ended, "status"), "COMPLETED") << json::serialize(ended);
  auto const body = json::serialize(ended);
  EXPECT_THAT(body, HasSubstr(R"({"words":["x","y"]})"));
}

}  // namespace
}  // namespace ropewalk::system_test
