#pragma once
// What the tests of schedule/ share: workflows from a few lines of YAML, and a way to push one
// execution along.

#include "engine/model/workflow.hpp"
#include "engine/schedule/execution.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace ropewalk::test {

using namespace std::chrono_literals;  // style-ok(using-namespace): only units, only in tests

inline Instant const t0 = Instant(std::chrono::sys_days(std::chrono::year(2026) / 1 / 31));

/// `pass`, `wait`, and two types that need a slot: `work`, and `agent`, which calls the tasks in
/// its `calls`.
inline TaskTypes const& types() {
  static TaskTypes const registry = [] {
    TaskTypes all;
    TaskType work;
    work.name = "work";
    work.fields.push_back({"text", FieldKind::any});
    all.add(work);
    TaskType agent;
    agent.name = "agent";
    agent.fields.push_back({"calls", FieldKind::list});
    agent.called_tasks = [](json::object const& task) {
      std::vector<CalledTask> called;
      for (auto const& name : task.at("calls").as_array())
        called.push_back({std::string(name.as_string()), "calls"});
      return called;
    };
    all.add(agent);
    return all;
  }();
  return registry;
}

/// `body` is what stands below `name: test`.
inline std::shared_ptr<Workflow const> workflow(std::string const& body) {
  auto loaded = load_workflow("name: test\n" + body, types());
  for (auto const& problem : loaded.problems) ADD_FAILURE() << to_line(problem, "test");
  if (!loaded.workflow) throw std::runtime_error("the workflow of this test is wrong");
  return loaded.workflow;
}

inline ExecutionId execution_id(std::uint64_t n) {
  return ExecutionId::make(t0, {n, n}, 0, 1);
}

inline AttemptOutcome success(json::value output = nullptr) {
  AttemptOutcome outcome;
  outcome.output = std::move(output);
  return outcome;
}

inline AttemptOutcome failure(
    ErrorClass error_class = ErrorClass::permanent, std::string code = "broken"
) {
  AttemptOutcome outcome;
  outcome.output = Error{error_class, std::move(code), "it broke"};
  return outcome;
}

/// One execution whose every change is durable at once.
class Driver {
 public:
  explicit Driver(std::string const& body, json::object inputs = {}, NewExecution record = {})
      : Driver(workflow(body), std::move(inputs), std::move(record)) {}
  Driver(std::shared_ptr<Workflow const> loaded, json::object inputs, NewExecution record)
      : flow(std::move(loaded)),
        machine(execution_id(1), flow, with_name(std::move(record)), std::move(inputs), {}) {
    machine.accept(now);
    machine.begin(now, fx);
    settle();
  }
  /// What a crash leaves: everything that was committed.
  Driver(std::shared_ptr<Workflow const> loaded, StoredExecution const& known)
      : flow(std::move(loaded)), machine(flow, known, {}), stored(known) {
    for (auto const& record : stored.tasks) rows_.emplace(record.task, rows_.size());
    machine.resume_stored(now, fx);
    settle();
  }

  Status status(std::string_view task) const { return machine.task_status(index(task)); }
  Status status() const { return machine.status(); }
  Error const* error(std::string_view task) const { return machine.task_error(index(task)); }
  TaskIndex index(std::string_view task) const { return machine.find_task(task).value(); }

  /// Gives the task a slot. What it is to run, if it is still to run.
  std::optional<AttemptRequest> start(std::string_view task) {
    auto request = machine.start_attempt(index(task), now, 0.5, fx);
    settle();
    return request;
  }
  void finish(std::string_view task, AttemptOutcome outcome = success()) {
    machine.finish_attempt(
        index(task), machine.task_attempt(index(task)), std::move(outcome), now, 0.5, fx
    );
    settle();
  }
  void run(std::string_view task, AttemptOutcome outcome = success()) {
    ASSERT_TRUE(start(task)) << task << " does not start";
    finish(task, std::move(outcome));
  }
  /// A running task calls another one; the id of the instance, or the code of the error.
  std::string call(std::string_view caller, std::string task, json::value arguments = nullptr) {
    TaskCall wanted{std::move(task), std::move(arguments)};
    auto const made = machine.call(index(caller), std::move(wanted), now, fx);
    settle();
    return made ? std::string(machine.task_id(*made)) : made.error().code;
  }
  void cancel_call(std::string_view instance) {
    machine.cancel_call(index(instance), now, fx);
    settle();
  }
  void pause() {
    machine.pause(now);
    settle();
  }
  void resume() {
    machine.resume(now, fx);
    settle();
  }
  /// "taken", "kept", or the code of the error.
  std::string signal(std::string name, json::value payload = nullptr, std::string key = {}) {
    SignalCall call{std::move(name), std::move(payload), std::move(key), "hash"};
    auto const fate = machine.signal(std::move(call), now, 0.5, fx);
    settle();
    if (!fate) return fate.error().code;
    return *fate == SignalFate::taken ? "taken" : "kept";
  }
  /// Empty, or the error's message.
  std::string decide(std::string_view task, std::string answer, std::string by = {}) {
    Decision decision{std::move(answer), {}, std::move(by)};
    auto const decided = machine.decide(index(task), std::move(decision), now, 0.5, fx);
    settle();
    return decided ? std::string() : decided.error().code + ": " + decided.error().message;
  }
  TaskRecord const& row(std::string const& task) const { return stored.tasks[rows_.at(task)]; }
  void pass_time(Duration time) {
    now += time;
    machine.wake(now, 0.5, fx);
    settle();
  }
  void cancel() {
    machine.cancel(now, fx);
    settle();
  }
  /// The ids of tasks that wait for a slot.
  std::vector<std::string> queued() const {
    std::vector<std::string> ids;
    for (TaskIndex task = 0; task < machine.tasks_count(); ++task)
      if (machine.is_queued(task)) ids.emplace_back(machine.task_id(task));
    return ids;
  }

  std::shared_ptr<Workflow const> flow;
  Instant now = t0;
  Effects fx;
  Execution machine;
  StoredExecution stored;           // what the journal knows
  std::vector<std::string> events;  // frames
  std::vector<std::string> stopped, released;
  std::map<std::string, Result<json::value>> answers;  // what callers were told, by instance
  std::vector<AttemptRecord> attempts;
  std::vector<SpendRecord> spend;
  std::vector<std::string> written;  // tasks whose rows were written, in order
  bool ended = false;

  /// Commits, then carries out what needs no slot.
  void settle() {
    for (int guard = 0; machine.has_change() || !fx.ready.empty() || fx.ended; ++guard) {
      ASSERT_LT(guard, 10'000);
      if (machine.has_change()) commit(machine.take_change());
      Effects const effects = std::exchange(fx, {});
      note(effects);
      ended = ended || effects.ended;
      for (TaskIndex const task : effects.answered) {
        std::string const id(machine.task_id(task));
        EXPECT_TRUE(answers.emplace(id, machine.take_answer(task)).second) << id;
      }
      for (TaskIndex const task : effects.ready)
        if (!machine.task_def(task).type->needs_slot) machine.start_attempt(task, now, 0.5, fx);
    }
    note(fx);
    fx = {};
  }

 private:
  void note(Effects const& effects) {
    for (TaskIndex const task : effects.stop) stopped.emplace_back(machine.task_id(task));
    for (TaskIndex const task : effects.released) released.emplace_back(machine.task_id(task));
  }
  static NewExecution with_name(NewExecution record) {
    record.workflow = "test";
    record.created_at = t0;
    return record;
  }
  void commit(Change change) {
    stored.execution = change.execution;
    if (change.created) stored.created = *change.created;
    if (change.state) stored.state = *change.state;
    for (auto& record : change.tasks) {
      auto const [at, is_new] = rows_.try_emplace(record.task, stored.tasks.size());
      if (is_new) stored.tasks.emplace_back();
      written.push_back(record.task);
      stored.tasks[at->second] = std::move(record);
    }
    for (auto& attempt : change.attempts) attempts.push_back(std::move(attempt));
    for (auto& record : change.spend) spend.push_back(std::move(record));
    for (auto& signal : change.signals) {
      auto const known = std::ranges::find(stored.signals, signal.number, &SignalRecord::number);
      if (known == stored.signals.end())
        stored.signals.push_back(std::move(signal));
      else
        *known = std::move(signal);
    }
    for (auto const& chunk : change.events) {
      std::string_view rest = chunk.frames;
      while (!rest.empty()) {
        auto const end = rest.find('\n');
        events.emplace_back(rest.substr(0, end));
        rest.remove_prefix(end + 1);
      }
    }
  }

  std::map<std::string, std::size_t> rows_;  // into stored.tasks
};

}  // namespace ropewalk::test
