// Goal: a watcher's picture of an execution follows from its events alone, in whatever way they
// come. Method: feeds events, also twice and late, and looks at counts and tasks.
#include "server/cli/run_view.hpp"

#include "tests/server/cli/events.hpp"

#include <gtest/gtest.h>

namespace ropewalk::cli {
namespace {

Instant at_second(int second) {
  return parse_instant("2026-01-31T12:00:00Z").value() + std::chrono::seconds(second);
}

TEST(RunView, FollowsATaskToItsEnd) {
  RunView view({"a", "b"});
  EXPECT_TRUE(view.apply(execution_event(1, 0, "RUNNING")));
  EXPECT_TRUE(view.apply(task_event(2, 1, "a", "RUNNING")));
  EXPECT_EQ(view.counts().running, 1U);
  EXPECT_EQ(view.tasks()[0].elapsed(at_second(3)), std::chrono::seconds(2));
  EXPECT_TRUE(view.apply(task_event(3, 4, "a", "COMPLETED")));
  EXPECT_EQ(view.counts().running, 0U);
  EXPECT_EQ(view.counts().completed, 1U);
  EXPECT_EQ(view.counts().total, 2U);
  EXPECT_EQ(view.tasks()[0].elapsed(at_second(9)), std::chrono::seconds(3));
  EXPECT_EQ(view.ended(), (std::vector<std::size_t>{0}));
}

TEST(RunView, IgnoresWhatIsNotNew) {
  RunView view({"a"});
  EXPECT_TRUE(view.apply(task_event(2, 0, "a", "RUNNING")));
  EXPECT_FALSE(view.apply(task_event(2, 0, "a", "COMPLETED")));
  EXPECT_FALSE(view.apply(task_event(1, 0, "a", "COMPLETED")));
  EXPECT_EQ(view.counts().completed, 0U);
  EXPECT_EQ(view.last_seq(), 2U);
}

TEST(RunView, TakesTasksThatWereNotAnnounced) {
  RunView view({"a"});
  view.apply(task_event(1, 0, "each[3]", "RUNNING"));
  EXPECT_EQ(view.counts().total, 2U);
  EXPECT_EQ(view.tasks()[1].id, "each[3]");
}

TEST(RunView, KeepsTheLastLineAndTheComplaint) {
  RunView view({"a"});
  view.apply(log_event(1, "a", "first"));
  view.apply(log_event(2, "a", "\x1b[31msecond"));
  EXPECT_EQ(view.tasks()[0].last_line, "second");
  auto failed = task_event(3, 1, "a", "FAILED");
  failed["error"] = event(R"({"class":"permanent","message":"no such file","hint":"make it"})");
  view.apply(failed);
  EXPECT_EQ(view.tasks()[0].complaint.message, "no such file");
  EXPECT_EQ(view.tasks()[0].complaint.hint, "make it");
}

TEST(RunView, RetryOfAnEndedTaskTakesItBack) {
  RunView view({"a"});
  view.apply(task_event(1, 0, "a", "FAILED"));
  view.apply(task_event(2, 1, "a", "RUNNING", 2));
  EXPECT_TRUE(view.ended().empty());
  EXPECT_EQ(view.counts().failed, 0U);
  view.apply(task_event(3, 2, "a", "COMPLETED", 2));
  EXPECT_EQ(view.ended().size(), 1U);
}

TEST(RunView, ExecutionStatusEndsIt) {
  RunView view;
  view.apply(execution_event(1, 0, "RUNNING"));
  auto paused = execution_event(2, 1, "RUNNING");
  paused["paused"] = true;
  view.apply(paused);
  EXPECT_TRUE(view.paused());
  view.apply(execution_event(3, 5, "COMPLETED"));
  EXPECT_EQ(view.status(), Status::completed);
  EXPECT_FALSE(view.paused());
  EXPECT_EQ(*view.finished_at() - *view.started_at(), std::chrono::seconds(5));
}

TEST(RunView, SurvivesNonsense) {
  RunView view;
  EXPECT_FALSE(view.apply(event(R"({})")));
  EXPECT_FALSE(view.apply(event(R"({"seq":1,"kind":"task.token"})")));
  EXPECT_TRUE(view.apply(event(R"({"seq":2,"kind":"task.status","status":7,"task":[]})")));
  EXPECT_EQ(view.counts().total, 0U);
}

}  // namespace
}  // namespace ropewalk::cli
