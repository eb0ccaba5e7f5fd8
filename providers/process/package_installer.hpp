#pragma once
// Sees to it that the libraries of a script are there before it runs.
//
// Owner: a runner, so one for each shard. What it starts are attempts of its own, which are stopped
// as any attempt is.

#include "engine/ports/task_runner.hpp"
#include "providers/process/command_plan.hpp"
#include "providers/process/launcher.hpp"
#include "providers/process/package_set.hpp"

#include <map>
#include <string>

namespace ropewalk {

class PackageInstaller {
 public:
  PackageInstaller(Launcher& launcher, ProcessOptions const& options, Environment inherited)
      : launcher_(launcher), options_(options), inherited_(std::move(inherited)) {}

  /// Where they are; installs them first if nobody has. Its lines go to `sink`. Errors:
  /// install_failed, script_not_found (a requirements file that is not there), those of
  /// find_script_interpreter.
  Async<Result<PackagePlace>> provide(
      AttemptRequest const& request, PackageFields const& fields, AttemptSink& sink
  );

 private:
  Async<Result<std::string>> version_of(std::string interpreter, std::string task, bool is_python);
  Async<Result<>> install(PackageSet const& set, std::string task, AttemptSink& sink);

  Launcher& launcher_;
  ProcessOptions const& options_;
  Environment inherited_;
  std::map<std::string, std::string> versions_{};  // by path of the interpreter
};

}  // namespace ropewalk
