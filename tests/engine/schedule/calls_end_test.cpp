// How calls end with their callers: none outlives the task that made it.
#include "engine/schedule/execution.hpp"
#include "tests/engine/schedule/support.hpp"

#include <algorithm>

namespace ropewalk {
namespace {

using namespace test;
using Ids = std::vector<std::string>;

/// A caller with one call that runs, one that is queued and one that waits for its next try.
Driver busy(std::string const& options = "") {
  Driver run(
      "tasks:\n  ask: {type: agent, calls: [lookup]" + options +
      "}\n  lookup: {type: work, retry: {maxAttempts: 3, initialDelay: 1h}}\n"
  );
  run.start("ask");
  for (int i = 0; i < 3; ++i) run.call("ask", "lookup");
  run.start("lookup[1]");
  run.run("lookup[3]", failure(ErrorClass::transient));
  run.released.clear();
  return run;
}

/// That of them which ran is being stopped; the caller ends after it.
void expect_ends_after_its_calls(Driver& run, Status expected) {
  EXPECT_NE(std::find(run.stopped.begin(), run.stopped.end(), "lookup[1]"), run.stopped.end());
  EXPECT_EQ(run.status("lookup[2]"), Status::cancelled);
  EXPECT_EQ(run.status("lookup[3]"), Status::cancelled);
  EXPECT_EQ(run.status("ask"), Status::running);
  EXPECT_EQ(run.released, Ids{}) << "it holds its slot until its calls have ended";
  EXPECT_EQ(run.call("ask", "lookup"), "cancelled") << "it calls nothing more";
  run.finish("lookup[1]", success("too late"));
  EXPECT_EQ(run.status("lookup[1]"), Status::cancelled);
  EXPECT_EQ(run.answers.at("lookup[1]").error().code, "cancelled");
  EXPECT_EQ(run.status("ask"), expected);
  EXPECT_EQ(run.released, (Ids{"lookup[1]", "ask"}));
}

TEST(CallsEnd, ACallerThatEndsTakesItsCallsAlong) {
  Driver run = busy();
  run.finish("ask", success("enough"));
  expect_ends_after_its_calls(run, Status::completed);
  EXPECT_EQ(run.stored.state.status, Status::completed);
  EXPECT_EQ(*run.machine.task_output(run.index("ask")), json::value("enough"));
}

TEST(CallsEnd, CancellingEndsTheCallsFirst) {
  Driver run = busy();
  run.cancel();
  EXPECT_EQ(run.stopped, (Ids{"ask", "lookup[1]"}));
  run.finish("ask");
  expect_ends_after_its_calls(run, Status::cancelled);
  EXPECT_EQ(run.status(), Status::cancelled);
}

TEST(CallsEnd, CancellingWhileTheCallerAlreadyEndsCounts) {
  Driver run = busy();
  run.finish("ask", success("enough"));
  run.cancel();
  expect_ends_after_its_calls(run, Status::cancelled);
  EXPECT_EQ(run.status(), Status::cancelled);
}

TEST(CallsEnd, ATimeoutOfTheCallerEndsTheCallsFirst) {
  Driver run = busy(", timeout: 5s, retry: {maxAttempts: 2, initialDelay: 1s, jitter: 0}");
  run.pass_time(5s);
  run.finish("ask");
  expect_ends_after_its_calls(run, Status::retrying);
  EXPECT_EQ(run.error("ask")->code, "timeout");
  run.pass_time(1s);
  run.start("ask");
  EXPECT_EQ(run.call("ask", "lookup"), "lookup[4]") << "numbers are not used twice";
}

TEST(CallsEnd, ATimeoutDoesNotUndoAnEnd) {
  Driver run = busy(", timeout: 5s");
  run.finish("ask", success("in time"));
  run.pass_time(5s);
  expect_ends_after_its_calls(run, Status::completed);
}

TEST(CallsEnd, ADeadlineOfTheCallerEndsTheCallsFirst) {
  Driver run = busy(", deadline: 5s");
  run.pass_time(5s);
  run.finish("ask");
  expect_ends_after_its_calls(run, Status::failed);
  EXPECT_EQ(run.error("ask")->code, "deadline_exceeded");
}

TEST(CallsEnd, AStopOfTheServerEndsTheCallsFirst) {
  Driver run = busy();
  run.machine.interrupt_all(run.now, run.fx);
  run.settle();
  EXPECT_EQ(run.stopped, (Ids{"ask", "lookup[1]"}));
  run.finish("ask");
  expect_ends_after_its_calls(run, Status::retrying);
  EXPECT_EQ(run.row("ask").interruptions, 1U);
}

TEST(CallsEnd, ACallThatIsGivenUpIsCancelledAndTheCallerGoesOn) {
  Driver run = busy();
  run.cancel_call("lookup[2]");
  EXPECT_EQ(run.status("lookup[2]"), Status::cancelled);
  run.cancel_call("lookup[1]");
  EXPECT_EQ(run.stopped, Ids{"lookup[1]"});
  run.finish("lookup[1]");
  EXPECT_EQ(run.status("lookup[1]"), Status::cancelled);
  run.cancel_call("lookup[1]");  // twice is harmless
  EXPECT_EQ(run.call("ask", "lookup"), "lookup[4]");
}

TEST(CallsEnd, OnFailureCancelEndsCallersWithTheirCalls) {
  Driver run(R"(
onFailure: cancel
tasks:
  ask: {type: agent, calls: [lookup]}
  lookup: {type: work}
  other: {type: work}
)");
  run.start("ask");
  run.start("other");
  run.call("ask", "lookup");
  run.start("lookup[1]");
  run.finish("other", failure());
  EXPECT_EQ(run.stopped, (Ids{"ask", "lookup[1]"}));
  run.finish("ask");
  run.finish("lookup[1]");
  EXPECT_EQ(run.status("ask"), Status::cancelled);
  EXPECT_EQ(run.status(), Status::failed);
}

TEST(CallsEnd, AfterACrashOpenCallsAreCancelledAndNumbersGoOn) {
  Driver before = busy();
  before.call("ask", "lookup");
  before.run("lookup[4]", success(1));
  Driver after(before.flow, before.stored);
  for (auto const* id : {"lookup[1]", "lookup[2]", "lookup[3]"})
    EXPECT_EQ(after.row(id).status, Status::cancelled) << id;
  EXPECT_NE(after.row("lookup[1]").error.find("interrupted"), std::string::npos);
  EXPECT_EQ(after.row("lookup[4]").status, Status::completed) << "history is left alone";
  EXPECT_EQ(after.status("ask"), Status::retrying);
  after.pass_time(0s);
  after.start("ask");
  EXPECT_EQ(after.call("ask", "lookup"), "lookup[5]");
  after.run("lookup[5]");
  after.finish("ask");
  EXPECT_EQ(after.row("lookup").output, R"({"calls":5})");
  EXPECT_EQ(after.status(), Status::completed);
}

}  // namespace
}  // namespace ropewalk
