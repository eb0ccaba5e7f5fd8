// Tasks that run as tools of others: what each call is, what becomes of it with its caller, and
// what is left of it. Method: one execution, every change durable at once.
#include "engine/schedule/execution.hpp"
#include "tests/engine/schedule/support.hpp"

namespace ropewalk {
namespace {

using namespace test;

constexpr char const* asking = R"(
defaults:
  retry: {maxAttempts: 2, on: [transient], initialDelay: 1s, jitter: 0}
tasks:
  ask: {type: agent, calls: [lookup, add], timeout: 1m}
  lookup: {type: work, text: "about ${{ args.city }}"}
  add: {type: pass, value: "${{ args.a + args.b }}"}
  after: {type: work, needs: [ask]}
)";

class Calls : public Driver {
 public:
  using Driver::Driver;

  /// The id of the new instance, or the code of the error.
  std::string call(std::string_view caller, std::string task, json::value arguments = nullptr) {
    Effects effects;
    auto const made =
        machine.call(id(caller), {std::move(task), std::move(arguments)}, now, effects);
    absorb(std::move(effects));
    return made ? std::string(machine.task_id(*made)) : made.error().code;
  }
  TaskIndex id(std::string_view task) const { return machine.find_task(task).value(); }
  Status status_of(std::string_view task) const { return machine.task_status(id(task)); }
  std::optional<AttemptRequest> begin(std::string_view task) {
    Effects effects;
    auto request = machine.start_attempt(id(task), now, 0.5, effects);
    absorb(std::move(effects));
    return request;
  }
  void end(std::string_view task, AttemptOutcome outcome = success()) {
    Effects effects;
    machine.finish_attempt(
        id(task), machine.task_attempt(id(task)), std::move(outcome), now, 0.5, effects
    );
    absorb(std::move(effects));
  }
  TaskRecord const& row(std::string_view task) const {
    for (auto const& record : stored.tasks)
      if (record.task == task) return record;
    throw std::runtime_error("no row of " + std::string(task));
  }
  /// What the caller of `task` was told, as text.
  std::string answer_of(std::string_view task) const {
    auto const found = answers_.find(std::string(task));
    return found == answers_.end() ? "none" : found->second;
  }
  std::vector<std::string> released, asked_to_stop;

 private:
  void absorb(Effects effects) {
    for (TaskIndex const task : effects.stop) asked_to_stop.emplace_back(machine.task_id(task));
    for (TaskIndex const task : effects.released) released.emplace_back(machine.task_id(task));
    std::vector<TaskIndex> answered = std::move(effects.answered);
    for (TaskIndex const task : effects.ready) {
      if (machine.task_def(task).type->needs_slot) continue;
      Effects more;
      machine.start_attempt(task, now, 0.5, more);
      answered.insert(answered.end(), more.answered.begin(), more.answered.end());
    }
    for (TaskIndex const task : answered) {
      auto const output = machine.take_answer(task);
      answers_[std::string(machine.task_id(task))] =
          output ? to_text(*output) : output.error().code;
    }
    settle();
  }
  std::map<std::string, std::string> answers_;
};

TEST(ExecutionCalls, EveryCallIsATaskOfItsOwn) {
  Calls run(asking);
  run.begin("ask");
  EXPECT_EQ(run.call("ask", "lookup", {{"city", "Ulm"}}), "lookup[1]");
  EXPECT_EQ(run.call("ask", "lookup", {{"city", "Bonn"}}), "lookup[2]");
  EXPECT_EQ(run.row("lookup[2]").parent, "ask");
  EXPECT_EQ(run.row("lookup[2]").input, R"({"city":"Bonn"})");
  EXPECT_EQ(run.row("lookup[2]").status, Status::pending);
  auto const request = run.begin("lookup[2]");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->task, "lookup[2]");
  EXPECT_EQ(request->type, "work");
  EXPECT_EQ(request->config.at("text").as_string(), "about Bonn");
  EXPECT_NE(request->context().find(R"("args":{"city":"Bonn"})"), std::string::npos);
  run.end("lookup[2]", success("rain"));
  EXPECT_EQ(run.answer_of("lookup[2]"), "\"rain\"");
  EXPECT_EQ(run.row("lookup[2]").output, "\"rain\"");
  EXPECT_EQ(run.answer_of("lookup[1]"), "none");
  EXPECT_EQ(run.status_of("lookup"), Status::pending) << "the template waits for its callers";
}

TEST(ExecutionCalls, TypesWithoutASlotAreCalledAsWell) {
  Calls run(asking);
  run.begin("ask");
  EXPECT_EQ(run.call("ask", "add", {{"a", 2}, {"b", 3}}), "add[1]");
  EXPECT_EQ(run.answer_of("add[1]"), "5");
  EXPECT_EQ(run.call("ask", "add", {{"a", 2}}), "add[2]");
  EXPECT_EQ(run.status_of("add[2]"), Status::failed) << "its expression asks for b";
}

TEST(ExecutionCalls, TheTemplateTellsHowOftenItWasCalled) {
  Calls run(asking);
  run.begin("ask");
  run.call("ask", "add", {{"a", 2}, {"b", 3}});
  run.end("ask");
  EXPECT_EQ(run.status("ask"), Status::completed);
  EXPECT_EQ(run.status("add"), Status::completed);
  EXPECT_EQ(run.row("add").output, R"({"calls":1})");
  EXPECT_EQ(run.status("lookup"), Status::skipped);
  EXPECT_NE(run.row("lookup").error.find("not_called"), std::string::npos);
  run.run("after");
  EXPECT_EQ(run.status(), Status::completed);
}

TEST(ExecutionCalls, AFailedCallIsTriedAgainAndThenItsCallersBusiness) {
  Calls run(asking);
  run.begin("ask");
  run.call("ask", "lookup", {{"city", "Ulm"}});
  run.begin("lookup[1]");
  run.end("lookup[1]", failure(ErrorClass::transient));
  EXPECT_EQ(run.status_of("lookup[1]"), Status::retrying);
  EXPECT_EQ(run.answer_of("lookup[1]"), "none");
  run.pass_time(1s);
  run.begin("lookup[1]");
  run.end("lookup[1]", failure(ErrorClass::permanent, "no_such_city"));
  EXPECT_EQ(run.answer_of("lookup[1]"), "no_such_city");
  run.end("ask", success("nothing found"));
  run.run("after");
  EXPECT_EQ(run.status(), Status::completed);
}

TEST(ExecutionCalls, NoCallOutlivesItsCaller) {
  Calls run(asking);
  run.begin("ask");
  run.call("ask", "lookup", {{"city", "Ulm"}});
  run.call("ask", "lookup", {{"city", "Bonn"}});
  run.begin("lookup[1]");
  run.end("ask", success("done"));
  EXPECT_EQ(run.asked_to_stop, std::vector<std::string>{"lookup[1]"});
  EXPECT_EQ(run.status_of("lookup[2]"), Status::cancelled) << "it had not begun";
  EXPECT_EQ(run.status("ask"), Status::running) << "it waits for what still runs on its slot";
  EXPECT_TRUE(run.released.empty());
  EXPECT_EQ(run.call("ask", "lookup"), "cancelled") << "an attempt that ends calls nothing more";
  run.end("lookup[1]", success("too late"));
  EXPECT_EQ(run.status_of("lookup[1]"), Status::cancelled);
  EXPECT_EQ(run.status("ask"), Status::completed);
  EXPECT_EQ(run.released, (std::vector<std::string>{"lookup[1]", "ask"}));
}

TEST(ExecutionCalls, ATimeoutOfTheCallerStopsWhatItCalled) {
  Calls run(asking);
  run.begin("ask");
  run.call("ask", "lookup", {{"city", "Ulm"}});
  run.begin("lookup[1]");
  run.now += 1min;
  Effects effects;
  run.machine.wake(run.now, 0.5, effects);
  EXPECT_EQ(effects.stop.size(), 2U);
  run.settle();
  run.end("lookup[1]");
  run.end("ask");
  EXPECT_EQ(run.status("ask"), Status::retrying);
  ASSERT_TRUE(run.error("ask"));
  EXPECT_EQ(run.error("ask")->code, "timeout");
  run.pass_time(1s);
  run.begin("ask");
  EXPECT_EQ(run.call("ask", "lookup", {{"city", "Ulm"}}), "lookup[2]")
      << "with a number of its own";
}

TEST(ExecutionCalls, WhatCannotBeCalled) {
  Calls run(asking);
  EXPECT_EQ(run.call("ask", "lookup"), "cancelled") << "it does not run yet";
  run.begin("ask");
  EXPECT_EQ(run.call("ask", "after"), "not_callable");
  EXPECT_EQ(run.call("ask", "nothing"), "not_callable");
  EXPECT_EQ(
      run.call("ask", "lookup", json::value(std::string(2 << 20, 'x'))), "arguments_too_large"
  );
}

TEST(ExecutionCalls, APausedExecutionKeepsCallsWaiting) {
  Calls run(asking);
  run.begin("ask");
  run.machine.pause(run.now);
  run.call("ask", "lookup", {{"city", "Ulm"}});
  EXPECT_FALSE(run.begin("lookup[1]"));
  Effects effects;
  run.machine.resume(run.now, effects);
  EXPECT_EQ(effects.ready, std::vector<TaskIndex>{run.id("lookup[1]")});
  EXPECT_TRUE(run.begin("lookup[1]"));
}

TEST(ExecutionCalls, ACrashCancelsCallsAndTheirCallerCallsAnew) {
  Calls before(asking);
  before.begin("ask");
  before.call("ask", "lookup", {{"city", "Ulm"}});
  before.begin("lookup[1]");
  before.end("lookup[1]", success("sun"));
  before.call("ask", "lookup", {{"city", "Bonn"}});
  before.begin("lookup[2]");
  before.call("ask", "lookup", {{"city", "Kiel"}});

  Calls after(before.flow, before.stored);
  EXPECT_EQ(after.row("lookup[1]").status, Status::completed) << "what had ended is history";
  EXPECT_EQ(after.row("lookup[2]").status, Status::cancelled);
  EXPECT_EQ(after.row("lookup[3]").status, Status::cancelled);
  after.pass_time(0s);
  ASSERT_TRUE(after.begin("ask"));
  EXPECT_EQ(after.call("ask", "lookup", {{"city", "Bonn"}}), "lookup[4]");
  after.begin("lookup[4]");
  after.end("lookup[4]");
  after.end("ask");
  EXPECT_EQ(after.row("lookup").output, R"({"calls":4})");
}

}  // namespace
}  // namespace ropewalk
