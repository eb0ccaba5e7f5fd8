// Attempts that wait for a person, and what attempts leave behind: detail and spend.
#include "engine/base/json.hpp"
#include "engine/schedule/execution.hpp"
#include "tests/engine/schedule/support.hpp"

namespace ropewalk {
namespace {

using namespace test;
using Ids = std::vector<std::string>;

constexpr char const* two =
    "tasks: {a: {type: work}, b: {type: work}, after: {type: work, needs: [a]}}";

AttemptOutcome held(std::string code = "budget_exceeded") {
  AttemptOutcome outcome;
  outcome.hold = Error{ErrorClass::resource, std::move(code), "the budget is used up"};
  return outcome;
}

AttemptOutcome spent(AttemptOutcome outcome, std::string model = "m") {
  Spend spend;
  spend.provider = "p";
  spend.model = std::move(model);
  spend.calls = 2;
  spend.cost_usd = 0.5;
  outcome.spend.push_back(std::move(spend));
  return outcome;
}

TEST(Holds, PauseTheExecutionForAReasonUntilAPersonResumes) {
  Driver run(two);
  run.run("a", held());
  EXPECT_EQ(run.status("a"), Status::pending);
  EXPECT_TRUE(run.machine.is_paused());
  ASSERT_TRUE(run.machine.hold_reason());
  EXPECT_EQ(run.machine.hold_reason()->code, "budget_exceeded");
  EXPECT_EQ(run.machine.hold_reason()->detail.at("task"), json::value("a"));
  EXPECT_EQ(run.row("a").hold, Hold::held);
  EXPECT_NE(run.events.back().find(R"("hold":{)"), std::string::npos) << run.events.back();
  EXPECT_FALSE(run.start("b")) << "nothing else starts either";
  EXPECT_FALSE(run.start("a"));
  run.resume();
  EXPECT_FALSE(run.machine.hold_reason());
  EXPECT_EQ(run.row("a").hold, Hold::approved);
  EXPECT_EQ(run.queued(), (Ids{"a", "b"}));
  auto const request = run.start("a");
  ASSERT_TRUE(request);
  EXPECT_TRUE(request->approved);
  EXPECT_EQ(request->attempt, 2U);
  run.finish("a");
  EXPECT_EQ(run.row("a").hold, Hold::none);
  EXPECT_FALSE(run.start("b")->approved);
}

TEST(Holds, AnApprovalIsUsedOnce) {
  Driver run("tasks: {a: {type: work, retry: {maxAttempts: 2, initialDelay: 1s, jitter: 0}}}");
  run.run("a", held());
  run.resume();
  EXPECT_TRUE(run.start("a")->approved);
  run.finish("a", failure(ErrorClass::transient));
  run.pass_time(1s);
  EXPECT_FALSE(run.start("a")->approved) << "the next try may have to ask again";
  run.finish("a", held());
  EXPECT_EQ(run.row("a").tries, 1U) << "a hold does not count against maxAttempts";
  run.resume();
  EXPECT_TRUE(run.start("a")->approved);
  run.finish("a");
  EXPECT_EQ(run.status(), Status::completed);
}

TEST(Holds, SurviveACrash) {
  Driver before(two);
  before.run("a", held());
  Driver after(before.flow, before.stored);
  EXPECT_TRUE(after.machine.is_paused());
  ASSERT_TRUE(after.machine.hold_reason());
  EXPECT_EQ(after.machine.hold_reason()->code, "budget_exceeded");
  EXPECT_EQ(after.machine.hold_reason()->detail.at("task"), json::value("a"));
  EXPECT_FALSE(after.start("a"));
  after.resume();
  EXPECT_TRUE(after.start("a")->approved);
}

TEST(Holds, AnApprovalSurvivesACrash) {
  Driver before(two);
  before.run("a", held());
  before.resume();
  Driver queued(before.flow, before.stored);
  EXPECT_TRUE(queued.start("a")->approved);
  Driver cut_short(queued.flow, queued.stored);
  cut_short.pass_time(0s);
  EXPECT_TRUE(cut_short.start("a")->approved) << "the attempt that had it did not end";
}

TEST(Holds, CountForNothingOnceTheAttemptWasStopped) {
  Driver run(two);
  run.start("a");
  run.cancel();
  run.finish("a", held());
  EXPECT_EQ(run.status("a"), Status::cancelled);
  EXPECT_FALSE(run.machine.is_paused());
  EXPECT_EQ(run.status(), Status::cancelled);
}

TEST(Holds, AHeldTaskCanBeCancelled) {
  Driver run(two);
  run.run("a", held());
  run.cancel();
  EXPECT_EQ(run.status(), Status::cancelled);
  EXPECT_EQ(run.row("a").hold, Hold::none);
  EXPECT_FALSE(run.machine.is_paused());
  EXPECT_FALSE(run.machine.hold_reason());
}

TEST(Holds, OfACalledTaskLetItsCallerWait) {
  Driver run("tasks: {ask: {type: agent, calls: [lookup]}, lookup: {type: work}}");
  run.start("ask");
  run.call("ask", "lookup");
  run.run("lookup[1]", held());
  EXPECT_EQ(run.machine.hold_reason()->detail.at("task"), json::value("lookup[1]"));
  EXPECT_EQ(run.status("ask"), Status::running);
  EXPECT_TRUE(run.answers.empty());
  run.resume();
  EXPECT_TRUE(run.start("lookup[1]")->approved);
  run.finish("lookup[1]", success(1));
  EXPECT_TRUE(run.answers.at("lookup[1]"));
}

TEST(Holds, OfACallerEndItsCalls) {
  Driver run("tasks: {ask: {type: agent, calls: [lookup]}, lookup: {type: work}}");
  run.start("ask");
  run.call("ask", "lookup");
  run.start("lookup[1]");
  run.finish("ask", held());
  EXPECT_FALSE(run.machine.is_paused()) << "not before its call has ended";
  run.finish("lookup[1]");
  EXPECT_TRUE(run.machine.is_paused());
  EXPECT_EQ(run.status("ask"), Status::pending);
}

TEST(Holds, KeepTheAttemptWithWhatItLeft) {
  Driver run(two);
  auto outcome = held();
  outcome.detail = json::object{{"rounds", 3}};
  run.run("a", std::move(outcome));
  ASSERT_EQ(run.attempts.size(), 1U);
  EXPECT_EQ(run.attempts[0].attempt, 1U);
  EXPECT_EQ(run.attempts[0].detail, R"({"rounds":3})");
  EXPECT_NE(run.attempts[0].error.find("budget_exceeded"), std::string::npos);
}

TEST(AttemptDetail, IsKeptAndCutWhereItIsTooLarge) {
  Driver run(two);
  auto outcome = success();
  outcome.detail = json::object{{"note", std::string("a\0b", 3)}};
  run.run("a", std::move(outcome));
  EXPECT_EQ(run.row("a").detail.find("\\u0000"), std::string::npos) << "PostgreSQL takes no NUL";
  auto large = failure();
  large.detail = json::object{{"text", std::string(1024 * 1024, '"')}};
  run.run("b", std::move(large));
  auto const& text = run.row("b").detail;
  EXPECT_LT(text.size(), 256U * 1024 + 100);
  auto const cut = parse_json(text);
  ASSERT_TRUE(cut) << "what is left is JSON";
  EXPECT_EQ(cut->at("cut"), json::value(true));
}

TEST(AttemptDetail, TheTextThatWatchersWereShownIsNotCut) {
  Driver run(two);
  auto outcome = success();
  outcome.detail = json::object{
      {"messages", std::string(1 << 20, 'm')}, {"stream", {{"text", std::string(1 << 20, 's')}}}};
  run.run("a", std::move(outcome));
  auto const detail = parse_json(run.row("a").detail, JsonLimits{4 << 20, 32, 1000});
  ASSERT_TRUE(detail);
  EXPECT_TRUE(detail->at("cut").as_bool());
  EXPECT_EQ(detail->at("stream").at("text").as_string().size(), 1U << 20);
}

TEST(AttemptDetail, OfAnAttemptBeforeStaysWithIt) {
  Driver run("tasks: {a: {type: work, retry: {maxAttempts: 2, initialDelay: 0s}}}");
  auto outcome = failure(ErrorClass::transient);
  outcome.detail = "first";
  run.run("a", std::move(outcome));
  run.pass_time(0s);
  run.start("a");
  EXPECT_EQ(run.row("a").detail, "");
  EXPECT_EQ(run.attempts.at(0).detail, "\"first\"");
}

TEST(AttemptSpend, IsWrittenDownHoweverTheAttemptEnds) {
  Driver run("tasks: {a: {type: work, retry: {maxAttempts: 2, initialDelay: 0s}}, b: {type: work}}"
  );
  run.run("a", spent(failure(ErrorClass::transient), "m1"));
  run.pass_time(0s);
  run.run("a", spent(held(), "m2"));
  run.resume();
  run.start("b");
  run.start("a");
  run.finish("a", spent(failure(), "m3"));
  run.cancel();
  run.finish("b", spent(success(), "m4"));
  ASSERT_EQ(run.spend.size(), 4U);
  EXPECT_EQ(run.spend[0].attempt, 1U);
  EXPECT_EQ(run.spend[1].attempt, 2U);
  EXPECT_EQ(run.spend[2].attempt, 3U);
  EXPECT_EQ(run.spend[2].task, "a");
  EXPECT_EQ(run.spend[2].workflow, "test");
  EXPECT_EQ(run.spend[2].at, run.now);
  EXPECT_EQ(run.spend[3].spend.model, "m4");
  EXPECT_EQ(run.spend[3].spend.cost_usd, 0.5);
}

}  // namespace
}  // namespace ropewalk
