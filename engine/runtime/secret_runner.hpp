#pragma once
// Stands between the engine and a runner: puts the values of secrets into an attempt when it
// starts, and takes them out of everything that it tells.
//
// So they are in no record and no event: the engine has only their names (AttemptRequest::secrets),
// and what comes back passes the mask. The runner gets the mask as well, for what it cuts or
// decodes before it tells it (output of processes, bodies of answers).
//
// Owner: one for each runner and shard. Shard: all calls on that one.

#include "engine/ports/secret_source.hpp"
#include "engine/ports/task_runner.hpp"

namespace ropewalk {

class SecretRunner final : public TaskRunner {
 public:
  /// Both outlive this.
  SecretRunner(TaskRunner& inner, SecretSource& secrets) : inner_(inner), secrets_(secrets) {}

  /// The outcome's errors, besides those of the runner: those of SecretSource::secret.
  Async<AttemptOutcome> run(AttemptRequest request, AttemptSink& sink) override;

 private:
  /// Puts the values in; gives the mask, with those that are too short to be masked everywhere.
  Async<Result<std::shared_ptr<SecretMask const>>> resolve(AttemptRequest& request);

  TaskRunner& inner_;
  SecretSource& secrets_;
};

}  // namespace ropewalk
