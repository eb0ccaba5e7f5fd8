#include "engine/base/byte_matcher.hpp"

#include "engine/base/error.hpp"

#include <algorithm>
#include <utility>

namespace ropewalk {

ByteMatcher::ByteMatcher(std::span<std::string const> patterns) {
  for (auto const& pattern : patterns) {
    ROPEWALK_CHECK(!pattern.empty() && pattern.size() <= pattern_bytes_max);
    State at = start;
    for (char const c : pattern) at = child_of(at, static_cast<unsigned char>(c));
    nodes_[at].match = static_cast<std::uint8_t>(pattern.size());
  }
  link();
}

ByteMatcher::State ByteMatcher::child_of(State state, unsigned char byte) {
  State known = state == start ? roots_[byte] : nodes_[state].child;
  if (state != start)
    while (known != 0 && nodes_[known].byte != byte) known = nodes_[known].sibling;
  if (known != 0) return known;
  auto const made = static_cast<State>(nodes_.size());
  Node node;
  node.byte = byte;
  node.depth = static_cast<std::uint8_t>(nodes_[state].depth + 1);
  if (state == start)
    roots_[byte] = made;
  else
    node.sibling = std::exchange(nodes_[state].child, made);
  nodes_.push_back(node);
  return made;
}

/// From the top down: where to go on when the next byte does not fit.
void ByteMatcher::link() {
  std::vector<State> level;
  for (State const root : roots_)
    if (root != 0) level.push_back(root);
  while (!level.empty()) {
    std::vector<State> below;
    for (State const state : level)
      for (State child = nodes_[state].child; child != 0; child = nodes_[child].sibling) {
        auto& node = nodes_[child];
        node.fallback = next(nodes_[state].fallback, node.byte);
        node.match = std::max(node.match, nodes_[node.fallback].match);
        below.push_back(child);
      }
    level = std::move(below);
  }
}

}  // namespace ropewalk
