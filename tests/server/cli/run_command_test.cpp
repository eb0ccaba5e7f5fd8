// Goal: `ropewalk run` tells how it went: by its exit status, its lines, and JSON for programs.
// Method: whole commands against a server on a Unix socket that plays an execution.
#include "engine/base/json.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/run_view.hpp"
#include "tests/server/cli/events.hpp"
#include "tests/server/cli/fake_server.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <tuple>

namespace ropewalk::cli {
namespace {

constexpr auto workflow_text = R"(
name: small
inputs: { type: object, properties: { who: { type: string } } }
tasks:
  greet: { type: command, command: [echo, "${{ inputs.who }}"] }
)";

class RunCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    std::array<char, 32> name{"/tmp/ropewalk-run-XXXXXX"};
    folder_ = mkdtemp(name.data());
    write("small.yaml", workflow_text);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(std::string const& name, std::string_view text) {
    std::ofstream(folder_ + "/" + name) << text;
    return folder_ + "/" + name;
  }

  struct Outcome {
    int status = 0;
    std::string out{};
    std::string err{};
    json::object request{};
  };

  /// Runs the file against a server that plays an execution which ends with `status`.
  Outcome run(std::string const& end, std::vector<std::string> more = {}) {
    Outcome outcome;
    FakeScript script;
    script.answer = [&](std::string const& method, std::string const&, std::string const& body) {
      if (method == "POST") {
        outcome.request = parse_json(body).value().as_object();
        return FakeReply{201, R"({"id":"x","status":"PENDING"})"};
      }
      return FakeReply{200, R"({"id":"x","tasks":[{"id":"greet","output":{"text":"hi"}}]})"};
    };
    script.frame = [&](int, std::uint64_t, int frame) { return play(frame, end); };
    FakeServer const server(std::move(script));
    std::vector<std::string> words{
        "ropewalk", "run", folder_ + "/small.yaml", "--server", server.url()};
    words.insert(words.end(), more.begin(), more.end());
    std::tie(outcome.status, outcome.out, outcome.err) = call(words);
    return outcome;
  }

  static std::tuple<int, std::string, std::string> call(std::vector<std::string> const& words) {
    std::vector<char const*> argv;
    for (auto const& word : words) argv.push_back(word.c_str());
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    int const status = run_cli(static_cast<int>(argv.size()), argv.data());
    auto out = ::testing::internal::GetCapturedStdout();
    return {status, std::move(out), ::testing::internal::GetCapturedStderr()};
  }

  std::string folder_;

 private:
  static std::string play(int frame, std::string const& end) {
    auto ended = task_event(4, 2, "greet", end);
    if (end == "FAILED") ended["error"] = event(R"({"message":"no luck","hint":"try harder"})");
    std::array<json::object, 5> const events{
        execution_event(1, 0, "RUNNING"),
        task_event(2, 1, "greet", "RUNNING"),
        log_event(3, "greet", "hello"),
        ended,
        execution_event(5, 3, end)};
    auto const place = static_cast<std::size_t>(frame);
    return place < events.size() ? to_text(events[place]) : std::string();
  }
};

TEST_F(RunCommand, StatusIsTheExecutions) {
  EXPECT_EQ(run("COMPLETED").status, 0);
  EXPECT_EQ(run("FAILED").status, 1);
  EXPECT_EQ(run("CANCELLED").status, 3);
}

TEST_F(RunCommand, SendsTheDefinitionWithItsFolder) {
  auto const outcome = run("COMPLETED", {"--input", "who=42", "--label", "a=b", "--priority", "7"});
  EXPECT_EQ(to_text(outcome.request.at("inputs")), R"({"who":"42"})");
  EXPECT_EQ(to_text(outcome.request.at("labels")), R"({"a":"b"})");
  EXPECT_EQ(to_text(outcome.request.at("priority")), "7");
  EXPECT_EQ(outcome.request.at("directory"), json::value(folder_));
  EXPECT_EQ(outcome.request.at("workflow").at("name"), json::value("small"));
}

TEST_F(RunCommand, PrintsPlainLinesAndASummary) {
  auto const outcome = run("FAILED");
  for (auto const* part :
       {"greet  RUNNING",
        "greet | hello",
        "greet  FAILED",
        "small FAILED in 3.0s",
        "mend: try harder"})
    EXPECT_NE(outcome.out.find(part), std::string::npos) << part << "\n" << outcome.out;
  EXPECT_EQ(outcome.err, "");
}

TEST_F(RunCommand, OutputStandsAlone) {
  EXPECT_EQ(run("COMPLETED", {"--output", "greet.text"}).out, "hi\n");
  auto const missing = run("COMPLETED", {"--output", "greet.nothing"});
  EXPECT_EQ(missing.out, "");
  EXPECT_NE(missing.err.find("there is no output greet.nothing"), std::string::npos);
}

TEST_F(RunCommand, JsonIsEventsAndThenTheExecution) {
  auto const outcome = run("COMPLETED", {"--json"});
  std::istringstream in(outcome.out);
  std::vector<json::object> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(event(line));
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_EQ(number_at(lines[4], "seq"), 5U);
  EXPECT_EQ(text_at(lines[5], "id"), "x");
}

TEST_F(RunCommand, MistakesAreStatusTwoAndListed) {
  auto const file = write("bad.yaml", "name: bad\ntasks:\n  a: { type: pass, needs: [b] }\n");
  auto const [status, out, err] = call({"ropewalk", "run", file});
  EXPECT_EQ(status, 2);
  EXPECT_NE(err.find("bad.yaml:3:"), std::string::npos) << err;
  EXPECT_NE(err.find("unknown_task"), std::string::npos) << err;
  EXPECT_EQ(std::get<0>(call({"ropewalk", "run", "/nonexistent.yaml"})), 2);
}

TEST_F(RunCommand, NoServerIsStatusFour) {
  auto const [status, out, err] =
      call({"ropewalk", "run", folder_ + "/small.yaml", "--server", "unix:/nonexistent"});
  EXPECT_EQ(status, 4);
  EXPECT_NE(err.find("does not answer"), std::string::npos) << err;
}

}  // namespace
}  // namespace ropewalk::cli
