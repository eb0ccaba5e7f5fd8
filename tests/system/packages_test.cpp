// Goal: libraries of scripts are installed once, however many want them, and used from then on.
// Method: the real binary with the real pip and npm, and packages that lie on this disk, so that
// no index is asked; skipped where pip or npm are not installed.
#include "tests/system/support/server.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::system_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// Writes a wheel of a module "greeting" to the path that is its argument.
constexpr char const* make_wheel = R"(
import sys, zipfile
info = 'greeting-1.0.dist-info/'
files = {'greeting.py': 'TEXT = "hello from a wheel"\n',
         info + 'METADATA': 'Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n',
         info + 'WHEEL': 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n'}
record = ''.join(name + ',,\n' for name in files) + info + 'RECORD,,\n'
with zipfile.ZipFile(sys.argv[1], 'w') as wheel:
    for name, text in files.items():
        wheel.writestr(name, text)
    wheel.writestr(info + 'RECORD', record)
)";

bool works(std::vector<std::string> const& program) {
  try {
    return run_program(program).status == 0;
  } catch (std::exception const&) {
    return false;
  }
}

class PackagesTest : public ::testing::Test {
 protected:
  /// A workflow of `count` scripts at once.
  static json::value scripts(json::object const& script, int count) {
    json::object tasks;
    for (int i = 0; i < count; ++i) tasks["t" + std::to_string(i)] = script;
    json::object out;
    out["name"] = "scripts";
    out["tasks"] = std::move(tasks);
    return out;
  }
  static json::object python(std::string const& requirement) {
    json::object out;
    out["type"] = "script";
    out["language"] = "python";
    out["source"] = "import greeting, sys\nprint(greeting.TEXT)\n";
    out["requirements"] = json::array{json::value(requirement)};
    return out;
  }
  json::object run(json::value const& workflow) {
    auto const id = server_.run(workflow);
    auto out = server_.wait_for_end(id, seconds(120));
    last_log_ = server_.get("/v1/executions/" + id + "/logs").body;
    return out;
  }
  std::size_t sets_count() const {
    std::size_t count = 0;
    std::error_code none_yet;
    for (auto const& each :
         std::filesystem::directory_iterator(server_.data() + "/packages", none_yet))
      count += each.is_directory() ? 1 : 0;
    return count;
  }

  Server server_{};
  std::string last_log_{};
};

TEST_F(PackagesTest, ManyThatWantTheSameInstallItOnce) {
  if (!works({"python3", "-c", "import venv, ensurepip"})) GTEST_SKIP() << "no venv or no pip here";
  auto const wheel = server_.files().path("greeting-1.0-py3-none-any.whl");
  ASSERT_TRUE(works({"python3", "-c", make_wheel, wheel}));
  auto const first = run(scripts(python(wheel), 5));
  ASSERT_EQ(text_of(first, "status"), "COMPLETED") << json::serialize(first) << last_log_;
  EXPECT_THAT(json::serialize(first), HasSubstr("hello from a wheel"));
  EXPECT_THAT(last_log_, HasSubstr("Successfully installed greeting"));
  EXPECT_EQ(last_log_.find("Successfully installed"), last_log_.rfind("Successfully installed"))
      << "it was installed more than once";
  EXPECT_EQ(sets_count(), 1U);

  auto const second = run(scripts(python(wheel), 1));
  EXPECT_EQ(text_of(second, "status"), "COMPLETED");
  EXPECT_THAT(last_log_, Not(HasSubstr("installed")));

  json::object body;
  body["olderThan"] = "1h";
  EXPECT_EQ(server_.post("/v1/prune", body).object().at("packages").to_number<int>(), 0);
  body["olderThan"] = "0s";
  EXPECT_EQ(server_.post("/v1/prune", body).object().at("packages").to_number<int>(), 1);
  EXPECT_EQ(sets_count(), 0U);
}

TEST_F(PackagesTest, WhatCannotBeInstalledIsSaid) {
  if (!works({"python3", "-c", "import venv, ensurepip"})) GTEST_SKIP() << "no venv or no pip here";
  auto const ended = run(scripts(python("not a package at all"), 1));
  EXPECT_EQ(text_of(ended, "status"), "FAILED");
  EXPECT_THAT(
      json::serialize(ended), AllOf(HasSubstr("install_failed"), HasSubstr("Invalid requirement"))
  );
  EXPECT_EQ(sets_count(), 0U) << "half an installation is left";
}

TEST_F(PackagesTest, Node) {
  if (!works({"npm", "--version"})) GTEST_SKIP() << "no npm here";
  auto const folder = server_.files().path("greeting");
  std::filesystem::create_directories(folder);
  server_.files().write(
      "greeting/package.json", R"({"name":"greeting","version":"1.0.0","main":"index.js"})"
  );
  server_.files().write("greeting/index.js", "module.exports = 'hello from a package';\n");
  json::object script;
  script["type"] = "script";
  script["language"] = "node";
  script["source"] = "console.log(require('greeting'))\n";
  script["packages"] = json::array{json::value("file:" + folder)};
  auto const required = run(scripts(script, 3));
  ASSERT_EQ(text_of(required, "status"), "COMPLETED") << json::serialize(required) << last_log_;
  EXPECT_THAT(json::serialize(required), HasSubstr("hello from a package"));
  script["source"] = "import text from 'greeting'\nconsole.log(text)\n";
  auto const imported = run(scripts(script, 1));
  ASSERT_EQ(text_of(imported, "status"), "COMPLETED") << json::serialize(imported) << last_log_;
  EXPECT_EQ(sets_count(), 1U);
}

TEST_F(PackagesTest, WarmScriptsRunAndNothingIsLeftOfThoseThatWait) {
  json::object script;
  script["type"] = "script";
  script["language"] = "node";
  script["source"] = "console.log(JSON.stringify(process.argv.slice(2)))\n";
  script["args"] = json::array{json::value("warm")};
  script["warm"] = true;
  for (int i = 0; i < 3; ++i) {
    auto const ended = run(scripts(script, 3));
    ASSERT_EQ(text_of(ended, "status"), "COMPLETED") << json::serialize(ended) << last_log_;
    EXPECT_THAT(json::serialize(ended), HasSubstr(R"(["warm"])"));
  }
  std::vector<pid_t> waiting;
  for (auto const launcher : children_of(server_.pid()))
    for (auto const child : children_of(launcher))
      if (read_text("/proc/" + std::to_string(child) + "/cmdline").find("runMain") !=
          std::string::npos)
        waiting.push_back(child);
  EXPECT_FALSE(waiting.empty()) << "none waits";
  EXPECT_EQ(server_.stop(), 0);
  for (auto const pid : waiting) EXPECT_FALSE(is_alive(pid));
}

TEST_F(PackagesTest, AScriptBesideTheWorkflowGoesAlongToAnotherMachine) {
  // The address of this machine that does not look like it.
  Server const far({"--allowed-hosts", "0.0.0.0"});
  far.files().write("beside.sh", "echo \"$0\"; echo '${{ not an expression }}'\n");
  auto const file = far.files().write(
      "far.yaml", "name: far\ntasks:\n  a: { type: script, language: sh, file: beside.sh }\n"
  );
  auto const url = "http://0.0.0.0:" + std::to_string(far.port());
  auto const done = run_program({ropewalk_binary(), "run", file, "--server", url});
  EXPECT_EQ(done.status, 0) << done.out << done.error;
  EXPECT_THAT(done.out, AllOf(HasSubstr("script.sh"), HasSubstr("${{ not an expression }}")));
  EXPECT_THAT(done.out, Not(HasSubstr("beside.sh")));
}

TEST_F(PackagesTest, DataDoesNotChooseWhatIsInstalled) {
  auto script = python("${{ inputs.package }}");
  auto const reply = server_.post("/v1/executions", json::object{{"workflow", scripts(script, 1)}});
  EXPECT_EQ(reply.status, 422U);
  EXPECT_THAT(reply.body, HasSubstr("interpolation_in_code"));
}

}  // namespace
}  // namespace ropewalk::system_test
