// Goal: a script in an interpreter that waited for it behaves as one that starts its own. Method:
// the same scripts twice, once cold and once warm; what they print must be the same.
#include "engine/base/json.hpp"
#include "tests/providers/process/process_fixture.hpp"

#include <gmock/gmock.h>

namespace ropewalk {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class WarmTest : public ProcessFixture {
 protected:
  static json::object script(std::string const& language, std::string const& source) {
    json::object out;
    out["language"] = language;
    out["source"] = source;
    out["warm"] = true;
    out["args"] = json::array{"one", "two words"};
    out["env"] = json::object{{"OWN", "value"}};
    out["stdin"] = "line\n";
    return out;
  }
  AttemptOutcome run_script(json::object const& config) { return run("script", to_text(config)); }
  /// Interpreters that wait: children of the launcher.
  std::size_t waiting_count() const { return launcher_->running_count(); }
  bool has(char const* program) {
    return output_of(shell(std::string("command -v ") + program + " >/dev/null && echo 1 || echo 0")
           )
               .to_number<int>() == 1;
  }
};

constexpr char const* python_facts = R"(
import json, os, sys
assert __name__ == "__main__"
class Local: pass
print(json.dumps([sys.argv[1:], os.environ["OWN"], sys.stdin.read(),
                  os.getcwd() == os.environ["HOME"], os.path.basename(__file__),
                  sys.path[0] == os.path.dirname(__file__), Local.__module__]))
)";

constexpr char const* node_facts = R"(
const path = require('path');
const input = require('fs').readFileSync(0, 'utf8');
console.log(JSON.stringify([process.argv.slice(2), process.env.OWN, input,
  process.cwd() === process.env.HOME, path.basename(__filename), require.main === module]));
)";

TEST_F(WarmTest, PythonSeesTheSameWarmAndCold) {
  if (!has("python3")) GTEST_SKIP() << "no python3 here";
  auto const cold = output_of(run_script(script("python", python_facts)));
  EXPECT_EQ(waiting_count(), 2U) << "others wait for the next script";
  auto const warm = output_of(run_script(script("python", python_facts)));
  EXPECT_EQ(cold, warm);
  EXPECT_EQ(warm.at(1), json::value("value"));
  EXPECT_EQ(warm.at(2), json::value("line\n"));
}

TEST_F(WarmTest, NodeSeesTheSameWarmAndCold) {
  if (!has("node")) GTEST_SKIP() << "no node here";
  auto const cold = output_of(run_script(script("node", node_facts)));
  auto const warm = output_of(run_script(script("node", node_facts)));
  EXPECT_EQ(cold, warm);
  EXPECT_EQ(warm.at(5), json::value(true));
  auto const module =
      script("node", "import fs from 'fs';\nconsole.log(typeof fs.readFileSync);\n");
  EXPECT_EQ(output_of(run_script(module)), json_of(R"({"stdout":"function"})"));
}

TEST_F(WarmTest, ErrorsAreToldAlike) {
  if (!has("python3")) GTEST_SKIP() << "no python3 here";
  for (auto const* source :
       {"x = 1\nraise ValueError('no')\n",
        "import nothing_like_this\n",
        "def f(:\n",
        "import sys\nsys.exit(7)\n"}) {
    auto const cold = error_of(run_script(script("python", source)));
    auto const warm = error_of(run_script(script("python", source)));
    EXPECT_EQ(cold.code, warm.code) << source;
    EXPECT_EQ(cold.error_class, warm.error_class);
    EXPECT_EQ(cold.detail.at("exitCode"), warm.detail.at("exitCode"));
    EXPECT_EQ(cold.message, warm.message);
  }
}

TEST_F(WarmTest, TheSecondIsWarm) {
  if (!has("python3")) GTEST_SKIP() << "no python3 here";
  auto const source = "import sys\nprint(sys.orig_argv[1] == '-c')\n";
  EXPECT_EQ(output_of(run_script(script("python", source))), json_of(R"({"stdout":"False"})"));
  EXPECT_EQ(output_of(run_script(script("python", source))), json_of(R"({"stdout":"True"})"));
  auto cold = script("python", source);
  cold["warm"] = false;
  EXPECT_EQ(output_of(run_script(cold)), json_of(R"({"stdout":"False"})"));
}

TEST_F(WarmTest, EachRunsOneScriptOnly) {
  if (!has("python3")) GTEST_SKIP() << "no python3 here";
  auto const source = "import os, sys\nprint(hasattr(sys, 'mark'))\nsys.mark = 1\n";
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(output_of(run_script(script("python", source))), json_of(R"({"stdout":"False"})"));
}

TEST_F(WarmTest, ItIsStoppedAsAnyOther) {
  if (!has("python3")) GTEST_SKIP() << "no python3 here";
  options_.grace = 100ms;
  use(options_);
  output_of(run_script(script("python", "print(1)")));
  auto request = make_request(
      "script",
      to_text(script(
          "python",
          "import signal, time\nsignal.signal(15, signal.SIG_IGN)\n"
          "print('up')\ntime.sleep(1000)\n"
      ))
  );
  auto running = start(std::move(request));
  wait_until([&] { return !running->sink.lines.empty(); });
  cancel(*running);
  EXPECT_EQ(error_of(wait(*running)).code, "cancelled");
}

TEST_F(WarmTest, WhatComesTooLateForOneThatWaitsIsStartedCold) {
  if (!has("python3")) GTEST_SKIP() << "no python3 here";
  output_of(run_script(script("python", "print(1)")));
  auto limited =
      script("python", "import resource\nprint(resource.getrlimit(resource.RLIMIT_FSIZE)[0])");
  limited["limits"] = json::object{{"fileSize", "1MiB"}};
  EXPECT_EQ(output_of(run_script(limited)), json_of("1048576"));
  auto hashed = script("python", "import sys\nprint(sys.flags.hash_randomization)");
  hashed["env"] = json::object{{"PYTHONHASHSEED", "0"}};
  EXPECT_EQ(output_of(run_script(hashed)), json_of("0"));
  auto large = script("python", "import sys\nprint(len(sys.stdin.read()))");
  large["stdin"] = std::string(200'000, 'x');
  EXPECT_EQ(output_of(run_script(large)), json_of("200000"));
}

TEST_F(WarmTest, OneThatDiedWhileItWaitedIsNotMissed) {
  if (!has("python3")) GTEST_SKIP() << "no python3 here";
  output_of(run_script(script("python", "print(1)")));
  ::kill(launcher_->pid(), SIGKILL);
  EXPECT_TRUE([&] {
    for (int i = 0; i < 20; ++i)
      if (run_script(script("python", "print(2)")).output) return true;
    return false;
  }());
}

}  // namespace
}  // namespace ropewalk
