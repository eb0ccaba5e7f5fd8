// Goal: what a command gives and what it costs. Method: real children, real pipes.
#include "engine/base/json.hpp"
#include "tests/providers/process/process_fixture.hpp"

#include <gmock/gmock.h>

#include <fstream>

namespace ropewalk {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using AttemptTest = ProcessFixture;

TEST_F(AttemptTest, TextOfStdoutIsTheOutput) {
  auto const outcome = shell("echo hello; echo world");
  EXPECT_EQ(output_of(outcome), json_of(R"({"stdout":"hello\nworld"})"));
  EXPECT_THAT(last_->sink.texts(LogLevel::info), ElementsAre("hello", "world"));
}

TEST_F(AttemptTest, LastLineIsTheOutputWhenItIsJson) {
  EXPECT_EQ(
      output_of(shell(R"(echo working; echo '{"a":[1,2]}'; echo)")), json_of(R"({"a":[1,2]})")
  );
  EXPECT_EQ(output_of(shell("echo 42")), json_of("42"));
  EXPECT_EQ(output_of(shell("printf true")), json_of("true"));
}

TEST_F(AttemptTest, FileIsTheOutputBeforeAnythingElse) {
  auto const outcome =
      shell(R"(echo '{"from":"stdout"}'; echo '{"from":"file"}' > $ROPEWALK_OUTPUT)");
  EXPECT_EQ(output_of(outcome), json_of(R"({"from":"file"})"));
}

TEST_F(AttemptTest, BrokenOutputFileIsPermanent) {
  auto const error = error_of(shell("echo '{broken' > $ROPEWALK_OUTPUT"));
  EXPECT_EQ(error.code, "invalid_output");
  EXPECT_EQ(error.error_class, ErrorClass::permanent);
  EXPECT_THAT(error.message, HasSubstr("task \"x\""));
  EXPECT_EQ(error_of(shell("mkfifo $ROPEWALK_OUTPUT")).code, "invalid_output");
  EXPECT_EQ(error_of(shell("ln -s /etc/passwd $ROPEWALK_OUTPUT")).code, "invalid_output");
}

TEST_F(AttemptTest, TooBigOutputFileIsPermanentAndSaysTheLimit) {
  auto const error = error_of(shell("head -c 1100000 /dev/zero > $ROPEWALK_OUTPUT"));
  EXPECT_EQ(error.code, "output_too_large");
  EXPECT_THAT(error.message, HasSubstr("1048576"));
}

TEST_F(AttemptTest, LongTextKeepsItsTail) {
  auto const output = output_of(shell("seq 1 100000; echo end"));
  EXPECT_EQ(output.at("truncated"), json::value(true));
  std::string const text(output.at("stdout").as_string());
  EXPECT_LE(text.size(), 64U * 1024U);
  EXPECT_TRUE(text.ends_with("\n100000\nend")) << text.substr(text.size() - 20);
}

TEST_F(AttemptTest, StreamsHaveLevelsAndJsonLinesKeepTheirOwn) {
  output_of(shell(R"(echo plain; echo bad >&2; echo '{"level":"ERROR","msg":"lost","row":7}')"));
  EXPECT_THAT(last_->sink.texts(LogLevel::info), ElementsAre("plain"));
  EXPECT_THAT(last_->sink.texts(LogLevel::warn), ElementsAre("bad"));
  EXPECT_THAT(last_->sink.texts(LogLevel::error), ElementsAre(R"(lost {"row":7})"));
}

TEST_F(AttemptTest, ContextAndVariablesReachTheChild) {
  auto const output = output_of(shell(
      "cat $ROPEWALK_CONTEXT; echo; "
      "echo $ROPEWALK_TASK_ID $ROPEWALK_ATTEMPT $ROPEWALK_IDEMPOTENCY_KEY $ROPEWALK_WORKFLOW_DIR"
  ));
  EXPECT_THAT(
      last_->sink.texts(LogLevel::info),
      ElementsAre(R"({"variables":{"team":"support"}})", "x 1 key/x/1 " + folder_.string())
  );
}

TEST_F(AttemptTest, RunsInAFreshFolderOrTheGivenOne) {
  auto const own = output_of(shell("pwd; test $HOME = $PWD && test $TMPDIR = $PWD")).at("stdout");
  EXPECT_THAT(std::string(own.as_string()), HasSubstr(root()));
  auto const given = output_of(run("command", R"({"command":["pwd"],"workingDirectory":"."})"));
  EXPECT_EQ(given.at("stdout").as_string(), folder_.string());
  auto const missing = error_of(run("command", R"({"command":["pwd"],"workingDirectory":"no"})"));
  EXPECT_EQ(missing.code, "working_directory_not_found");
}

TEST_F(AttemptTest, ProgramBesideTheWorkflowFile) {
  auto const path = folder_ / "page.sh";
  std::ofstream(path) << "#!/bin/sh\necho \"paged $1\"\n";
  EXPECT_EQ(error_of(run("command", R"({"command":["./page.sh"]})")).code, "not_executable");
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  auto const output = output_of(run("command", R"({"command":["./page.sh",7]})"));
  EXPECT_EQ(output.at("stdout").as_string(), "paged 7");
  std::ofstream(path) << "#!/no/such/interpreter\n";
  EXPECT_EQ(error_of(run("command", R"({"command":["./page.sh"]})")).code, "program_not_found");
}

TEST_F(AttemptTest, NoShellReadsArguments) {
  auto const output = output_of(command({"printf", "%s", "$HOME; `id` \"quoted\" *"}));
  EXPECT_EQ(output.at("stdout").as_string(), "$HOME; `id` \"quoted\" *");
}

TEST_F(AttemptTest, MissingProgramIsPermanentWithAHint) {
  auto const error = error_of(command({"no-such-program-anywhere"}));
  EXPECT_EQ(error.code, "program_not_found");
  EXPECT_EQ(error.error_class, ErrorClass::permanent);
  EXPECT_THAT(error.message, HasSubstr("task \"x\": no-such-program-anywhere is not installed"));
  EXPECT_FALSE(error.hint.empty());
}

TEST_F(AttemptTest, ExitCodesAndSignalsAreClassified) {
  auto const failed = error_of(shell("echo one >&2; echo two >&2; exit 3"));
  EXPECT_EQ(failed.error_class, ErrorClass::transient);
  EXPECT_EQ(failed.code, "exit_code");
  EXPECT_EQ(failed.message, "task \"x\": sh exited with 3: two");
  EXPECT_EQ(failed.detail, json_of(R"({"exitCode":3,"stderr":["one","two"]})"));
  EXPECT_EQ(error_of(shell("exit 127")).error_class, ErrorClass::permanent);
  EXPECT_EQ(error_of(shell("kill -9 $$")).error_class, ErrorClass::resource);
  EXPECT_EQ(error_of(shell("kill -SEGV $$")).code, "signal");
}

TEST_F(AttemptTest, StdinIsEmptyAndOnlyThreeFilesAreOpen) {
  EXPECT_EQ(output_of(shell("cat; echo end")).at("stdout").as_string(), "end");
  EXPECT_EQ(
      output_of(shell("exec ls /proc/self/fd | tr '\\n' ' '")).at("stdout").as_string(), "0 1 2 3 "
  );
}

TEST_F(AttemptTest, SignalsAreAsAProgramExpectsThem) {
  auto const output =
      output_of(shell("grep -E 'SigBlk|SigIgn' /proc/self/status | tr -d '\\t\\n'"));
  EXPECT_EQ(
      std::string(output.at("stdout").as_string()), "SigBlk:0000000000000000SigIgn:0000000000000000"
  );
}

TEST_F(AttemptTest, UsageIsMeasured) {
  auto const outcome = shell("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done");
  auto const& usage = outcome.usage.as_object();
  EXPECT_GT(usage.at("maxRssBytes").to_number<std::int64_t>(), 100'000);
  EXPECT_GT(usage.at("userCpuMs").to_number<std::int64_t>(), 0);
  EXPECT_GE(
      usage.at("wallMs").to_number<std::int64_t>(),
      usage.at("userCpuMs").to_number<std::int64_t>() / 2
  );
}

TEST_F(AttemptTest, BigEnvironmentAndArgumentsArrive) {
  std::string const big(100'000, 'e');
  json::object env;
  for (int i = 0; i < 9; ++i) env["BIG" + std::to_string(i)] = big;
  json::object config{
      {"command", json::array{"sh", "-c", "echo ${#BIG0} ${#BIG8} ${#1}", "sh", big}},
      {"env", std::move(env)}};
  auto const output = output_of(run("command", to_text(config)));
  EXPECT_EQ(output.at("stdout").as_string(), "100000 100000 100000");
}

TEST_F(AttemptTest, TooBigArgumentsArePermanent) {
  auto const error = error_of(command({"true", std::string(200'000, 'a')}));
  EXPECT_EQ(error.code, "arguments_too_long");
  EXPECT_EQ(error.error_class, ErrorClass::permanent);
  EXPECT_THAT(error.hint, HasSubstr("ROPEWALK_CONTEXT"));
}

TEST_F(AttemptTest, ManyAtOnce) {
  auto const files_before = open_files_count();
  std::vector<std::unique_ptr<StartedAttempt>> runs;
  for (int i = 0; i < 200; ++i) {
    auto request = make_request("command", R"({"command":["sh","-c","echo $N"]})");
    request.task = "t" + std::to_string(i);
    request.config["env"] = json::object{{"N", std::to_string(i)}};
    runs.push_back(start(std::move(request)));
  }
  for (int i = 0; i < 200; ++i)
    EXPECT_EQ(output_of(wait(*runs[static_cast<std::size_t>(i)])), json::value(i));
  EXPECT_EQ(open_files_count(), files_before);
  EXPECT_EQ(launcher_->running_count(), 0U);
}

TEST_F(AttemptTest, SecretsAreInNothingThatItSays) {
  auto mask = std::make_shared<SecretMask>();
  mask->add("hunter2hunter2");
  std::string const script = R"(
    printf 'a hunter2'; sleep 0.05; printf 'hunter2 b\n'
    printf aHVudGVyMmh; sleep 0.05; printf '1bnRlcjI=\n'
    head -c 16380 /dev/zero | tr '\0' x; printf 'hunter2hunter2\n'
    echo hunter2hunter2 >&2
    echo '{"k": "hunter2hunter2"}'
    printf hunter2)";
  auto request =
      make_request("command", to_text(json::object{{"command", json::array{"sh", "-c", script}}}));
  request.mask = mask;
  auto const attempt = start(std::move(request));
  auto const outcome = wait(*attempt);
  auto shown = to_text(output_of(outcome));
  for (auto const& line : attempt->sink.lines) shown += line.text + "\n";
  EXPECT_EQ(shown.find("hunter2"), std::string::npos) << "nor what was broken off";
  EXPECT_EQ(shown.find("aHVudGVy"), std::string::npos);
  EXPECT_THAT(attempt->sink.texts(LogLevel::info), testing::Contains("a *** b"));
  EXPECT_THAT(attempt->sink.texts(LogLevel::warn), ElementsAre("***"));
}

}  // namespace
}  // namespace ropewalk
