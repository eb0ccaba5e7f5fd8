// Goal: a child sees what it is meant to see and none of the server's secrets. Method: canaries.
#include "providers/process/environment.hpp"

#include "tests/providers/process/process_fixture.hpp"

#include <gmock/gmock.h>

#include <cstdlib>

namespace ropewalk {
namespace {

using testing::HasSubstr;
using testing::Not;
using EnvironmentTest = ProcessFixture;

TEST_F(EnvironmentTest, ServersVariablesStayWithTheServer) {
  ::setenv("OPENAI_API_KEY", "canary-secret", 1);
  ::setenv("ALLOWED_ONE", "allowed", 1);
  options_.pass_env = {"ALLOWED_ONE", "NOT_SET_AT_ALL"};
  use(options_);
  std::string const text(output_of(shell("env; cat /proc/self/environ")).at("stdout").as_string());
  ::unsetenv("OPENAI_API_KEY");
  EXPECT_THAT(text, Not(HasSubstr("canary-secret")));
  EXPECT_THAT(text, HasSubstr("ALLOWED_ONE=allowed"));
  EXPECT_THAT(text, HasSubstr("LANG=C.UTF-8"));
  EXPECT_THAT(text, Not(HasSubstr("NOT_SET_AT_ALL")));
}

TEST_F(EnvironmentTest, TasksOwnVariablesWinButForOurs) {
  auto const output = output_of(
      run("command",
          R"({"command":["sh","-c","echo $A $LANG $ROPEWALK_TASK_ID"],
          "env":{"A":"a b","LANG":"de","ROPEWALK_TASK_ID":"forged"}})")
  );
  EXPECT_EQ(output.at("stdout").as_string(), "a b de x");
}

TEST_F(EnvironmentTest, BadNamesArePermanent) {
  auto const error = error_of(run("command", R"({"command":["true"],"env":{"A=B":"c"}})"));
  EXPECT_EQ(error.code, "invalid_env");
  EXPECT_EQ(error.error_class, ErrorClass::permanent);
}

TEST_F(EnvironmentTest, PathOfTheTaskIsSearched) {
  auto const error = error_of(run("command", R"({"command":["sh"],"env":{"PATH":"/nowhere"}})"));
  EXPECT_EQ(error.code, "program_not_found");
  EXPECT_THAT(error.message, HasSubstr("/nowhere"));
}

TEST(FindProgram, Table) {
  EXPECT_EQ(find_program("sh", "/nowhere:/bin", "").value(), "/bin/sh");
  EXPECT_EQ(find_program("/bin/sh", "", "").value(), "/bin/sh");
  EXPECT_EQ(find_program("./sh", "", "/bin").value(), "/bin/./sh");
  EXPECT_EQ(find_program("passwd", "/etc", "").error().code, "not_executable");
  EXPECT_EQ(find_program("/etc", "", "").error().code, "not_executable");
  EXPECT_EQ(find_program("sh", ":", "").error().code, "program_not_found");
  EXPECT_THAT(
      find_program("python3", "/nowhere", "").error().hint, HasSubstr("apt-get install python3")
  );
}

}  // namespace
}  // namespace ropewalk
