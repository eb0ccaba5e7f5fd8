#pragma once
// Reads Anthropic's Messages: block by block, or the whole message as one object.

#include "providers/ai/dialects/answer_stream.hpp"

namespace ropewalk::ai {

std::unique_ptr<AnswerReader> make_anthropic_reader();

}  // namespace ropewalk::ai
