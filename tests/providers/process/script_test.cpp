// Goal: scripts in the languages of the table run, give results, and fail with a useful word.
// Method: real interpreters; a language that is not installed here is skipped and says so.
#include "engine/base/json.hpp"
#include "providers/process/environment.hpp"
#include "providers/process/languages.hpp"
#include "tests/providers/process/process_fixture.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

namespace ropewalk {
namespace {

using testing::HasSubstr;

class ScriptTest : public ProcessFixture {
 protected:
  AttemptOutcome script(std::string_view language, std::string_view source) {
    json::object config{{"language", language}, {"source", source}};
    return run("script", to_text(config));
  }
};

#define NEEDS(program)                                 \
  if (!find_program(program, std::getenv("PATH"), "")) \
  GTEST_SKIP() << program << " is not installed on this machine"

TEST_F(ScriptTest, Python) {
  NEEDS("python3");
  auto const output = output_of(script("python", R"(
import json, os
context = json.load(open(os.environ["ROPEWALK_CONTEXT"]))
print("working")
json.dump({"team": context["variables"]["team"]}, open(os.environ["ROPEWALK_OUTPUT"], "w"))
)"));
  EXPECT_EQ(output, json_of(R"({"team":"support"})"));
}

TEST_F(ScriptTest, PythonErrors) {
  NEEDS("python3");
  auto const raised = error_of(script("python", "x = 1\nraise ValueError('bad row')\n"));
  EXPECT_EQ(raised.error_class, ErrorClass::transient);
  EXPECT_EQ(raised.message, "task \"x\": python3 exited with 1: ValueError: bad row (line 2)");
  auto const syntax = error_of(script("python", "x = 1\nif x\n"));
  EXPECT_EQ(syntax.code, "syntax_error");
  EXPECT_EQ(syntax.error_class, ErrorClass::permanent);
  EXPECT_EQ(syntax.detail.at("line").to_number<int>(), 2);
  auto const module = error_of(script("python", "import no_such_module_at_all\n"));
  EXPECT_EQ(module.code, "module_not_found");
  EXPECT_EQ(module.error_class, ErrorClass::permanent);
}

TEST_F(ScriptTest, Node) {
  NEEDS("node");
  EXPECT_EQ(
      output_of(script("javascript", "console.log(JSON.stringify({n: 1}))")), json_of(R"({"n":1})")
  );
  auto const module =
      "import os from 'node:os';\nconsole.log(JSON.stringify(await Promise.resolve(2)))";
  EXPECT_EQ(output_of(script("node", module)), json_of("2"));
}

TEST_F(ScriptTest, NodeErrors) {
  NEEDS("node");
  auto const thrown = error_of(script("node", "\nthrow new TypeError('bad row')"));
  EXPECT_EQ(thrown.message, "task \"x\": node exited with 1: TypeError: bad row (line 2)");
  EXPECT_EQ(error_of(script("node", "let = =")).code, "syntax_error");
  EXPECT_EQ(error_of(script("node", "require('no-such-module')")).code, "module_not_found");
}

TEST_F(ScriptTest, Shells) {
  EXPECT_EQ(output_of(script("sh", "echo $((6*7))")), json_of("42"));
  EXPECT_EQ(error_of(script("sh", "if true\n")).code, "syntax_error");
  NEEDS("bash");
  EXPECT_EQ(output_of(script("bash", "a=(1 2 3); echo ${#a[@]}")), json_of("3"));
  EXPECT_EQ(error_of(script("bash", "if true; then\n")).code, "syntax_error");
}

TEST_F(ScriptTest, Perl) {
  NEEDS("perl");
  EXPECT_EQ(output_of(script("perl", "print 6*7")), json_of("42"));
  EXPECT_EQ(error_of(script("perl", "my $x = ;")).code, "syntax_error");
  EXPECT_EQ(error_of(script("perl", "use No::Such::Module;")).code, "module_not_found");
  EXPECT_THAT(error_of(script("perl", "\ndie 'bad row'")).message, HasSubstr("bad row at"));
}

TEST_F(ScriptTest, MissingInterpreterSaysHowToInstallIt) {
  auto const error =
      error_of(run("script", R"({"language":"ruby","source":"puts 1","env":{"PATH":"/nowhere"}})"));
  EXPECT_EQ(error.code, "program_not_found");
  EXPECT_EQ(error.error_class, ErrorClass::permanent);
  EXPECT_THAT(error.message, HasSubstr("ruby is not installed"));
  EXPECT_THAT(error.hint, HasSubstr("apt-get install ruby"));
}

TEST_F(ScriptTest, FileArgumentsAndAnyInterpreter) {
  std::ofstream(folder_ / "add.sh") << "echo $(($1 + $2))\n";
  EXPECT_EQ(
      output_of(run("script", R"({"language":"sh","file":"add.sh","args":[1,"2"]})")), json_of("3")
  );
  EXPECT_EQ(output_of(run("script", R"({"interpreter":["cat"],"source":"5"})")), json_of("5"));
  EXPECT_EQ(
      error_of(run("script", R"({"language":"sh","file":"no.sh"})")).code, "script_not_found"
  );
}

TEST(Languages, TableIsConsistent) {
  for (auto const& language : all_languages()) {
    EXPECT_EQ(find_language(language.name), &language);
    EXPECT_FALSE(language.programs[0].empty());
    EXPECT_TRUE(language.extension.starts_with("."));
    EXPECT_FALSE(language.install_hint.empty());
  }
  EXPECT_EQ(find_language("cobol"), nullptr);
  EXPECT_EQ(error_style_of("/usr/bin/python3.11"), ErrorStyle::python);
}

}  // namespace
}  // namespace ropewalk
