#pragma once
// Reads OpenAI's Responses: typed events, or the whole response as one object.
//
// Unknown types of events and items are skipped: there are many, and there will be more.

#include "providers/ai/dialects/answer_stream.hpp"

namespace ropewalk::ai {

std::unique_ptr<AnswerReader> make_openai_responses_reader();

}  // namespace ropewalk::ai
