#pragma once
// The dialects, one function each. They live for ever.

#include "providers/ai/dialect.hpp"

namespace ropewalk::ai {

Dialect const& anthropic_dialect();
Dialect const& azure_dialect();
Dialect const& gemini_dialect();
Dialect const& ollama_dialect();
Dialect const& openai_dialect();
Dialect const& openai_responses_dialect();

}  // namespace ropewalk::ai
