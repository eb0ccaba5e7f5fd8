#include "engine/model/cel/parser.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ropewalk::cel {
namespace {

struct BinaryOperator {
  std::string_view symbol{};
  int level{};  // higher binds tighter
  Operation operation{};
};

constexpr int level_or = 0;
constexpr int level_and = 1;
constexpr int level_relation = 2;
constexpr int level_unary = 5;

constexpr std::array<BinaryOperator, 12> binary_operators{{
    {"<", level_relation, Operation::less},
    {"<=", level_relation, Operation::less_equal},
    {">", level_relation, Operation::greater},
    {">=", level_relation, Operation::greater_equal},
    {"==", level_relation, Operation::equal},
    {"!=", level_relation, Operation::not_equal},
    {"in", level_relation, Operation::in},
    {"+", 3, Operation::add},
    {"-", 3, Operation::subtract},
    {"*", 4, Operation::multiply},
    {"/", 4, Operation::divide},
    {"%", 4, Operation::modulo},
}};

BinaryOperator const* find_operator(Token const& token, int level) {
  if (token.kind != TokenKind::symbol && token.kind != TokenKind::identifier) return nullptr;
  for (BinaryOperator const& candidate : binary_operators) {
    if (candidate.level == level && candidate.symbol == token.text) return &candidate;
  }
  return nullptr;
}

std::string describe(Token const& token) {
  if (token.kind == TokenKind::end) return "the end";
  constexpr std::size_t shown_max = 40;
  if (token.text.size() > shown_max) return "a long literal";
  return "'" + std::string(token.text) + "'";
}

std::string_view hint_for(Token const& token) {
  if (token.kind != TokenKind::identifier) return "";
  if (token.text == "and") return "Write '&&'.";
  if (token.text == "or") return "Write '||'.";
  if (token.text == "not" || token.text == "is") return "Write '!' or '!='.";
  return "";
}

}  // namespace

Result<NodePtr> Parser::parse() {
  if (auto read = advance(); !read) return read.error();
  if (token_.kind == TokenKind::end) {
    return fail_at(0, bad_expression("expected an expression, found nothing"));
  }
  TRY(auto root, parse_expression());
  if (token_.kind != TokenKind::end) return unexpected("an operator or the end");
  return root;
}

Error Parser::fail_at(std::size_t offset, Error error) {
  error_offset_ = offset;
  return error;
}

Error Parser::unexpected(std::string_view expected) {
  std::string message = "expected " + std::string(expected) + ", found " + describe(token_);
  return fail_at(token_.offset, bad_expression(std::move(message), std::string(hint_for(token_))));
}

Result<> Parser::advance() {
  auto token = lexer_.next();
  if (!token) return fail_at(lexer_.offset(), token.error());
  token_ = std::move(*token);
  return {};
}

Result<> Parser::expect(std::string_view symbol, std::string_view where) {
  if (token_.is(symbol)) return advance();
  return unexpected("'" + std::string(symbol) + "' " + std::string(where));
}

Result<NodePtr> Parser::make(NodeKind kind, std::uint32_t offset, std::vector<NodePtr> children) {
  auto node = std::make_unique<Node>();
  node->kind = kind;
  node->offset = offset;
  for (NodePtr const& child : children) node->depth = std::max(node->depth, child->depth + 1);
  node->children = std::move(children);
  if (++nodes_count_ > limits_.nodes_max) {
    return fail_at(offset, bad_expression("the expression has too many parts"));
  }
  if (node->depth > limits_.depth_max) {
    return fail_at(offset, bad_expression("the expression is nested too deeply"));
  }
  return node;
}

Result<NodePtr> Parser::make_literal(Value value, std::uint32_t offset) {
  TRY(auto node, make(NodeKind::literal, offset));
  node->value = std::move(value);
  return node;
}

Result<NodePtr> Parser::parse_expression() {
  if (nesting_ >= limits_.depth_max) {
    return fail_at(token_.offset, bad_expression("the expression is nested too deeply"));
  }
  ++nesting_;
  auto result = parse_conditional();
  --nesting_;
  return result;
}

Result<NodePtr> Parser::parse_conditional() {
  TRY(auto condition, parse_binary(level_or));
  if (!token_.is("?")) return condition;
  std::uint32_t const offset = token_.offset;
  if (auto read = advance(); !read) return read.error();
  TRY(auto then, parse_binary(level_or));
  if (auto read = expect(":", "after the first choice of '?'"); !read) return read.error();
  TRY(auto otherwise, parse_expression());
  return make(
      NodeKind::conditional,
      offset,
      children_of(std::move(condition), std::move(then), std::move(otherwise))
  );
}

Result<NodePtr> Parser::parse_binary(int level) {
  if (level == level_or) return parse_logical("||", NodeKind::logical_or, level);
  if (level == level_and) return parse_logical("&&", NodeKind::logical_and, level);
  if (level == level_unary) return parse_unary();
  TRY(auto left, parse_binary(level + 1));
  while (auto const* found = find_operator(token_, level)) {
    std::uint32_t const offset = token_.offset;
    if (auto read = advance(); !read) return read.error();
    TRY(auto right, parse_binary(level + 1));
    TRY(left, make(NodeKind::binary, offset, children_of(std::move(left), std::move(right))));
    left->operation = found->operation;
  }
  return left;
}

Result<NodePtr> Parser::parse_logical(std::string_view symbol, NodeKind kind, int level) {
  std::uint32_t const offset = token_.offset;
  TRY(auto first, parse_binary(level + 1));
  if (!token_.is(symbol)) return first;
  auto operands = children_of(std::move(first));
  while (token_.is(symbol)) {
    if (auto read = advance(); !read) return read.error();
    TRY(auto operand, parse_binary(level + 1));
    operands.push_back(std::move(operand));
  }
  return make(kind, offset, std::move(operands));
}

Result<NodePtr> Parser::parse_unary() {
  if (!token_.is("!") && !token_.is("-")) {
    TRY(auto operand, parse_primary());
    return parse_postfix(std::move(operand));
  }
  std::string_view const symbol = token_.text;
  std::uint32_t const offset = token_.offset;
  std::size_t count = 0;
  for (; token_.is(symbol); ++count) {
    if (auto read = advance(); !read) return read.error();
  }
  bool const is_number = token_.kind == TokenKind::integer || token_.kind == TokenKind::real;
  NodePtr operand;
  if (symbol == "-" && is_number) {
    --count;
    TRY(auto number, parse_number(true));
    TRY(operand, parse_postfix(std::move(number)));
  } else if (token_.is("!") || token_.is("-")) {
    return unexpected("a value without a second kind of sign (use parentheses)");
  } else {
    TRY(auto primary, parse_primary());
    TRY(operand, parse_postfix(std::move(primary)));
  }
  // Signs cancel out in pairs; two of them stay for the check of the operand's type.
  for (std::size_t left = count == 0 ? 0 : 2 - count % 2; left > 0; --left) {
    TRY(operand, make(NodeKind::unary, offset, children_of(std::move(operand))));
    operand->operation = symbol == "-" ? Operation::negate : Operation::logical_not;
  }
  return operand;
}

Result<NodePtr> Parser::parse_number(bool is_negative) {
  Token const token = token_;
  if (auto read = advance(); !read) return read.error();
  if (token.kind == TokenKind::unsigned_integer)
    return make_literal(Value(token.natural), token.offset);
  if (token.kind == TokenKind::real) {
    return make_literal(Value(is_negative ? -token.real : token.real), token.offset);
  }
  constexpr std::uint64_t most = std::uint64_t{1} << 63;
  if (token.natural > most || (token.natural == most && !is_negative)) {
    return fail_at(
        token.offset,
        bad_expression("the number does not fit an int", "Put 'u' behind it for a uint.")
    );
  }
  std::uint64_t const bits = is_negative ? 0 - token.natural : token.natural;
  return make_literal(Value(static_cast<std::int64_t>(bits)), token.offset);
}

}  // namespace ropewalk::cel
