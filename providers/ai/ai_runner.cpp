#include "providers/ai/ai_runner.hpp"

#include "providers/ai/ai_attempt.hpp"

namespace ropewalk::ai {

Async<AttemptOutcome> AiRunner::run(AttemptRequest request, AttemptSink& sink) {
  AiAttempt attempt(parts_, request, sink, correction_);
  auto running = attempt.run();
  co_return co_await std::move(running);
}

}  // namespace ropewalk::ai
