#pragma once
// What an expression refers to, read from its syntax tree.
//
// Any thread: pure functions.

#include "engine/model/cel/ast.hpp"

#include <string>
#include <vector>

namespace ropewalk::cel {

struct NodeReference {
  std::vector<std::string> path{};
  std::size_t offset{};
};

/// In order of the source; without the macros' own variables and the names of types.
std::vector<NodeReference> find_variables(Node const& root);

/// Each path is a name, followed by a similar one if there is one.
std::vector<NodeReference> find_unknown_functions(Node const& root);

}  // namespace ropewalk::cel
