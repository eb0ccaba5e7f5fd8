// Goal: what is printed where there is no terminal, and the summary.
// Method: one event or view at a time, text compared whole.
#include "server/cli/plain_lines.hpp"

#include "tests/server/cli/events.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace ropewalk::cli {
namespace {

namespace json = boost::json;
using Lines = std::vector<std::string>;
constexpr Style plain{};

class PlainLines : public ::testing::Test {
 protected:
  void SetUp() override {
    setenv("TZ", "UTC", 1);
    tzset();
  }
};

TEST_F(PlainLines, ShowStatusAndLog) {
  EXPECT_EQ(
      plain_lines(task_event(1, 7, "classify", "RUNNING"), 8, plain),
      (Lines{"12:00:07 classify  RUNNING"})
  );
  EXPECT_EQ(
      plain_lines(task_event(1, 7, "a", "COMPLETED", 2), 8, plain),
      (Lines{"12:00:07 a         COMPLETED  try 2"})
  );
  EXPECT_EQ(
      plain_lines(log_event(2, "classify", "hello\x1b[2J"), 8, plain), (Lines{"classify | hello"})
  );
  EXPECT_EQ(
      plain_lines(execution_event(3, 8, "COMPLETED"), 9, plain),
      (Lines{"12:00:08 execution  COMPLETED"})
  );
}

TEST_F(PlainLines, ShowWhatWentWrongBelow) {
  auto failed = task_event(1, 7, "a", "FAILED");
  failed["error"] = event(R"({"message":"exit status 3","hint":"look at its log"})");
  EXPECT_EQ(
      plain_lines(failed, 1, plain),
      (Lines{"12:00:07 a  FAILED", "    exit status 3", "    mend: look at its log"})
  );
}

TEST_F(PlainLines, SayWhatAPersonIsWaitedForWith) {
  auto event = execution_event(3, 8, "RUNNING");
  event["hold"] = {{"message", "task \"a\": it broke"}, {"detail", {{"task", "a"}}}};
  EXPECT_EQ(
      plain_lines(event, 9, plain),
      (Lines{
          "12:00:08 execution  RUNNING",
          "    waits for a person: task \"a\": it broke",
          "    mend: ropewalk resolve ID a retry, skip, fail or complete"})
  );
  event["paused"] = true;
  EXPECT_EQ(plain_lines(event, 9, plain).back(), "    mend: ropewalk resume ID lets it go on");
}

TEST_F(PlainLines, LeaveOutWhatNobodyNeeds) {
  EXPECT_TRUE(plain_lines(task_event(1, 7, "a", "PENDING"), 1, plain).empty());
  EXPECT_TRUE(plain_lines(event(R"({"seq":1,"kind":"task.output"})"), 1, plain).empty());
}

TEST(Summary, NamesFailedTasksWithTheirMend) {
  RunView view({"a", "b", "c"});
  view.apply(execution_event(1, 0, "RUNNING"));
  view.apply(task_event(2, 0, "a", "COMPLETED"));
  auto failed = task_event(3, 1, "b", "FAILED");
  failed["error"] = event(R"({"message":"exit status 3","hint":"look at its log"})");
  view.apply(failed);
  view.apply(task_event(4, 1, "c", "SKIPPED"));
  view.apply(execution_event(5, 4, "FAILED"));
  EXPECT_EQ(
      summary_lines(view, "triage", "0190", Instant{}, plain),
      (Lines{
          "triage FAILED in 4.0s: 1 completed, 1 failed, 1 skipped  (0190)",
          "  b",
          "    exit status 3",
          "    mend: look at its log"})
  );
}

/// `lookup[1]`, called by `agent`, fails.
json::object failed_call(int seq) {
  auto out = task_event(seq, 1, "lookup[1]", "FAILED");
  out["parent"] = "agent";
  out["error"] = event(R"({"message":"no such customer","hint":"look at its log"})");
  return out;
}

TEST_F(PlainLines, AFailedCallIsToldToItsCaller) {
  EXPECT_EQ(
      plain_lines(failed_call(1), 9, plain),
      (Lines{"12:00:01 lookup[1]  FAILED  (agent is told)", "    no such customer"})
  );
  auto const coloured = plain_lines(failed_call(1), 9, Style{.colour = true});
  EXPECT_EQ(coloured[0].find("\x1b[31m"), std::string::npos) << "not in red";
}

TEST(Summary, ACallThatItsCallerSurvivedIsNoFailure) {
  RunView view({"agent", "lookup"});
  view.apply(execution_event(1, 0, "RUNNING"));
  view.apply(failed_call(2));
  view.apply(task_event(3, 2, "agent", "COMPLETED"));
  view.apply(task_event(4, 2, "lookup", "COMPLETED"));
  view.apply(execution_event(5, 2, "COMPLETED"));
  EXPECT_EQ(
      summary_lines(view, "care", "0190", Instant{}, plain),
      (Lines{
          "care COMPLETED in 2.0s: 2 completed, 1 failed call  (0190)",
          "  lookup[1]: a call that its caller agent survived: no such customer"})
  );
  for (auto const& line : summary_lines(view, "care", "0190", Instant{}, Style{.colour = true}))
    EXPECT_EQ(line.find("\x1b[31m"), std::string::npos) << line;
}

TEST(Summary, ACallThatItsCallerDidNotSurviveIsOne) {
  RunView view({"agent", "lookup"});
  view.apply(execution_event(1, 0, "RUNNING"));
  view.apply(failed_call(2));
  auto failed = task_event(3, 2, "agent", "FAILED");
  failed["error"] = event(R"({"message":"it gave up","hint":""})");
  view.apply(failed);
  view.apply(execution_event(4, 2, "FAILED"));
  EXPECT_EQ(
      summary_lines(view, "care", "0190", Instant{}, plain),
      (Lines{
          "care FAILED in 2.0s: 0 completed, 1 failed, 1 failed call  (0190)",
          "  agent",
          "    it gave up",
          "  lookup[1]",
          "    no such customer",
          "    mend: look at its log"})
  );
}

TEST(Summary, IsOneLineWhenAllIsWell) {
  RunView view({"a"});
  view.apply(execution_event(1, 0, "RUNNING"));
  view.apply(task_event(2, 0, "a", "COMPLETED"));
  view.apply(execution_event(3, 1, "COMPLETED"));
  EXPECT_EQ(
      summary_lines(view, "hello", "0190", Instant{}, plain),
      (Lines{"hello COMPLETED in 1.0s: 1 completed  (0190)"})
  );
}

TEST(ExitStatus, FollowsTheExecution) {
  EXPECT_EQ(exit_status_of(Status::completed), 0);
  EXPECT_EQ(exit_status_of(Status::failed), 1);
  EXPECT_EQ(exit_status_of(Status::cancelled), 3);
}

}  // namespace
}  // namespace ropewalk::cli
