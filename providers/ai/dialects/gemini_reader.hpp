#pragma once
// Reads Gemini's generateContent: every chunk is a whole response with the next parts in it.

#include "providers/ai/dialects/answer_stream.hpp"

namespace ropewalk::ai {

std::unique_ptr<AnswerReader> make_gemini_reader();

}  // namespace ropewalk::ai
