#pragma once
// One call to a model, whatever carries it out: a provider over HTTP, the simulation, a recording.

#include "engine/async/async.hpp"
#include "providers/ai/chat.hpp"

#include <functional>

namespace ropewalk::ai {

/// Takes what the model says while it says it. Must not block.
using ChatListener = std::function<void(ChatEvent const& event)>;

struct ChatOutcome {
  Result<> ended{};  // an error: the call failed; `answer` holds what had come until then
  ChatAnswer answer{};
  RateLimitState limits{};
  Duration
      first_token{};  // from the call to the first text, reasoning or tool call; zero: none came
  Duration total{};
};

class ModelClient {
 public:
  virtual ~ModelClient() = default;
  /// Runs to the end of the answer. `request` and `listener` outlive the call. Terminal
  /// cancellation ends it with `cancelled` and closes what it opened. Never throws for what the
  /// provider did.
  virtual Async<ChatOutcome> call(ChatRequest const& request, ChatListener const& listener) = 0;
};

}  // namespace ropewalk::ai
