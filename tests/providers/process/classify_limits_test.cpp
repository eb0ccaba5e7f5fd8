// Goal: what ran out is told apart from other ends. Method: the table, row by row.
#include "providers/process/classify_limits.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

namespace ropewalk {
namespace {

using testing::AllOf;
using testing::HasSubstr;

struct Case {
  ChildEnd end{};
  AttemptFacts facts{};
};

Case exited(int code, std::vector<std::string> lines = {}) {
  Case out;
  out.end.wait_status = code << 8;
  out.facts.task = "x";
  out.facts.program = "prog";
  out.facts.stderr_lines = std::move(lines);
  return out;
}

Case signalled(int signo) {
  auto out = exited(0);
  out.end.wait_status = signo;
  return out;
}

std::string code_of(Case const& wanted) {
  auto const error = classify(wanted.end, wanted.facts);
  EXPECT_FALSE(error.hint.empty()) << error.message;
  return std::string(to_string(error.error_class)) + " " + error.code;
}

TEST(ClassifyLimits, Breaches) {
  auto memory = signalled(SIGKILL);
  memory.end.breach = Breach::memory;
  memory.end.breach_seen = 200 << 20U;
  memory.facts.limits.memory_bytes = 100 << 20U;
  EXPECT_EQ(code_of(memory), "resource out_of_memory");
  auto const error = classify(memory.end, memory.facts);
  EXPECT_THAT(error.message, AllOf(HasSubstr("200 MiB"), HasSubstr("100 MiB")));
  EXPECT_EQ(error.detail.at("limitBytes"), 100 << 20U);

  auto processes = signalled(SIGKILL);
  processes.end.breach = Breach::processes;
  processes.end.breach_seen = 11;
  processes.facts.limits.processes = 10;
  EXPECT_EQ(code_of(processes), "resource process_limit_exceeded");

  auto cpu = exited(137);
  cpu.end.breach = Breach::cpu;
  cpu.end.breach_seen = 2'500'000;
  cpu.facts.limits.cpu_us = 2'000'000;
  EXPECT_EQ(code_of(cpu), "resource cpu_time_exceeded");
}

TEST(ClassifyLimits, Signals) {
  EXPECT_EQ(code_of(signalled(SIGXCPU)), "resource cpu_time_exceeded");
  EXPECT_EQ(code_of(exited(128 + SIGXCPU)), "resource cpu_time_exceeded");
  EXPECT_EQ(code_of(signalled(SIGXFSZ)), "resource file_size_exceeded");
  EXPECT_EQ(code_of(exited(128 + SIGXFSZ)), "resource file_size_exceeded");
  EXPECT_EQ(code_of(signalled(SIGKILL)), "resource killed");
  auto late = signalled(SIGKILL);  // it ignored SIGXCPU
  late.facts.limits.cpu_us = 1'000'000;
  late.end.user_cpu_us = 3'000'000;
  EXPECT_EQ(code_of(late), "resource cpu_time_exceeded");
}

TEST(ClassifyLimits, TheKernelsOwnKill) {
  auto killed = signalled(SIGKILL);
  killed.end.memory_ran_out = true;
  EXPECT_EQ(code_of(killed), "resource out_of_memory");
  auto ended = exited(1);
  ended.end.memory_ran_out = true;
  EXPECT_EQ(code_of(ended), "transient exit_code") << "it was not killed";
}

TEST(ClassifyLimits, Words) {
  struct Row {
    char const* line;
    char const* wanted;
  };
  Row const rows[] = {
      {"MemoryError", "resource out_of_memory"},
      {"terminate called after throwing an instance of 'std::bad_alloc'", "resource out_of_memory"},
      {"FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
       "resource out_of_memory"},
      {"RangeError: Array buffer allocation failed", "resource out_of_memory"},
      {"cp: error writing 'b': No space left on device", "resource disk_full"},
      {"OSError: [Errno 28] No space left on device", "resource disk_full"},
      {"OSError: [Errno 24] Too many open files: 'x'", "resource out_of_files"},
      {"sh: 0: Cannot fork", "resource out_of_processes"},
      {"the disk is fine", "transient exit_code"},
  };
  for (auto const& row : rows) EXPECT_EQ(code_of(exited(1, {row.line})), row.wanted) << row.line;
  EXPECT_EQ(code_of(exited(75, {"No space left on device"})), "transient exit_code");
}

TEST(ClassifyLimits, AFileIsOnlyTooLargeWhereThereIsALimit) {
  auto large = exited(1, {"OSError: [Errno 27] File too large"});
  EXPECT_EQ(code_of(large), "transient exit_code");
  large.facts.limits.file_bytes = 100;
  EXPECT_EQ(code_of(large), "resource file_size_exceeded");
  EXPECT_EQ(classify(large.end, large.facts).detail.at("exitCode"), 1);
}

TEST(ClassifyLimits, ASandboxThatCannotBeBuilt) {
  auto failed = exited(1, {"bwrap: Can't find source path /nowhere: No such file or directory"});
  EXPECT_EQ(code_of(failed), "transient exit_code");
  failed.facts.is_sandboxed = true;
  EXPECT_EQ(code_of(failed), "permanent sandbox_failed");
}

TEST(ClassifyLimits, EndedByUs) {
  AttemptFacts facts;
  facts.limits.wall_us = 1'500'000;
  EXPECT_EQ(wall_time_exceeded(facts).error_class, ErrorClass::transient);
  EXPECT_THAT(wall_time_exceeded(facts).message, HasSubstr("1s500ms"));
  EXPECT_EQ(stream_too_large(facts, 1 << 20U).error_class, ErrorClass::permanent);
}

}  // namespace
}  // namespace ropewalk
