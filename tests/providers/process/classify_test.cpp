// Goal: each way to end has its class, code and hint. Method: the table, row by row.
#include "providers/process/classify.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>

namespace ropewalk {
namespace {

using testing::HasSubstr;

AttemptFacts facts(ErrorStyle style = ErrorStyle::plain, std::vector<std::string> lines = {}) {
  AttemptFacts out;
  out.task = "x";
  out.program = "prog";
  out.script = "/w/script";
  out.error_style = style;
  out.stderr_lines = std::move(lines);
  return out;
}

ChildEnd exited(int code) {
  ChildEnd end;
  end.wait_status = code << 8;
  return end;
}

ChildEnd signalled(int signo) {
  ChildEnd end;
  end.wait_status = signo;
  return end;
}

struct Row {
  ChildEnd end;
  ErrorClass error_class;
  char const* code;
};

TEST(Classify, Table) {
  ChildEnd lost;
  lost.is_launcher_lost = true;
  Row const rows[] = {
      {exited(1), ErrorClass::transient, "exit_code"},
      {exited(75), ErrorClass::transient, "exit_code"},
      {exited(126), ErrorClass::permanent, "not_executable"},
      {exited(127), ErrorClass::permanent, "program_not_found"},
      {exited(137), ErrorClass::resource, "killed"},
      {exited(143), ErrorClass::transient, "exit_code"},
      {exited(255), ErrorClass::transient, "exit_code"},
      {signalled(SIGKILL), ErrorClass::resource, "killed"},
      {signalled(SIGTERM), ErrorClass::transient, "signal"},
      {signalled(SIGSEGV), ErrorClass::transient, "signal"},
      {lost, ErrorClass::transient, "launcher_lost"},
  };
  for (auto const& row : rows) {
    auto const error = classify(row.end, facts());
    EXPECT_EQ(error.error_class, row.error_class) << error.message;
    EXPECT_EQ(error.code, row.code) << error.message;
    EXPECT_THAT(error.message, HasSubstr("task \"x\": prog"));
    EXPECT_FALSE(error.hint.empty());
    EXPECT_FALSE(has_succeeded(row.end));
  }
  EXPECT_TRUE(has_succeeded(exited(0)));
}

TEST(Classify, SpawnErrors) {
  struct SpawnRow {
    int error;
    ErrorClass error_class;
    char const* code;
  };
  SpawnRow const rows[] = {
      {ENOENT, ErrorClass::permanent, "program_not_found"},
      {EACCES, ErrorClass::permanent, "not_executable"},
      {ENOEXEC, ErrorClass::permanent, "not_executable"},
      {E2BIG, ErrorClass::permanent, "arguments_too_long"},
      {EAGAIN, ErrorClass::resource, "out_of_processes"},
      {ENOMEM, ErrorClass::resource, "out_of_memory"},
      {ENOSPC, ErrorClass::resource, "disk_full"},
      {EMFILE, ErrorClass::resource, "out_of_files"},
      {EIO, ErrorClass::transient, "spawn_failed"},
  };
  for (auto const& row : rows) {
    auto const error = classify_spawn_error(row.error, SpawnStage::exec, facts());
    EXPECT_EQ(error.error_class, row.error_class) << error.message;
    EXPECT_EQ(error.code, row.code) << error.message;
  }
}

TEST(Classify, SignalsAreNamed) {
  auto const error = classify(signalled(SIGSEGV), facts());
  EXPECT_THAT(error.message, HasSubstr("SIGSEGV"));
  EXPECT_EQ(error.detail.at("signal").as_string(), "SIGSEGV");
}

TEST(Classify, ErrorsOfTheScriptItselfArePermanent) {
  auto const python = classify(
      exited(1),
      facts(ErrorStyle::python, {"  File \"/w/script\", line 3", "SyntaxError: invalid syntax"})
  );
  EXPECT_EQ(python.error_class, ErrorClass::permanent);
  EXPECT_EQ(python.code, "syntax_error");
  EXPECT_EQ(python.message, "task \"x\": prog exited with 1: SyntaxError: invalid syntax (line 3)");
  auto const shell = classify(
      exited(2),
      facts(ErrorStyle::shell, {"/w/script: line 4: syntax error: unexpected end of file"})
  );
  EXPECT_EQ(shell.error_class, ErrorClass::permanent);
}

}  // namespace
}  // namespace ropewalk
