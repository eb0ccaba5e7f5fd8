#pragma once
// Answers and turns as values, over the ports that keep them as text.
//
// The stores outlive the calls. Errors: the store's, and invalid_record for what cannot be read.

#include "engine/ports/conversation_store.hpp"
#include "engine/ports/response_cache.hpp"
#include "providers/ai/chat.hpp"

namespace ropewalk::ai {

Async<Result<std::optional<ChatAnswer>>> cached_answer(ResponseCache& cache, std::string key);
Async<Result<>> cache_answer(
    ResponseCache& cache, std::string key, ChatAnswer answer, Duration ttl
);

/// The messages of the last `turns_max` turns of the conversation before `turn_id`, in order.
Async<Result<std::vector<Message>>> load_turns(
    ConversationStore& store, std::string key, std::int32_t turns_max, std::string turn_id
);
Async<Result<>> append_turn(
    ConversationStore& store, std::string key, std::string turn_id, std::vector<Message> messages
);

}  // namespace ropewalk::ai
