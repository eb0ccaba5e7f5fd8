#pragma once
// Runs `type: command` and `type: script`.
//
// Owner: one for each shard, with the shard's launcher, which outlives it.

#include "engine/ports/task_runner.hpp"
#include "providers/process/environment.hpp"
#include "providers/process/launcher.hpp"
#include "providers/process/package_installer.hpp"
#include "providers/process/process_options.hpp"
#include "providers/process/warm_pool.hpp"

#include <boost/json/object.hpp>

namespace ropewalk {

class ProcessRunner final : public TaskRunner {
 public:
  ProcessRunner(Launcher& launcher, ProcessOptions options);

  Async<AttemptOutcome> run(AttemptRequest request, AttemptSink& sink) override;
  /// After the last run(): before the launcher is closed.
  Async<> close() { return warm_.close(); }

 private:
  Async<AttemptOutcome> run_uninterrupted(
      AttemptRequest const& request, std::string const& context, AttemptSink& sink
  );

  /// Picks out what the attempt left in `folder` on purpose; what was kept, or why nothing could
  /// be, goes into `outcome`.
  Async<> keep_artifacts(
      AttemptRequest const& request,
      std::vector<std::string> patterns,
      std::string folder,
      AttemptOutcome& outcome
  );

  std::optional<WarmProcess> take_warm(
      ProcessFields const& fields, boost::json::object const& config, CommandPlan const& plan
  );

  Launcher& launcher_;
  ProcessOptions options_;
  Environment inherited_;
  PackageInstaller packages_;
  WarmPool warm_;
};

}  // namespace ropewalk
