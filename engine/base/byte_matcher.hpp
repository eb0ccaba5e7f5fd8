#pragma once
// Finds many texts at once in a stream of bytes (Aho and Corasick): one step a byte, whatever there
// is to find.
//
// Any thread once built. Memory: 16 bytes for each byte of the patterns, at most.

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ropewalk {

class ByteMatcher {
 public:
  using State = std::uint32_t;
  static constexpr State start = 0;
  static constexpr std::size_t pattern_bytes_max = 64;

  ByteMatcher() = default;
  /// REQUIRES: no pattern is empty or longer than pattern_bytes_max.
  explicit ByteMatcher(std::span<std::string const> patterns);

  bool is_empty() const { return nodes_.size() <= 1; }

  State next(State state, unsigned char byte) const {
    for (; state != start; state = nodes_[state].fallback)
      for (State child = nodes_[state].child; child != 0; child = nodes_[child].sibling)
        if (nodes_[child].byte == byte) return child;
    return roots_[byte];
  }
  /// How many of the last bytes are the beginning of a pattern: the most there are.
  std::size_t depth(State state) const { return nodes_[state].depth; }
  /// The size of the longest pattern that ends here; 0: none does.
  std::size_t match_size(State state) const { return nodes_[state].match; }

 private:
  struct Node {
    State child = 0;    // the first
    State sibling = 0;  // the next child of its parent
    State fallback = start;
    std::uint8_t byte = 0;
    std::uint8_t depth = 0;
    std::uint8_t match = 0;
  };

  State child_of(State state, unsigned char byte);
  void link();

  std::vector<Node> nodes_{1};
  std::array<State, 256> roots_{};
};

}  // namespace ropewalk
