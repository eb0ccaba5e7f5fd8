// The command line as people use it. Method: every command is run as a process, on files as they
// would stand on a disk; `run` with an engine of its own, the rest beside one server.
#include "tests/system/support/server.hpp"

#include <boost/json/parse.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <future>
#include <memory>
#include <sstream>

namespace ropewalk::system_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string const examples = ROPEWALK_EXAMPLES;

Finished ropewalk(std::vector<std::string> arguments, std::string const& directory = {}) {
  arguments.insert(arguments.begin(), ropewalk_binary());
  ProgramOptions options;
  options.directory = directory;
  return run_program(arguments, options);
}

json::object last_line(std::string const& text) {
  std::string last;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (!line.empty()) last = line;
  return json::parse(last).as_object();
}

/// `ropewalk run` in one data directory, which keeps its PostgreSQL for the next run.
class RunTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { directory = std::make_unique<TempDirectory>(); }
  static void TearDownTestSuite() { directory.reset(); }

  static Finished run(std::vector<std::string> arguments, std::string const& data = "data") {
    arguments.insert(arguments.begin(), "run");
    arguments.insert(arguments.end(), {"--data", directory->path(data)});
    return ropewalk(arguments, directory->path());
  }

  static std::unique_ptr<TempDirectory> directory;
};
std::unique_ptr<TempDirectory> RunTest::directory;

TEST_F(RunTest, CompletedIsZeroAndTheOutputIsPrinted) {
  auto const done = run({examples + "/hello.yaml", "-i", "name=Ada", "--output", "shout"});
  EXPECT_EQ(done.status, 0) << done.error;
  EXPECT_THAT(done.out, HasSubstr("HELLO, ADA!"));
}

TEST_F(RunTest, EveryExampleEndsAsItSays) {
  for (std::string const name : {"hello", "decide", "fan-out", "failure"}) {
    auto const done = run({examples + "/" + name + ".yaml"});
    EXPECT_EQ(done.status, 0) << name << "\n" << done.out << done.error;
  }
}

TEST_F(RunTest, FailedIsOneAndSaysWhichTask) {
  auto const file = directory->write(
      "fails.yaml", "name: fails\ntasks: {bad: {type: command, command: ['false']}}\n"
  );
  auto const done = run({file});
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.out, AllOf(HasSubstr("bad"), HasSubstr("FAILED")));
}

TEST_F(RunTest, AMistakeInTheFileIsTwoAndNothingIsStarted) {
  auto const file = directory->write("typo.yaml", "name: typo\ntasks: {a: {typ: pass}}\n");
  auto const done = run({file}, "untouched");
  EXPECT_EQ(done.status, 2);
  EXPECT_THAT(done.error, HasSubstr("rename `typ` to `type`"));
  EXPECT_FALSE(std::filesystem::exists(directory->path("untouched")))
      << "a database was made for it";
}

TEST_F(RunTest, InputsThatDoNotFitAreTwo) {
  auto const done = run({examples + "/decide.yaml", "-i", "amount=much"});
  EXPECT_EQ(done.status, 2) << done.out << done.error;
  EXPECT_THAT(done.error, HasSubstr("amount"));
}

TEST_F(RunTest, JsonIsEventsAndThenTheExecution) {
  auto const done = run({examples + "/hello.yaml", "--json"});
  ASSERT_EQ(done.status, 0) << done.error;
  std::istringstream lines(done.out);
  for (std::string line; std::getline(lines, line);) EXPECT_TRUE(json::parse(line).is_object());
  auto const execution = last_line(done.out);
  EXPECT_EQ(text_of(execution, "status"), "COMPLETED");
  EXPECT_EQ(execution.at("tasks").as_array().size(), 2U);
}

TEST_F(RunTest, TwoThatStartTogetherBothEnd) {
  auto const file =
      directory->write("nap.yaml", "name: nap\ntasks: {a: {type: wait, duration: 2s}}\n");
  auto const start = [&] { return run({file}, "shared"); };
  auto first = std::async(std::launch::async, start);
  auto second = std::async(std::launch::async, start);
  for (auto const& done : {first.get(), second.get()}) EXPECT_EQ(done.status, 0) << done.error;
}

/// Tasks that need up to five before them, as JSON.
std::string large_definition(int tasks_count) {
  std::string out = R"({"name":"large","tasks":{)";
  for (int i = 0; i < tasks_count; ++i) {
    out += (i == 0 ? "\"t" : ",\"t") + std::to_string(i) + R"(":{"type":"pass","needs":[)";
    for (int k = std::max(0, i - 5); k < i; ++k)
      out += (k == std::max(0, i - 5) ? "\"t" : ",\"t") + std::to_string(k) + "\"";
    out += "]}";
  }
  return out + "}}";
}

TEST(LocalCommandsTest, AHundredThousandTasksAreFineByDefault) {
  TempDirectory const directory;
  auto const file = directory.write("large.json", large_definition(100'000));
  auto const done = ropewalk({"validate", file});
  EXPECT_EQ(done.status, 0) << done.out << done.error;
}

TEST(LocalCommandsTest, ValidateListsAllProblemsWithLineAndMend) {
  TempDirectory const directory;
  auto const file = directory.write("broken.yaml", R"(name: broken
tasks:
  a: {type: pass, needs: [c]}
  b: {type: pass, needs: [a]}
  c: {type: pass, needs: [b]}
  d: {type: pass, descripton: typo}
  e: {type: pass, needs: [nowhere]}
  f: {type: pass, when: "1 +"}
)");
  auto const done = ropewalk({"validate", file});
  EXPECT_EQ(done.status, 2);
  EXPECT_THAT(done.out, HasSubstr("a → ")) << "the cycle as a path";
  EXPECT_THAT(done.out, AllOf(HasSubstr("broken.yaml:6:"), HasSubstr("description")));
  EXPECT_THAT(done.out, AllOf(HasSubstr("broken.yaml:7:"), HasSubstr("nowhere")));
  EXPECT_THAT(done.out, HasSubstr("broken.yaml:8:"));
  std::size_t mends = 0;
  for (auto at = done.out.find("(mend:"); at != done.out.npos; at = done.out.find("(mend:", at + 1))
    ++mends;
  EXPECT_EQ(mends, 4U) << done.out;
}

TEST(LocalCommandsTest, ValidateIsZeroForAGoodFile) {
  auto const done = ropewalk({"validate", examples + "/hello.yaml"});
  EXPECT_EQ(done.status, 0);
  EXPECT_THAT(done.out, HasSubstr("2 tasks"));
}

TEST(LocalCommandsTest, EvalPrintsJson) {
  TempDirectory const directory;
  auto const file = directory.write("with.json", R"({"inputs": {"n": [1, 2, 3]}})");
  auto const done = ropewalk({"eval", "inputs.n.map(x, x * 2)", "--with", file});
  EXPECT_EQ(done.status, 0) << done.error;
  EXPECT_EQ(done.out, "[2,4,6]\n");
  EXPECT_EQ(ropewalk({"eval", "1 +"}).status, 2);
}

TEST(LocalCommandsTest, GraphInAllFormats) {
  auto const file = examples + "/hello.yaml";
  EXPECT_THAT(ropewalk({"graph", file}).out, AllOf(HasSubstr("greet"), HasSubstr("-->")));
  EXPECT_THAT(ropewalk({"graph", file, "--format", "dot"}).out, HasSubstr("digraph"));
  auto const graph = json::parse(ropewalk({"graph", file, "--format", "json"}).out);
  EXPECT_EQ(graph.at("tasks").as_array().size(), 2U);
}

TEST(LocalCommandsTest, ConfigSaysWhereValuesComeFromAndVersionIsOne) {
  TempDirectory const directory;
  directory.write("ropewalk.yaml", "grace: 7s\n");
  auto const done = ropewalk({"config", "--lease", "3s"}, directory.path());
  EXPECT_EQ(done.status, 0) << done.error;
  EXPECT_THAT(done.out, AllOf(HasSubstr("7s"), HasSubstr("file"), HasSubstr("flag")));
  EXPECT_THAT(ropewalk({"version"}).out, HasSubstr("ropewalk 0."));
  EXPECT_EQ(ropewalk({"no-such-command"}).status, 2);
}

TEST(LocalCommandsTest, WithoutAServerItSaysSo) {
  TempDirectory const directory;
  auto const done = ropewalk({"ps", "--data", directory.path("data")});
  EXPECT_EQ(done.status, 4);
  EXPECT_THAT(done.error, HasSubstr("ropewalk serve"));
}

/// One task that a file lets go on.
json::value waits_for_file() {
  return definition(R"({'name': 'waits', 'tasks': {
    'first': {'type': 'command', 'command': ['echo', 'first says this']},
    'hold': {'type': 'command', 'needs': ['first'], 'env': {'FILE': '${{ inputs.file }}'},
      'command': ['sh', '-c', 'until [ -e "$FILE" ]; do sleep 0.02; done']},
    'last': {'type': 'pass', 'needs': ['hold']}}})");
}

class RemoteCommandsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { shared = std::make_unique<Server>(); }
  static void TearDownTestSuite() { shared.reset(); }

  std::string start() {
    json::object inputs;
    inputs["file"] = gate();
    auto const workflow = waits_for_file();
    auto out = server_.run(workflow, inputs);
    eventually([&] { return server_.status_of(out, "hold") != "PENDING"; });
    return out;
  }
  /// Of this test alone.
  static std::string gate() {
    return shared->files().path(::testing::UnitTest::GetInstance()->current_test_info()->name());
  }
  static void open_gate() { std::ofstream(gate()) << "open"; }

  static std::unique_ptr<Server> shared;
  Server const& server_ = *shared;
};
std::unique_ptr<Server> RemoteCommandsTest::shared;

TEST_F(RemoteCommandsTest, LookAtAnExecution) {
  auto const id = start();
  EXPECT_THAT(server_.cli({"ps"}).out, AllOf(HasSubstr("waits"), HasSubstr("RUNNING")));
  auto const shown = server_.cli({"show", id.substr(0, 20)});
  EXPECT_EQ(shown.status, 0) << shown.error;
  EXPECT_THAT(shown.out, AllOf(HasSubstr("hold"), HasSubstr("RUNNING"), HasSubstr("PENDING")));
  EXPECT_THAT(server_.cli({"logs", id}).out, HasSubstr("first says this"));
  EXPECT_THAT(server_.cli({"why", id}).out, AllOf(HasSubstr("last"), HasSubstr("hold")));
  open_gate();
  EXPECT_EQ(server_.cli({"logs", id, "-f"}).status, 0);
  server_.wait_for_end(id);
  EXPECT_THAT(server_.cli({"ps"}).out, ::testing::Not(HasSubstr(id.substr(0, 13))));
  auto const all = last_line(server_.cli({"ps", "--all", "--json"}).out);
  EXPECT_EQ(text_of(all, "id"), id);
  EXPECT_EQ(text_of(all, "status"), "COMPLETED");
}

TEST_F(RemoteCommandsTest, CancelReachesTheProcess) {
  auto const id = start();
  EXPECT_FALSE(server_.task_processes().empty());
  EXPECT_EQ(server_.cli({"cancel", id}).status, 0);
  EXPECT_EQ(text_of(server_.wait_for_end(id), "status"), "CANCELLED");
  EXPECT_TRUE(eventually([&] { return server_.task_processes().empty(); }));
  EXPECT_NE(server_.cli({"cancel", id}).status, 0) << "it has ended";
}

TEST_F(RemoteCommandsTest, PausedStartsNothingMoreUntilResumed) {
  auto const id = start();
  EXPECT_EQ(server_.cli({"pause", id}).status, 0);
  open_gate();
  ASSERT_TRUE(eventually([&] { return server_.status_of(id, "hold") == "COMPLETED"; }));
  EXPECT_EQ(server_.status_of(id, "last"), "PENDING");
  EXPECT_THAT(server_.cli({"why", id}).out, HasSubstr("paused"));
  EXPECT_EQ(server_.cli({"resume", id}).status, 0);
  EXPECT_EQ(text_of(server_.wait_for_end(id), "status"), "COMPLETED");
}

TEST_F(RemoteCommandsTest, RetryGoesOnFromWhatFailed) {
  auto const workflow = definition(R"({'name': 'mends', 'tasks': {
    'once': {'type': 'command', 'env': {'FILE': '${{ inputs.file }}'},
      'command': ['sh', '-c', 'echo ran >> "$FILE.ledger"']},
    'check': {'type': 'command', 'needs': ['once'], 'env': {'FILE': '${{ inputs.file }}'},
      'command': ['test', '-e', '${{ inputs.file }}']}}})");
  json::object inputs;
  inputs["file"] = gate();
  auto const id = server_.run(workflow, inputs);
  EXPECT_EQ(text_of(server_.wait_for_end(id), "status"), "FAILED");
  open_gate();
  EXPECT_EQ(server_.cli({"retry", id}).status, 0);
  EXPECT_TRUE(eventually([&] { return text_of(server_.execution(id), "status") == "COMPLETED"; }));
  EXPECT_EQ(read_text(gate() + ".ledger"), "ran\n") << "a completed task ran again";
}

TEST_F(RemoteCommandsTest, PruneRemovesWhatEndedLongAgo) {
  open_gate();
  auto const id = start();
  server_.wait_for_end(id);
  EXPECT_EQ(server_.cli({"prune", "--older-than", "30d"}).status, 0);
  EXPECT_EQ(server_.get("/v1/executions/" + id).status, 200U) << "it is young";
  auto const pruned = server_.cli({"prune", "--older-than", "0s"});
  EXPECT_EQ(pruned.status, 0) << pruned.error;
  EXPECT_EQ(server_.get("/v1/executions/" + id).status, 404U);
}

TEST_F(RemoteCommandsTest, RunUsesTheServerThatIsUp) {
  auto const done = server_.cli({"run", examples + "/hello.yaml"});
  EXPECT_EQ(done.status, 0) << done.error;
  EXPECT_THAT(server_.cli({"ps", "--all"}).out, HasSubstr("hello"));
}

}  // namespace
}  // namespace ropewalk::system_test
