#pragma once
// Whether what a provider counted can be true.
//
// Why: a server that counts wrong by a factor of a million would otherwise invent money and keep a
// provider closed for days. Only what is out of all proportion is doubted, and what can be more
// than it looks is not compared: images, files and searches that the request brings in, and
// thoughts that are not shown.
//
// Pure: values in, values out.

#include "providers/ai/chat.hpp"

#include <cstdint>
#include <string>

namespace ropewalk::ai {

/// Empty: it can be. Else why not, for people. `input`: the estimate of what `chat` sends;
/// `may_think`: the model is known to think.
std::string usage_doubt(
    ChatRequest const& chat, std::int64_t input, bool may_think, ChatAnswer const& answer
);

}  // namespace ropewalk::ai
