// Signals: taken by who waits, kept for who will, each once. Method as in waits_test.
#include "engine/base/json.hpp"
#include "engine/schedule/execution.hpp"
#include "tests/engine/schedule/support.hpp"

namespace ropewalk {
namespace {

using namespace test;

constexpr char const* typed =
    "tasks:\n"
    "  paid:\n"
    "    type: wait\n"
    "    signal:\n"
    "      name: paid\n"
    "      schema: {type: object, required: [amount], "
    "properties: {amount: {type: integer, minimum: 1}, by: {type: string}}}\n";

json::value output(Driver const& run, std::string const& task) {
  auto const& text = run.row(task).output;
  return text.empty() ? json::value() : parse_json(text).value();
}

TEST(Signals, EndTheWaitWithTheirPayload) {
  Driver run("tasks: {a: {type: wait, signal: go}}");
  EXPECT_NE(run.row("a").waiting.find(R"("signal":"go")"), std::string::npos);
  EXPECT_EQ(run.signal("go", json::object{{"n", 1}}), "taken");
  EXPECT_EQ(output(run, "a"), json::value(json::object{{"n", 1}}));
  EXPECT_EQ(run.status(), Status::completed);
  ASSERT_EQ(run.stored.signals.size(), 1U);
  EXPECT_EQ(run.stored.signals[0].taken_by, "a");
  EXPECT_EQ(run.stored.signals[0].payload, "") << "it is the task's output";
}

TEST(Signals, ThatComeEarlyAreKeptFirstInFirstOutAlsoOverACrash) {
  auto const flow = workflow(
      "tasks: {first: {type: work}, a: {type: wait, signal: go, needs: [first]}, "
      "b: {type: wait, signal: go, needs: [a]}}"
  );
  Driver run(flow, {}, {});
  EXPECT_EQ(run.signal("go", 1), "kept");
  EXPECT_EQ(run.signal("go", 2), "kept");
  EXPECT_EQ(run.stored.signals[1].payload, "2");
  Driver later(flow, run.stored);
  later.pass_time(0s);
  later.run("first");
  EXPECT_EQ(output(later, "a"), json::value(1));
  EXPECT_EQ(output(later, "b"), json::value(2));
  EXPECT_EQ(later.status(), Status::completed);
}

TEST(Signals, OneWaitTakesOne) {
  Driver run("tasks: {a: {type: wait, signal: go}, b: {type: wait, signal: go}}");
  EXPECT_EQ(run.signal("go", 1), "taken");
  EXPECT_EQ(run.status("a"), Status::completed);
  EXPECT_EQ(run.status("b"), Status::running);
  EXPECT_EQ(run.signal("go", 2), "taken");
  EXPECT_EQ(output(run, "b"), json::value(2));
}

TEST(Signals, ARepeatCountsOnceAlsoOverACrash) {
  auto const flow = workflow("tasks: {a: {type: wait, signal: go}, b: {type: wait, signal: go}}");
  Driver run(flow, {}, {});
  EXPECT_EQ(run.signal("go", 1, "key"), "taken");
  EXPECT_EQ(run.signal("go", 1, "key"), "taken");
  EXPECT_EQ(run.status("b"), Status::running);
  Driver later(flow, run.stored);
  EXPECT_EQ(later.signal("go", 1, "key"), "taken");
  EXPECT_EQ(later.status("b"), Status::running);
  SignalCall other{"go", 2, "key", "another hash"};
  EXPECT_EQ(
      later.machine.signal(std::move(other), later.now, 0.5, later.fx).error().code,
      "idempotency_mismatch"
  );
}

TEST(Signals, APayloadThatDoesNotFitIsRefusedWithAllThatIsWrong) {
  Driver run(typed);
  SignalCall call{"paid", json::object{{"amount", 0}, {"by", 7}}, {}, {}};
  auto const fate = run.machine.signal(std::move(call), run.now, 0.5, run.fx);
  ASSERT_FALSE(fate);
  EXPECT_EQ(fate.error().code, "invalid_signal");
  EXPECT_GE(fate.error().detail.at("violations").as_array().size(), 2U);
  EXPECT_EQ(run.status("paid"), Status::running);
  EXPECT_EQ(run.signal("paid", json::object{{"amount", 3}}), "taken");
}

TEST(Signals, EarlyOnesAreCheckedAgainstWhatWillWait) {
  Driver run(
      "tasks: {first: {type: work}, paid: {type: wait, needs: [first], "
      "signal: {name: paid, schema: {type: integer}}}}"
  );
  EXPECT_EQ(run.signal("paid", "much"), "invalid_signal");
  EXPECT_EQ(run.signal("payd", 1), "unknown_signal");
  EXPECT_EQ(run.signal("paid", 1), "kept");
}

TEST(Signals, AnExpressionMayNameThem) {
  Driver run(
      "tasks: {first: {type: work}, a: {type: wait, needs: [first], "
      "signal: \"order-${{ inputs.n }}\"}}",
      json::object{{"n", 7}}
  );
  EXPECT_EQ(run.signal("order-7", "yes"), "kept");
  EXPECT_EQ(run.signal("order-8", "no"), "kept");
  run.run("first");
  EXPECT_EQ(output(run, "a"), json::value("yes"));
}

TEST(Signals, WhatDoesNotFitATaskStaysForAnother) {
  Driver run(
      "tasks: {first: {type: work}, "
      "a: {type: wait, needs: [first], signal: {name: go, schema: {type: integer}}}, "
      "b: {type: wait, needs: [a], signal: {name: go, schema: {type: string}}}}"
  );
  EXPECT_EQ(run.signal("go", "text"), "kept");
  EXPECT_EQ(run.signal("go", 5), "kept");
  run.run("first");
  EXPECT_EQ(output(run, "a"), json::value(5));
  EXPECT_EQ(output(run, "b"), json::value("text"));
}

TEST(Signals, ThereIsRoomForSoMany) {
  Driver run("tasks: {first: {type: work}, a: {type: wait, needs: [first], signal: go}}");
  for (std::size_t i = 0; i < SignalBox::kept_max; ++i) ASSERT_EQ(run.signal("go"), "kept");
  EXPECT_EQ(run.signal("go"), "too_many_signals");
  Driver large("tasks: {first: {type: work}, a: {type: wait, needs: [first], signal: go}}");
  std::string const text(SignalBox::kept_bytes_max / 2, 'x');
  EXPECT_EQ(large.signal("go", json::value(json::string(text))), "kept");
  EXPECT_EQ(large.signal("go", json::value(json::string(text))), "too_many_signals");
}

TEST(Signals, ADeadlineFailsTheTaskOrGoesOnWithNothing) {
  std::string const before = "tasks: {a: {type: wait, signal: {name: go, deadline: 1h";
  Driver fails(before + "}}}");
  fails.pass_time(1h);
  EXPECT_EQ(fails.error("a")->code, "signal_timeout");
  Driver goes_on(before + ", onTimeout: continue}}}");
  goes_on.pass_time(1h);
  EXPECT_EQ(goes_on.status(), Status::completed);
  EXPECT_EQ(output(goes_on, "a"), json::value());
}

TEST(Signals, NobodyTakesThemFromWhatHasEndedOrEnds) {
  Driver run("tasks: {a: {type: work}, b: {type: wait, signal: go, needs: [a]}}");
  run.start("a");
  run.cancel();
  EXPECT_EQ(run.signal("go"), "already_ended");
  run.finish("a");
  EXPECT_EQ(run.signal("go"), "already_ended");
}

TEST(Signals, WhoWaitsLongestComesFirst) {
  Driver run(
      "tasks: {late: {type: wait, needs: [first], signal: go}, first: {type: work}, "
      "early: {type: wait, signal: go}}"
  );
  run.pass_time(1s);
  run.run("first");
  EXPECT_EQ(run.signal("go", 1), "taken");
  EXPECT_EQ(run.status("early"), Status::completed);
  EXPECT_EQ(run.status("late"), Status::running);
}

TEST(Signals, ManyItemsAreServedInOrder) {
  std::string list = "[0";
  for (int i = 1; i < 20'000; ++i) list += "," + std::to_string(i);
  Driver run(
      "tasks: {a: {type: wait, signal: go, forEach: {items: " + list + "], maxParallel: 100000}}}"
  );
  for (int i = 0; i < 20'000; ++i) {
    SignalCall call{"go", i, {}, {}};
    ASSERT_TRUE(run.machine.signal(std::move(call), run.now, 0.5, run.fx));
  }
  run.settle();
  EXPECT_EQ(run.status(), Status::completed);
  EXPECT_EQ(output(run, "a").at(19'999), json::value(19'999));
}

}  // namespace
}  // namespace ropewalk
