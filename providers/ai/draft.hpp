#pragma once
// What a model is going to be sent, in order, with where each message comes from.
//
// Any thread: pure functions and values.

#include "providers/ai/ai_task.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::ai {

enum class Origin : unsigned char {
  system,    // instructions
  history,   // earlier turns of the conversation, or a summary of what was there
  context,   // data
  prompt,    // what is asked
  exchange,  // what the model has answered since: tool calls, their results, repairs
};
/// "system", "history", "context", "prompt", "exchange".
std::string_view to_string(Origin origin);

struct DraftMessage {
  Message message{};
  Origin origin = Origin::prompt;
  std::string label{};         // of context
  std::size_t head_bytes = 0;  // of the first text part: what says that it is data; never cut
  std::size_t tail_bytes = 0;
};

/// What is known only when the task runs.
struct DraftParts {
  std::vector<Message> prompt{};  // of a resolved reference; empty: the task's own
  std::vector<Message> history{};
  std::vector<Part> attachments{};  // read; they go into the last message of the user
  std::string instructions{};       // go behind the system's (the form of the output, …)
};

/// system, the prompt's own system messages, history, context, the rest of the prompt.
/// Each piece of context stands between marks that occur in none of them, so that no text can end
/// its own frame. The same task gives the same messages. Errors: invalid_prompt (there is no
/// message of the user).
Result<std::vector<DraftMessage>> build_draft(AiTask const& task, DraftParts parts);

std::vector<Message> messages_of(std::vector<DraftMessage> const& draft);

}  // namespace ropewalk::ai
