#pragma once
// Reads Chat Completions: chunks and whole answers, of OpenAI and of all that speak like it.
//
// Tolerated: missing ids, a repeated role, tool calls without index or whole in one chunk, content
// as a list of chunks, an empty finish reason, usage anywhere or nowhere. Only the first choice is
// read.

#include "providers/ai/dialects/answer_stream.hpp"

namespace ropewalk::ai {

std::unique_ptr<AnswerReader> make_openai_chat_reader();

}  // namespace ropewalk::ai
