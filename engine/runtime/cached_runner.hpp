#pragma once
// Tasks with `cache`: a result that is there already is given again, in place of an attempt.
//
// Shard:  that of the runner which it stands before. Both parts outlive it.

#include "engine/ports/clock.hpp"
#include "engine/ports/response_cache.hpp"
#include "engine/ports/task_runner.hpp"

namespace ropewalk {

class CachedRunner : public TaskRunner {
 public:
  CachedRunner(TaskRunner& runner, ResponseCache& cache, Clock const& clock)
      : runner_(runner), cache_(cache), clock_(clock) {}

  /// The attempt's log and its detail, `{"cache": {"hit", "execution", "task", "at"}}`, say where
  /// the result is from. A cache that fails is a warning: the task runs.
  Async<AttemptOutcome> run(AttemptRequest request, AttemptSink& sink) override;

 private:
  Async<AttemptOutcome> run_and_keep(AttemptRequest request, AttemptSink& sink);
  Async<std::optional<AttemptOutcome>> find(AttemptRequest const& request, AttemptSink& sink);

  TaskRunner& runner_;
  ResponseCache& cache_;
  Clock const& clock_;
};

}  // namespace ropewalk
