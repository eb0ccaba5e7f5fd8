#pragma once
// Runs `type: command` and `type: script`.
//
// Owner: one for each shard, with the shard's launcher, which outlives it.

#include "engine/ports/task_runner.hpp"
#include "providers/process/environment.hpp"
#include "providers/process/launcher.hpp"
#include "providers/process/process_options.hpp"

namespace ropewalk {

class ProcessRunner final : public TaskRunner {
 public:
  ProcessRunner(Launcher& launcher, ProcessOptions options);

  Async<AttemptOutcome> run(AttemptRequest request, AttemptSink& sink) override;

 private:
  Async<AttemptOutcome> run_uninterrupted(
      AttemptRequest const& request, std::string const& context, AttemptSink& sink
  );

  Launcher& launcher_;
  ProcessOptions options_;
  Environment inherited_;
};

}  // namespace ropewalk
