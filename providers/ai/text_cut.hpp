#pragma once
// Cutting a text to a number of tokens, at code points, with a mark where something is missing.
//
// Any thread: pure functions. A cut costs about twenty estimates of the text.

#include "providers/ai/token_estimate.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::ai {

enum class CutAt : unsigned char { beginning, middle, end };

struct CutText {
  std::string text{};
  std::size_t characters_cut = 0;  // code points; 0: it fitted
};

/// `text` with as much of it as `tokens_max` allows, the mark included. When not even the mark
/// fits, the mark alone.
CutText cut_text(std::string_view text, std::int64_t tokens_max, CutAt where, TokenFamily family);

/// `text` in pieces of at most `tokens_max` tokens each, cut at code points. REQUIRES: tokens_max
/// is at least 16.
std::vector<std::string_view> split_text(
    std::string_view text, std::int64_t tokens_max, TokenFamily family
);

/// How many code points `text` has.
std::size_t count_characters(std::string_view text);

}  // namespace ropewalk::ai
