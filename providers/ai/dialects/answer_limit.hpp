#pragma once
// How long an answer may be where the request does not say, for providers that have to be told.

#include "providers/ai/dialect.hpp"

#include <cstdint>
#include <optional>

namespace ropewalk::ai {

/// Tokens; nullopt: the provider needs no number. `max_output`: the most that the model can, if it
/// is known.
std::optional<std::int64_t> default_answer_limit(
    ProviderSettings const& provider, std::optional<std::int64_t> max_output
);

}  // namespace ropewalk::ai
