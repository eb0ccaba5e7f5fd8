#pragma once
// An engine with ports in memory, on the test's own thread.

#include "engine/async/async_scope.hpp"
#include "engine/async/deadline.hpp"
#include "engine/async/signal.hpp"
#include "engine/base/json.hpp"
#include "engine/runtime/admission_service.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/runtime/system_clock.hpp"
#include "tests/engine/async/run_coro.hpp"
#include "tests/engine/schedule/support.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace ropewalk::test {

/// Commits when told to, or at once.
class FakeJournal : public Journal {
 public:
  explicit FakeJournal(Executor executor) : go_(executor) {}

  Async<Result<CommitResult>> commit(std::vector<Change> const& batch) override {
    ++begun;
    while (held) co_await go_.wait();
    if (fenced) co_return Error{ErrorClass::permanent, "fenced", "somebody else owns this now"};
    CommitResult result;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (batch[i].created ? reject_creation : reject_changes)
        result.rejected.emplace_back(
            i, Error{ErrorClass::permanent, "change_rejected", "bad data"}
        );
      else
        changes.push_back(batch[i]);
    }
    ++commits;
    co_return result;
  }
  void release() {
    held = false;
    go_.notify();
  }

  bool held = false;
  bool fenced = false;
  bool reject_creation = false;
  bool reject_changes = false;  // of what was created before
  int begun = 0;
  int commits = 0;
  std::vector<Change> changes;

 private:
  Signal go_;
};

/// Does what the test wrote down for the task; by default it succeeds at once.
class FakeRunner : public TaskRunner {
 public:
  struct Script {
    bool hangs = false;             // until cancelled
    std::size_t log_lines = 0;      // of 1 KiB
    bool streams = false;           // "one", begins again, "two", and its end
    std::vector<TaskCall> calls{};  // all at once; their answers are the output, in order
    std::string waits_for{};        // said at the beginning
    AttemptOutcome outcome{};
  };

  Async<AttemptOutcome> run(AttemptRequest request, AttemptSink& sink) override {
    Script const script = scripts[request.task];
    started.push_back(request.task);
    if (!script.waits_for.empty()) sink.waiting(script.waits_for);
    if (!script.calls.empty()) {
      auto calling = call_all(script.calls, sink);
      co_return co_await std::move(calling);
    }
    contexts.push_back(request.context());
    for (std::size_t i = 0; i < script.log_lines; ++i) {
      LogLine line{LogLevel::info, std::string(1024, 'x'), false};
      co_await sink.log(std::move(line));
      ++logged;
    }
    if (script.streams) {
      sink.token("text", "one");
      sink.restart_text("repair");
      sink.token("text", "two");
      sink.end_text(TextEnd{"stop", "", {}, ""});
    }
    if (script.hangs) {
      co_await asio::this_coro::throw_if_cancelled(false);
      Timer never(co_await asio::this_coro::executor, Timer::time_point::max());
      co_await never.async_wait(use_tuple);
      stopped.push_back(request.task);
    }
    co_return script.outcome;
  }

  static Async<> call_one(TaskCall call, AttemptSink& sink, json::value& answer) {
    auto calling = sink.call(std::move(call));
    auto const output = co_await std::move(calling);
    answer = output ? *output : json::value(output.error().code);
  }
  static Async<AttemptOutcome> call_all(std::vector<TaskCall> calls, AttemptSink& sink) {
    AsyncScope scope(co_await asio::this_coro::executor);
    std::vector<json::value> answers(calls.size());
    for (std::size_t i = 0; i < calls.size(); ++i)
      scope.spawn(call_one(calls[i], sink, answers[i]));
    co_await scope.join();
    AttemptOutcome outcome;
    outcome.output = json::value(json::array(answers.begin(), answers.end()));
    co_return outcome;
  }

  std::map<std::string, Script> scripts;
  std::vector<std::string> started, stopped, contexts;
  std::size_t logged = 0;
};

class Recorder : public EventSink, public EngineObserver {
 public:
  void publish(ExecutionId, std::vector<EventChunk> const& events) override {
    for (auto const& chunk : events) frames += chunk.frames;
  }
  void token(TextSource const& source, std::string_view channel, std::string_view text) override {
    told(source, std::string(channel) + " " + std::string(text));
  }
  void restart_text(TextSource const& source, std::string_view reason) override {
    told(source, "restart " + std::string(reason));
  }
  void end_text(TextSource const& source, TextEnd const& end) override {
    told(source, "end " + end.finish_reason);
  }
  void execution_ended(Status status) override { ends.push_back(status); }
  void task_ended(std::string_view, Status, std::optional<Duration>) override { ++tasks_ended; }
  void task_started(std::string_view, Duration) override {}
  void attempt_ended(std::string_view) override { ++attempts_ended; }
  void execution_broken(ExecutionId, Error const& error) override { broken.push_back(error.code); }

  std::string frames;
  std::vector<std::string> texts;  // "<task>/<attempt> …", as they came
  std::vector<Status> ends;
  std::vector<std::string> broken;
  int tasks_ended = 0, attempts_ended = 0;

 private:
  void told(TextSource const& source, std::string const& what) {
    // Nothing is heard of an attempt before it is known that it runs.
    EXPECT_NE(frames.find("\"RUNNING\""), std::string::npos);
    texts.push_back(std::string(source.task) + "/" + std::to_string(source.attempt) + " " + what);
  }
};

class Bench {
 public:
  explicit Bench(Executor executor) : Bench(executor, {{"default", 4}}) {}
  Bench(Executor executor, std::map<std::string, std::uint64_t> pools)
      : journal(executor),
        admission(executor, std::move(pools), 1),
        engine(
            executor,
            EngineOptions{},
            EngineParts{
                clock,
                journal,
                recorder,
                recorder,
                admission,
                {{"work", &runner}, {"agent", &runner}}}
        ),
        scope(executor) {
    scope.spawn(keep(engine, ended));
  }
  /// Every test ends with it.
  Async<> close() {
    engine.stop(Duration(0));
    co_await scope.join();
  }

  Submission submission(std::shared_ptr<Workflow const> flow) {
    Submission made;
    made.id = execution_id(++count_);
    made.record.workflow = flow->name;
    made.record.created_at = clock.now();
    made.workflow = std::move(flow);
    return made;
  }

  SystemClock clock;
  FakeJournal journal;
  FakeRunner runner;
  Recorder recorder;
  AdmissionService admission;
  Engine engine;
  AsyncScope scope;
  std::optional<Result<>> ended;  // how run() ended

 private:
  static Async<> keep(Engine& engine, std::optional<Result<>>& ended) {
    ended = co_await engine.run();
  }
  std::uint64_t count_ = 0;
};

}  // namespace ropewalk::test
