#pragma once
// One running child: its pipes, its end, and stopping it.
//
// Owner:  ProcessRunner::run(), under throw_if_cancelled(false).
// Cancel: SIGTERM to the group, SIGKILL to everything after the grace time; run() returns when all
// of it is over.

#include "engine/async/async_scope.hpp"
#include "engine/ports/task_runner.hpp"
#include "providers/process/classify.hpp"
#include "providers/process/command_plan.hpp"
#include "providers/process/launcher.hpp"
#include "providers/process/output_reader.hpp"
#include "providers/process/process_options.hpp"
#include "providers/process/warm_pool.hpp"

#include <exception>
#include <memory>
#include <optional>
#include <string>

namespace ropewalk {

class Attempt {
 public:
  /// `warm`: an interpreter that has got its order already; else one is started by the plan.
  Attempt(
      Executor executor,
      Launcher& launcher,
      ProcessOptions const& options,
      std::string task,
      CommandPlan plan,
      std::uint64_t log_bytes_left,
      AttemptSink& sink,
      std::optional<WarmProcess> warm = std::nullopt,
      std::shared_ptr<SecretMask const> mask = nullptr
  );

  /// Runs the child to its end and reads what it gave. `output_path`: the file in $ROPEWALK_OUTPUT.
  Async<AttemptOutcome> run(std::string output_path);

 private:
  struct Times {
    Steady::time_point kill = Steady::time_point::max();
    Steady::time_point sweep = Steady::time_point::max();
    Steady::time_point drop = Steady::time_point::max();
    Steady::time_point wall = Steady::time_point::max();
    bool has_seen_end = false;
  };

  enum class Stop : unsigned char { none, cancelled, wall, flood };

  Result<> start();
  void read_from(FileDescriptor out, FileDescriptor err);
  void stop(Stop reason, Times& times);
  Async<> supervise();
  void act(Times& times);
  Async<> read(OutputReader& reader);
  Async<> log_cut();
  AttemptFacts facts() const;
  Error failure(ChildEnd const& end) const;
  AttemptOutcome make_outcome(std::string const& output_path) const;

  Executor executor_;
  Launcher& launcher_;
  ProcessOptions const& options_;
  std::string task_;
  CommandPlan plan_;
  AttemptSink& sink_;
  std::shared_ptr<SecretMask const> mask_;
  LogBudget budget_;
  std::unique_ptr<OutputReader> stdout_{};
  std::unique_ptr<OutputReader> stderr_{};
  std::shared_ptr<Child> child_{};
  std::optional<WarmProcess> warm_;
  Steady::time_point began_ = Steady::now();
  AsyncScope readers_;
  std::exception_ptr fault_{};
  unsigned readers_running_ = 0;
  Stop stop_ = Stop::none;
};

/// The same error with the task's name at the front of its message.
Error name_task(Error error, std::string const& task);

}  // namespace ropewalk
