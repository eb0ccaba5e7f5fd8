#pragma once
// Requests, answers, messages and events as JSON, and back: for recordings, the cache and
// conversations.
//
// Field names are camelCase; what is absent is left out. Reading errors: invalid_record
// (permanent), which names the field. Pure functions.

#include "providers/ai/chat.hpp"

namespace ropewalk::ai {

json::object to_json(Message const& message);
Result<Message> message_from_json(json::value const& from);

/// A list of messages.
json::array to_json(std::vector<Message> const& messages);
Result<std::vector<Message>> messages_from_json(json::value const& from);

/// Without the idempotency key: it says which attempt asks, not what is asked.
json::object to_json(ChatRequest const& request);
Result<ChatRequest> request_from_json(json::value const& from);

json::object to_json(ChatAnswer const& answer);
Result<ChatAnswer> answer_from_json(json::value const& from);

/// {"type":"text","text":"…"}
json::object to_json(ChatEvent const& event);
Result<ChatEvent> event_from_json(json::value const& from);

json::object to_json(ChatUsage const& usage);
Result<ChatUsage> usage_from_json(json::value const& from);

json::object to_json(RateLimitState const& limits);
Result<RateLimitState> limits_from_json(json::value const& from);

}  // namespace ropewalk::ai
