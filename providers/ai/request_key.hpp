#pragma once
// The name of a question: equal for calls that ask the same of the same model, whoever asks.

#include "providers/ai/chat.hpp"

#include <string>
#include <string_view>

namespace ropewalk::ai {

/// SHA-256 (hex) over provider, model, messages, tools and parameters in canonical form. Not over
/// the idempotency key, nor over whether the answer is streamed.
std::string request_key(std::string_view provider, ChatRequest const& request);

}  // namespace ropewalk::ai
