#pragma once
// The syntax tree of a template.
//
// Any thread: immutable after parsing. Texts point into the Source, which the template keeps.

#include "engine/model/prompt/source.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::prompt {

struct Call;
struct Program;

/// What a call without such a helper is (none), or which one.
enum class Helper : unsigned char {
  none,
  if_,
  unless,
  each,
  with,
  lookup,
  json,
  role,
  history,
  section,
  media,
  if_equals,
  unless_equals,
  raw,
};

struct Path {
  bool is_data = false;        // @name
  bool is_scoped = false;      // begins with this or dots: never a helper or a block parameter
  std::uint32_t depth = 0;     // of ../
  bool is_plain = false;       // one part, and a field of the context
  bool is_index = false;       // @index
  std::int32_t names_up = -1;  // a block parameter: how many blocks with parameters further out
  std::uint32_t name_index = 0;
  std::vector<std::string> parts{};
  std::string original{};

  bool is_simple() const { return parts.size() == 1 && !is_scoped && depth == 0; }
};

enum class ExpressionKind : unsigned char { path, literal, undefined, call };

struct Expression {
  ExpressionKind kind = ExpressionKind::undefined;
  std::uint32_t offset = 0;
  Path path{};
  json::value literal{};
  std::unique_ptr<Call> call{};
};

struct NamedArgument {
  std::string name{};
  std::uint32_t offset = 0;
  Expression value{};
};

struct Call {
  Expression callee{};  // always a path
  Helper helper = Helper::none;
  std::vector<Expression> arguments{};
  std::vector<NamedArgument> named{};
};

struct Strip {
  bool before = false;
  bool after = false;
};

enum class NodeKind : unsigned char {
  content,
  comment,
  mustache,
  block,
  partial,
  partial_block,
  inline_partial,
};

struct Node {
  NodeKind kind{};
  std::uint32_t offset = 0;
  std::string_view original{};  // content as written
  std::string_view text{};      // content as rendered
  bool is_left_stripped = false;
  bool is_right_stripped = false;
  bool is_inverted = false;  // {{^name}}
  Strip open{};              // of anything but a block, the whole
  Strip middle{};
  Strip close{};
  std::string name{};         // of a partial
  std::string_view indent{};  // of a partial that stands alone in its line
  Call call{};
  std::unique_ptr<Program> program{};
  std::unique_ptr<Program> inverse{};
};

struct Program {
  std::vector<Node> body{};
  std::vector<std::string> names{};  // block parameters
  bool is_chained = false;           // the {{else if}} of an outer block
  bool has_inline_partials = false;
};

}  // namespace ropewalk::prompt
