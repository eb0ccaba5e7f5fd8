// EngineCore with callers: slots that are lent, what is held back, and that all of it comes back.
#include "engine/schedule/core.hpp"
#include "tests/engine/schedule/support.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace ropewalk {
namespace {

using namespace test;
using Ids = std::vector<std::string>;

/// A core with its pools. Nothing is committed unless the test says so.
class Node {
 public:
  Node(std::string const& body, std::map<std::string, std::uint64_t> pools)
      : flow(workflow(body)), admission(std::move(pools)) {
    NewExecution record;
    record.workflow = "test";
    record.created_at = t0;
    EXPECT_TRUE(core.submit(id, flow, record, {}, true, t0));
    settle();
  }

  /// Carries out effects until nothing is left to do but to wait for runners.
  void settle() {
    for (int guard = 0; core.has_effects() || core.has_batch(); ++guard) {
      ASSERT_LT(guard, 100'000);
      apply();
      commit();
    }
  }
  void commit() {
    if (!core.has_batch()) return;
    auto batch = core.take_batch();
    core.committed(std::move(batch), {}, t0);
  }
  void apply() {
    auto effects = core.take_effects();
    for (auto& start : effects.start) {
      EXPECT_TRUE(running.emplace(start.request.task, start.slot).second) << start.request.task;
      if (!granted_.contains(start.slot)) lent.insert(start.request.task);
    }
    for (RequestId const slot : effects.stop) {
      EXPECT_TRUE(std::any_of(running.begin(), running.end(), [&](auto const& entry) {
        return entry.second == slot;
      })) << "only what runs is stopped";
      stopped.push_back(slot);
    }
    for (auto& request : effects.ask) EXPECT_TRUE(admission.request(std::move(request)));
    for (RequestId const slot : effects.give_back) admission.release(slot);
    for (auto& answer : effects.answers) answers.push_back(answer.instance);
    for (auto const& end : effects.ended) ended = end.status;
    for (RequestId const slot : admission.grant(t0)) {
      granted_.insert(slot);
      core.granted(slot, t0);
    }
  }
  std::string call(std::string const& caller, std::string task = "lookup") {
    auto const made = core.call(running.at(caller), TaskCall{std::move(task), nullptr}, t0);
    if (!made) return made.error().code;
    calls.push_back(*made);
    return std::string(core.find(id)->task_id(made->instance));
  }
  void finish(std::string const& task, AttemptOutcome outcome = success()) {
    RequestId const slot = running.at(task);
    running.erase(task);
    lent.erase(task);
    core.attempt_finished(slot, std::move(outcome), t0);
    settle();
  }
  Ids runs() const {
    Ids ids;
    for (auto const& [task, slot] : running) ids.push_back(task);
    return ids;
  }
  std::uint64_t used(std::string const& name) const {
    for (auto const& pool : admission.describe())
      if (pool.name == name) return pool.used;
    return 0;
  }
  void expect_all_given_back(Status status) {
    EXPECT_EQ(ended, status);
    EXPECT_EQ(core.live_count(), 0U);
    EXPECT_EQ(core.running_count(), 0U);
    EXPECT_EQ(admission.waiting_count(), 0U);
    for (auto const& pool : admission.describe()) EXPECT_EQ(pool.used, 0U) << pool.name;
  }

  ExecutionId id = execution_id(1);
  std::shared_ptr<Workflow const> flow;
  Admission admission;
  EngineCore core{CoreOptions{}};
  std::map<std::string, RequestId> running;
  std::set<std::string> lent;  // of them, those that run on what their callers hold
  std::vector<RequestId> stopped;
  std::vector<TaskIndex> answers;
  std::vector<EngineCore::MadeCall> calls;
  std::optional<Status> ended;

 private:
  std::set<RequestId> granted_;
};

constexpr char const* asking = "tasks: {ask: {type: agent, calls: [lookup]}, lookup: {type: work}}";

TEST(CoreCalls, OneSlotIsEnoughAndGoesFromCallToCall) {
  Node node(asking, {{"default", 1}});
  for (int i = 0; i < 3; ++i) node.call("ask");
  node.settle();
  EXPECT_EQ(node.runs(), (Ids{"ask", "lookup[1]"}));
  node.finish("lookup[1]");
  EXPECT_EQ(node.runs(), (Ids{"ask", "lookup[2]"})) << "the loan passes on";
  node.finish("lookup[2]");
  node.finish("lookup[3]");
  EXPECT_EQ(node.answers.size(), 3U);
  EXPECT_EQ(node.used("default"), 1U);
  node.finish("ask");
  node.expect_all_given_back(Status::completed);
}

TEST(CoreCalls, MoreAtOnceTakeSlotsOfTheirOwn) {
  Node node(asking, {{"default", 3}});
  for (int i = 0; i < 5; ++i) node.call("ask");
  node.settle();
  EXPECT_EQ(node.runs(), (Ids{"ask", "lookup[1]", "lookup[2]", "lookup[3]"}));
  EXPECT_EQ(node.lent, std::set<std::string>{"lookup[1]"});
  EXPECT_EQ(node.used("default"), 3U);
  node.finish("lookup[2]");
  node.finish("lookup[1]");
  EXPECT_EQ(node.runs(), (Ids{"ask", "lookup[3]", "lookup[4]", "lookup[5]"}));
  EXPECT_LE(node.used("default"), 3U);
  node.finish("ask");
  EXPECT_FALSE(node.ended) << "its calls still run";
  EXPECT_EQ(node.stopped.size(), 3U);
  for (auto const* task : {"lookup[3]", "lookup[4]", "lookup[5]"}) node.finish(task);
  node.expect_all_given_back(Status::completed);
}

TEST(CoreCalls, NestedOnesRunOnOneSlot) {
  Node node(
      "tasks: {ask: {type: agent, calls: [sub]}, sub: {type: agent, calls: [lookup]}, "
      "lookup: {type: work}}",
      {{"default", 1}}
  );
  node.call("ask", "sub");
  node.call("ask", "sub");
  node.settle();
  node.call("sub[1]");
  node.call("sub[1]");
  node.settle();
  EXPECT_EQ(node.runs(), (Ids{"ask", "lookup[1]", "sub[1]"}));
  node.finish("lookup[1]");
  node.finish("lookup[2]");
  node.finish("sub[1]");
  EXPECT_EQ(node.runs(), (Ids{"ask", "sub[2]"}));
  node.finish("sub[2]");
  node.finish("ask");
  node.expect_all_given_back(Status::completed);
}

TEST(CoreCalls, ACallerHoldsWhatItsCallsNeed) {
  Node node(
      "tasks: {ask: {type: agent, calls: [lookup]}, lookup: {type: work, pool: gpu}}",
      {{"default", 2}, {"gpu", 1}}
  );
  EXPECT_EQ(node.used("gpu"), 1U);
  node.call("ask");
  node.settle();
  EXPECT_EQ(node.lent, std::set<std::string>{"lookup[1]"});
  node.finish("lookup[1]");
  node.finish("ask");
  node.expect_all_given_back(Status::completed);
}

TEST(CoreCalls, NothingStartsOrIsAnsweredBeforeItIsDurable) {
  Node node(asking, {{"default", 4}});
  node.call("ask");
  node.apply();
  EXPECT_EQ(node.runs(), Ids{"ask"});
  node.settle();
  RequestId const slot = node.running.at("lookup[1]");
  node.core.attempt_finished(slot, success(1), t0);
  node.apply();
  EXPECT_TRUE(node.answers.empty());
  node.commit();
  node.apply();
  EXPECT_EQ(node.answers.size(), 1U);
}

TEST(CoreCalls, CancelGivesEverythingBack) {
  Node node(asking, {{"default", 2}});
  for (int i = 0; i < 4; ++i) node.call("ask");
  node.settle();
  ASSERT_EQ(node.runs(), (Ids{"ask", "lookup[1]", "lookup[2]"}));
  ASSERT_TRUE(node.core.cancel(node.id, t0));
  node.settle();
  EXPECT_EQ(node.stopped.size(), 3U);
  node.finish("ask");
  EXPECT_EQ(node.used("default"), 2U) << "the lent slot is not free while its call still runs";
  node.finish("lookup[2]");
  node.finish("lookup[1]");
  node.expect_all_given_back(Status::cancelled);
}

TEST(CoreCalls, AGivenUpCallPassesItsLoanOn) {
  Node node(asking, {{"default", 1}});
  node.call("ask");
  node.call("ask");
  node.settle();
  node.core.cancel_call(node.calls[0], t0);
  node.settle();
  EXPECT_EQ(node.runs(), (Ids{"ask", "lookup[1]"})) << "it is being stopped";
  node.finish("lookup[1]");
  EXPECT_EQ(node.runs(), (Ids{"ask", "lookup[2]"}));
  node.finish("lookup[2]");
  node.finish("ask");
  node.expect_all_given_back(Status::completed);
  node.core.cancel_call(node.calls[1], t0);  // too late, and harmless
}

TEST(CoreCalls, AnOldCallDoesNotCancelANewOne) {
  Node node(asking, {{"default", 1}});
  node.call("ask");
  node.core.cancel_call(
      EngineCore::MadeCall{node.running.at("ask") + 1000, node.id, node.calls[0].instance}, t0
  );
  node.settle();
  EXPECT_EQ(node.runs(), (Ids{"ask", "lookup[1]"}));
}

TEST(CoreCalls, QueuedCallsComeThroughAPause) {
  Node node(asking, {{"default", 1}});
  for (int i = 0; i < 3; ++i) node.call("ask");
  node.settle();
  ASSERT_TRUE(node.core.pause(node.id, t0));
  node.settle();
  EXPECT_EQ(node.admission.waiting_count(), 0U);
  node.finish("lookup[1]");
  EXPECT_EQ(node.runs(), Ids{"ask"}) << "nothing starts, on loan neither";
  ASSERT_TRUE(node.core.resume(node.id, t0));
  node.settle();
  EXPECT_EQ(node.runs(), (Ids{"ask", "lookup[2]"}));
  node.finish("lookup[2]");
  node.finish("lookup[3]");
  node.finish("ask");
  node.expect_all_given_back(Status::completed);
}

TEST(CoreCalls, AHeldCallGivesItsLoanBackAndGetsItAgain) {
  Node node(asking, {{"default", 1}});
  node.call("ask");
  node.call("ask");
  node.settle();
  AttemptOutcome held;
  held.hold = Error{ErrorClass::resource, "budget", "used up"};
  node.finish("lookup[1]", held);
  EXPECT_EQ(node.runs(), Ids{"ask"});
  EXPECT_EQ(node.admission.waiting_count(), 0U);
  ASSERT_TRUE(node.core.resume(node.id, t0));
  node.settle();
  EXPECT_EQ(node.runs(), (Ids{"ask", "lookup[1]"}));
  node.finish("lookup[1]");
  node.finish("lookup[2]");
  node.finish("ask");
  node.expect_all_given_back(Status::completed);
}

TEST(CoreCalls, ThousandsThatCannotStartHandTheLoanOn) {
  Node node(
      "tasks: {ask: {type: agent, calls: [lookup]}, lookup: {type: work, text: \"${{ args.x "
      "}}\"}}",
      {{"default", 1}}
  );
  ASSERT_TRUE(node.core.pause(node.id, t0));
  for (int i = 0; i < 5000; ++i) node.call("ask");
  node.settle();
  ASSERT_TRUE(node.core.resume(node.id, t0));
  node.settle();
  EXPECT_EQ(node.answers.size(), 5000U);
  node.finish("ask");
  node.expect_all_given_back(Status::completed);
}

TEST(CoreCalls, OneThatStartsAndIsStoppedAtOnceIsStopped) {
  Node node(
      "onFailure: cancel\n"
      "tasks:\n"
      "  ask: {type: agent, calls: [lookup]}\n"
      "  lookup: {type: work}\n"
      "  gate: {type: work}\n"
      "  boom: {type: pass, needs: [gate], value: \"${{ inputs.nobody }}\"}\n",
      {{"default", 4}}
  );
  node.call("ask");
  RequestId const gate = node.running.at("gate");
  node.running.erase("gate");
  node.core.attempt_finished(gate, success(), t0);
  node.settle();  // one commit: the call starts, boom fails, everything is cancelled
  ASSERT_EQ(node.runs(), (Ids{"ask", "lookup[1]"}));
  EXPECT_EQ(node.stopped.size(), 2U);
  node.finish("lookup[1]");
  node.finish("ask");
  node.expect_all_given_back(Status::failed);
}

TEST(CoreCalls, WhatCannotBeStoredIsStoppedWithItsCalls) {
  Node node(asking, {{"default", 2}});
  node.call("ask");
  node.call("ask");
  node.settle();
  ASSERT_EQ(node.running.size(), 3U);
  node.call("ask");
  auto batch = node.core.take_batch();
  Error const refused{ErrorClass::permanent, "change_rejected", "bad data"};
  std::vector<std::pair<std::size_t, Error>> const rejected{{0, refused}};
  node.core.committed(std::move(batch), rejected, t0);
  node.apply();
  EXPECT_EQ(node.stopped.size(), 3U);
  EXPECT_EQ(node.call("ask"), "cancelled");
  for (auto const* task : {"lookup[1]", "lookup[2]", "ask"}) node.finish(task);
  EXPECT_EQ(node.core.running_count(), 0U);
  EXPECT_EQ(node.used("default"), 0U);
}

}  // namespace
}  // namespace ropewalk
