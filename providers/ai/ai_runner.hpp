#pragma once
// Runs `type: ai`.
//
// Owner: one for each shard. Shard: all calls on that one.

#include "engine/ports/task_runner.hpp"
#include "providers/ai/ai_parts.hpp"
#include "providers/ai/token_estimate.hpp"

namespace ropewalk::ai {

class AiRunner final : public TaskRunner {
 public:
  explicit AiRunner(AiParts parts) : parts_(parts) {}

  Async<AttemptOutcome> run(AttemptRequest request, AttemptSink& sink) override;

 private:
  AiParts parts_;
  TokenCorrection correction_;
};

}  // namespace ropewalk::ai
