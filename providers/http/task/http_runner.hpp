#pragma once
// Runs `type: http` and `type: webhook`.
//
// Owner: one for each shard. Shard: all calls on that one.

#include "engine/ports/task_runner.hpp"
#include "providers/http/task/http_parts.hpp"

namespace ropewalk::http {

class HttpRunner final : public TaskRunner {
 public:
  explicit HttpRunner(HttpParts parts) : parts_(parts) {}

  Async<AttemptOutcome> run(AttemptRequest request, AttemptSink& sink) override;

 private:
  HttpParts parts_;
};

}  // namespace ropewalk::http
