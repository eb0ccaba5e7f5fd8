#pragma once
// Data between marks that it cannot close, so that a model can tell it from what the task says.
//
// Any thread: pure functions and values.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::ai {

struct DataFrame {
  std::string text{};          // head, data, tail
  std::string label{};         // as it is shown
  std::size_t head_bytes = 0;  // of what stands before the data
  std::size_t tail_bytes = 0;
};

/// A word that occurs in none of the texts, made of all of them: the same texts give the same word.
std::string frame_word(std::vector<std::string_view> const& texts);

/// `text` between marks of `word`. The label becomes one line that closes nothing; where nothing
/// is left of it, it is `unnamed`.
DataFrame frame_data(
    std::string_view label,
    std::string_view text,
    std::string_view word,
    std::string unnamed = "attachment"
);

}  // namespace ropewalk::ai
