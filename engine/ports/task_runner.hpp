#pragma once
// Port: who carries out one attempt of one task.
//
// Implementations live in providers/ and never see an execution, only what an attempt needs. All
// calls happen on the execution's home shard; a runner that works elsewhere hops and comes back.

#include "engine/async/async.hpp"
#include "engine/model/attempt.hpp"
#include "engine/model/log_line.hpp"
#include "engine/model/text_end.hpp"

#include <string_view>

namespace ropewalk {

/// Takes what an attempt says while it runs.
class AttemptSink {
 public:
  virtual ~AttemptSink() = default;
  /// Returns when there is room for more: awaiting it is what slows a child's pipe down (DESIGN
  /// §6). Keeps order.
  virtual Async<> log(LogLine line) = 0;
  /// Runs a task that this attempt's task names (TaskType::called_tasks), and returns its output or
  /// the error that it ended with. Any number may run at once. A caller that gives up
  /// (cancellation) cancels the called task; so does the end of the attempt, which waits for that.
  /// Errors besides the task's own: not_callable, too_many_calls, calls_too_deep,
  /// arguments_too_large, cancelled.
  virtual Async<Result<boost::json::value>> call(TaskCall call) {
    co_return Error{
        ErrorClass::permanent, "not_callable", "nothing runs task \"" + call.task + "\" here"};
  }
  /// What the attempt waits for, shown to who asks why it takes so long; empty: it goes on. Not
  /// stored.
  virtual void waiting(std::string /*reason*/) {}

  // Text for live watchers. These never wait and store nothing: what must last stands in the
  // attempt's outcome. Ignored once the engine has done with the attempt.

  /// More of a channel's text: "text", "reasoning" or "tool:<id>". `text` is valid UTF-8, cut
  /// between code points.
  virtual void token(std::string_view /*channel*/, std::string_view /*text*/) {}
  /// What was shown of this attempt counts no more: all its channels begin again at offset 0
  /// (a fallback to another model, a repair, a further round).
  virtual void restart_text(std::string_view /*reason*/) {}
  /// The text is complete. Watchers are told when the task's end is durable.
  virtual void end_text(TextEnd /*end*/) {}
};

class TaskRunner {
 public:
  virtual ~TaskRunner() = default;
  /// Runs one attempt to its end. On terminal cancellation it stops what it started (politely
  /// first, then by force, within its own grace time), waits for that, and still returns: the
  /// engine knows why it cancelled and ignores the outcome. Never throws for what the task did.
  /// `sink` outlives the call.
  virtual Async<AttemptOutcome> run(AttemptRequest request, AttemptSink& sink) = 0;
};

}  // namespace ropewalk
