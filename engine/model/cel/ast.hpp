#pragma once
// The syntax tree of an expression: built by the parser, read by the evaluator, never changed in
// between.
//
// Any thread: immutable once built.

#include "engine/model/cel/functions.hpp"
#include "engine/model/cel/regex.hpp"
#include "engine/model/cel/value.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ropewalk::cel {

struct Node;
using NodePtr = std::unique_ptr<Node>;

enum class NodeKind : unsigned char {
  literal,         // value
  identifier,      // name
  select,          // children[0].name
  has,             // has(children[0].name)
  index,           // children[0][children[1]]
  call,            // name(children…), the receiver first
  list,            // [children…]
  map,             // {children[0]: children[1], …}
  logical_and,     // children joined by &&
  logical_or,      // children joined by ||
  conditional,     // children[0] ? children[1] : children[2]
  unary,           // operation children[0]
  binary,          // children[0] operation children[1]
  all,             // from here on macros: children[0] is what is gone through,
  exists,          // children[1] the condition
  exists_one,      //
  filter,          //
  transform_list,  // [children[1] the filter,] children.back() the new value
  transform_map,   // the same
  bind,            // children[0] is the value of name, seen in children[1]
};

enum class Operation : unsigned char {
  negate,
  logical_not,
  add,
  subtract,
  multiply,
  divide,
  modulo,
  less,
  less_equal,
  greater,
  greater_equal,
  equal,
  not_equal,
  in,
};

struct Node {
  NodeKind kind{};
  Operation operation{};
  std::uint32_t offset{};  // in the source, in bytes
  std::uint32_t depth{1};
  bool is_root_scope{};       // ".name": not one of the macros' variables
  std::string name{};         // identifier, field, function, or the macro's (first) variable
  std::string second_name{};  // of a macro with two variables: the value; `name` is index or key
  Value value{};
  FunctionEntry const* function{};       // null: no such function
  std::shared_ptr<Regex const> regex{};  // of matches() with a literal pattern
  std::vector<NodePtr> children{};
};

}  // namespace ropewalk::cel
