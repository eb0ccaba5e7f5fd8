#pragma once
// Builds the syntax tree of an expression: precedence climbing, macros expanded on the way.
//
// Owner: used within one call of Expression::compile. Never recurses deeper than Limits::depth_max.

#include "engine/model/cel/ast.hpp"
#include "engine/model/cel/lexer.hpp"
#include "engine/model/cel/limits.hpp"

#include <cstddef>
#include <string_view>

namespace ropewalk::cel {

class Parser {
 public:
  Parser(std::string_view source, Limits const& limits) : lexer_(source), limits_(limits) {}

  /// Error bad_expression without a position: that is error_offset().
  Result<NodePtr> parse();
  std::size_t error_offset() const { return error_offset_; }

 private:
  Result<> advance();
  Result<> expect(std::string_view symbol, std::string_view where);
  Error unexpected(std::string_view expected);
  Error fail_at(std::size_t offset, Error error);

  Result<NodePtr> parse_expression();
  Result<NodePtr> parse_conditional();
  Result<NodePtr> parse_binary(int level);
  Result<NodePtr> parse_logical(std::string_view symbol, NodeKind kind, int level);
  Result<NodePtr> parse_unary();
  Result<NodePtr> parse_number(bool is_negative);
  Result<NodePtr> parse_postfix(NodePtr operand);
  Result<NodePtr> parse_selection(NodePtr operand);
  Result<NodePtr> parse_index(NodePtr operand);
  Result<NodePtr> parse_primary();
  Result<NodePtr> parse_name(bool is_root_scope);
  Result<NodePtr> parse_list();
  Result<NodePtr> parse_map();
  Result<std::vector<NodePtr>> parse_arguments();

  Result<NodePtr> make_call(std::string name, NodePtr receiver, std::uint32_t offset);
  Result<NodePtr> finish_call(NodePtr node, bool has_receiver);
  /// null when it is no macro.
  Result<NodePtr> make_macro(Node& call);
  Result<NodePtr> make_has(Node& call);
  Result<NodePtr> make_bind(Node& call);
  Result<std::string> variable_name(Node const& node);

  Result<NodePtr> make(NodeKind kind, std::uint32_t offset, std::vector<NodePtr> children = {});
  Result<NodePtr> make_literal(Value value, std::uint32_t offset);

  Lexer lexer_;
  Limits limits_;
  Token token_{};
  std::size_t nodes_count_ = 0;
  std::size_t patterns_count_ = 0;
  std::size_t nesting_ = 0;
  std::size_t error_offset_ = 0;
};

/// One list of nodes, for calls with a fixed number of children.
template <class... Nodes>
std::vector<NodePtr> children_of(Nodes... nodes) {
  std::vector<NodePtr> children;
  children.reserve(sizeof...(nodes));
  (children.push_back(std::move(nodes)), ...);
  return children;
}

}  // namespace ropewalk::cel
