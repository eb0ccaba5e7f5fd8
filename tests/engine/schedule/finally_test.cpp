// finally: tasks that run when all others have ended, however they did. Method: one execution,
// every change durable at once.
#include "engine/base/json.hpp"
#include "engine/schedule/execution.hpp"
#include "tests/engine/schedule/support.hpp"

namespace ropewalk {
namespace {

using namespace test;
using Ids = std::vector<std::string>;

constexpr char const* cleaned = R"(
tasks: {a: {type: work}, b: {type: work, needs: [a]}}
finally:
  clean: {type: work, text: "${{ execution.status }} ${{ tasks.a.status }}"}
  tell: {type: work, needs: [clean]}
)";

TEST(Finally, BeginsWhenAllOthersHaveEnded) {
  Driver run(cleaned);
  EXPECT_EQ(run.queued(), Ids{"a"});
  run.run("a");
  EXPECT_EQ(run.queued(), Ids{"b"});
  run.run("b");
  EXPECT_EQ(run.queued(), Ids{"clean"});
  EXPECT_EQ(run.status(), Status::running);
  auto const request = run.start("clean");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->config.at("text"), json::value("COMPLETED COMPLETED"));
  EXPECT_NE(request->context().find(R"("status":"COMPLETED")"), std::string::npos);
  run.finish("clean");
  run.run("tell");
  EXPECT_EQ(run.status(), Status::completed);
}

TEST(Finally, RunsAfterAFailureAndKnowsOfIt) {
  Driver run(cleaned);
  run.run("a", failure());
  EXPECT_EQ(run.status("b"), Status::skipped);
  EXPECT_EQ(run.start("clean")->config.at("text"), json::value("FAILED FAILED"));
  run.finish("clean");
  run.run("tell");
  EXPECT_EQ(run.status(), Status::failed);
}

TEST(Finally, RunsWhenTheRestIsCancelledByAFailure) {
  Driver run(std::string("onFailure: cancel") + R"(
tasks: {a: {type: work}, b: {type: work}}
finally: {clean: {type: work}})");
  ASSERT_TRUE(run.start("b"));
  run.run("a", failure());
  EXPECT_EQ(run.queued(), Ids{}) << "b is still being stopped";
  run.finish("b");
  EXPECT_EQ(run.status("b"), Status::cancelled);
  run.run("clean");
  EXPECT_EQ(run.status(), Status::failed);
}

TEST(Finally, RunsAfterACancelAndIsCutShortByAnotherOne) {
  Driver run(cleaned);
  ASSERT_TRUE(run.start("a"));
  run.cancel();
  run.cancel();
  EXPECT_EQ(run.status("clean"), Status::pending) << "impatience does not skip the cleaning up";
  run.finish("a");
  EXPECT_EQ(run.start("clean")->config.at("text"), json::value("CANCELLED CANCELLED"));
  run.cancel();
  EXPECT_EQ(run.stopped.back(), "clean");
  run.finish("clean");
  EXPECT_EQ(run.status("tell"), Status::cancelled);
  EXPECT_EQ(run.status(), Status::cancelled);
}

TEST(Finally, ItsFailureFailsTheExecutionAndStopsNoneOfIt) {
  Driver run(std::string("onFailure: cancel") + R"(
tasks: {a: {type: pass}}
finally: {clean: {type: work}, tell: {type: work}, after: {type: work, needs: [clean]}})");
  run.run("clean", failure());
  EXPECT_EQ(run.queued(), Ids{"tell"});
  EXPECT_EQ(run.status("after"), Status::skipped);
  run.run("tell");
  EXPECT_EQ(run.status(), Status::failed);
}

TEST(Finally, GoesOnAfterACrash) {
  Driver before(cleaned);
  before.run("a");
  Driver between(before.flow, before.stored);
  EXPECT_EQ(between.queued(), Ids{"b"}) << "nothing of finally begins early";
  between.run("b");
  between.run("clean");
  Driver after(between.flow, between.stored);
  EXPECT_EQ(after.queued(), Ids{"tell"});
  after.run("tell");
  EXPECT_EQ(after.status(), Status::completed);
}

TEST(Finally, ComesAgainWhenSomethingIsRetriedByHand) {
  Driver before(cleaned);
  before.run("a", failure());
  before.run("clean");
  before.run("tell");
  Driver again(before.flow, before.stored);
  ASSERT_TRUE(again.machine.retry_failed(again.now, again.fx));
  again.settle();
  EXPECT_EQ(again.queued(), Ids{"a"});
  again.run("a");
  again.run("b");
  EXPECT_EQ(again.queued(), Ids{"clean"});
  again.run("clean");
  again.run("tell");
  EXPECT_EQ(again.status(), Status::completed);
}

TEST(Finally, OfAnExecutionThatNeverBeganDoesNotRun) {
  Execution waiting(execution_id(1), workflow(cleaned), {}, {}, {});
  Effects fx;
  waiting.accept(t0);
  waiting.cancel(t0, fx);
  EXPECT_TRUE(fx.ended);
  EXPECT_EQ(waiting.status(), Status::cancelled);
}

TEST(Finally, OfAnExecutionWithoutWorkRunsAtOnce) {
  Driver run("tasks: {a: {type: pass}}\nfinally: {clean: {type: pass, value: done}}");
  EXPECT_EQ(run.status(), Status::completed);
  EXPECT_EQ(run.row("clean").output, "\"done\"");
}

}  // namespace
}  // namespace ropewalk
