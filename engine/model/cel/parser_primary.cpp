// The parser's lower half: primaries, selections, calls, and list and map literals.

#include "engine/model/cel/parser.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ropewalk::cel {
namespace {

constexpr std::array<std::string_view, 18> reserved{
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while"};

bool is_word_literal(std::string_view text) {
  return text == "true" || text == "false" || text == "null";
}

// The namespaces of global functions: `math.ceil(x)` is no method of a variable `math`.
bool is_function_namespace(Node const& node) {
  return node.kind == NodeKind::identifier && (node.name == "math" || node.name == "strings" ||
                                               node.name == "cel" || node.name == "base64");
}

bool is_well_known_type(Node const& operand, std::string_view field) {
  return (field == "Timestamp" || field == "Duration") && operand.kind == NodeKind::select &&
         operand.name == "protobuf" && operand.children[0]->kind == NodeKind::identifier &&
         operand.children[0]->name == "google";
}

}  // namespace

Result<NodePtr> Parser::parse_postfix(NodePtr operand) {
  for (;;) {
    if (token_.is(".")) {
      TRY(operand, parse_selection(std::move(operand)));
    } else if (token_.is("[")) {
      TRY(operand, parse_index(std::move(operand)));
    } else {
      return operand;
    }
  }
}

Result<NodePtr> Parser::parse_index(NodePtr operand) {
  std::uint32_t const offset = token_.offset;
  if (auto read = advance(); !read) return read.error();
  TRY(auto index, parse_expression());
  if (auto read = expect("]", "after the index"); !read) return read.error();
  return make(NodeKind::index, offset, children_of(std::move(operand), std::move(index)));
}

Result<NodePtr> Parser::parse_selection(NodePtr operand) {
  if (auto read = advance(); !read) return read.error();
  std::uint32_t const offset = token_.offset;
  bool const is_quoted = token_.kind == TokenKind::quoted_identifier;
  bool const is_plain =
      token_.kind == TokenKind::identifier && token_.text != "in" && !is_word_literal(token_.text);
  if (!is_quoted && !is_plain) return unexpected("a field name after '.'");
  std::string name = is_quoted ? token_.content : std::string(token_.text);
  if (auto read = advance(); !read) return read.error();
  if (is_plain && token_.is("(")) return make_call(std::move(name), std::move(operand), offset);
  if (is_well_known_type(*operand, name)) {
    Kind const kind = name == "Timestamp" ? Kind::timestamp : Kind::duration;
    return make_literal(Value(Type{kind}), offset);
  }
  TRY(auto node, make(NodeKind::select, offset, children_of(std::move(operand))));
  node->name = std::move(name);
  return node;
}

Result<NodePtr> Parser::parse_primary() {
  std::uint32_t const offset = token_.offset;
  switch (token_.kind) {
    case TokenKind::integer:
    case TokenKind::unsigned_integer:
    case TokenKind::real:
      return parse_number(false);
    case TokenKind::string:
    case TokenKind::bytes: {
      Text content(std::move(token_.content));
      bool const is_bytes = token_.kind == TokenKind::bytes;
      if (auto read = advance(); !read) return read.error();
      return make_literal(is_bytes ? Value(Bytes{content}) : Value(content), offset);
    }
    case TokenKind::identifier:
      return parse_name(false);
    case TokenKind::symbol:
      break;
    case TokenKind::quoted_identifier:
    case TokenKind::end:
      return unexpected("a value");
  }
  if (token_.is("[")) return parse_list();
  if (token_.is("{")) return parse_map();
  if (token_.is(".")) {
    if (auto read = advance(); !read) return read.error();
    if (token_.kind != TokenKind::identifier) return unexpected("a name after '.'");
    return parse_name(true);
  }
  if (!token_.is("(")) return unexpected("a value");
  if (auto read = advance(); !read) return read.error();
  TRY(auto inner, parse_expression());
  if (auto read = expect(")", "to close the parenthesis"); !read) return read.error();
  return inner;
}

Result<NodePtr> Parser::parse_name(bool is_root_scope) {
  std::string name(token_.text);
  std::uint32_t const offset = token_.offset;
  if (std::find(reserved.begin(), reserved.end(), name) != reserved.end()) {
    return unexpected("a value (the word is reserved)");
  }
  if (auto read = advance(); !read) return read.error();
  if (name == "true" || name == "false") return make_literal(Value(name == "true"), offset);
  if (name == "null") return make_literal(Value(), offset);
  if (token_.is("(")) return make_call(std::move(name), nullptr, offset);
  TRY(auto node, make(NodeKind::identifier, offset));
  node->name = std::move(name);
  node->is_root_scope = is_root_scope;
  return node;
}

Result<NodePtr> Parser::parse_list() {
  std::uint32_t const offset = token_.offset;
  if (auto read = advance(); !read) return read.error();
  std::vector<NodePtr> items;
  while (!token_.is("]")) {
    TRY(auto item, parse_expression());
    items.push_back(std::move(item));
    if (token_.is("]")) break;
    if (auto read = expect(",", "or ']' in the list"); !read) return read.error();
  }
  if (auto read = advance(); !read) return read.error();
  return make(NodeKind::list, offset, std::move(items));
}

Result<NodePtr> Parser::parse_map() {
  std::uint32_t const offset = token_.offset;
  if (auto read = advance(); !read) return read.error();
  std::vector<NodePtr> entries;
  while (!token_.is("}")) {
    TRY(auto key, parse_expression());
    if (auto read = expect(":", "after the key of a map"); !read) return read.error();
    TRY(auto value, parse_expression());
    entries.push_back(std::move(key));
    entries.push_back(std::move(value));
    if (token_.is("}")) break;
    if (auto read = expect(",", "or '}' in the map"); !read) return read.error();
  }
  if (auto read = advance(); !read) return read.error();
  return make(NodeKind::map, offset, std::move(entries));
}

Result<std::vector<NodePtr>> Parser::parse_arguments() {
  if (auto read = advance(); !read) return read.error();
  std::vector<NodePtr> arguments;
  while (!token_.is(")")) {
    TRY(auto argument, parse_expression());
    arguments.push_back(std::move(argument));
    if (token_.is(")")) break;
    if (auto read = expect(",", "or ')' after an argument"); !read) return read.error();
    if (token_.is(")")) return unexpected("an argument after ','");
  }
  if (auto read = advance(); !read) return read.error();
  return arguments;
}

Result<NodePtr> Parser::make_call(std::string name, NodePtr receiver, std::uint32_t offset) {
  TRY(auto arguments, parse_arguments());
  bool has_receiver = receiver != nullptr;
  if (has_receiver && is_function_namespace(*receiver)) {
    name = receiver->name + "." + name;
    has_receiver = false;
  }
  if (has_receiver) arguments.insert(arguments.begin(), std::move(receiver));
  TRY(auto node, make(NodeKind::call, offset, std::move(arguments)));
  node->name = std::move(name);
  if (has_receiver || node->name == "has" || node->name == "cel.bind") {
    TRY(auto macro, make_macro(*node));
    if (macro != nullptr) return macro;
  }
  return finish_call(std::move(node), has_receiver);
}

Result<NodePtr> Parser::finish_call(NodePtr node, bool has_receiver) {
  node->function = find_function(node->name, has_receiver);
  if (node->function == nullptr) return node;  // an error only where it is called
  FunctionEntry const& entry = *node->function;
  std::size_t const count = node->children.size();
  if (count < entry.arguments_min || count > entry.arguments_max) {
    std::size_t const own = has_receiver ? 1 : 0;
    return fail_at(
        node->offset,
        bad_expression(
            node->name + " takes " + std::to_string(entry.arguments_min - own) +
            (entry.arguments_max == entry.arguments_min ? ""
             : entry.arguments_max == arguments_any
                 ? " or more"
                 : " to " + std::to_string(entry.arguments_max - own)) +
            " arguments, not " + std::to_string(count - own)
        )
    );
  }
  bool const has_pattern = entry.name == "matches" &&
                           node->children[1]->kind == NodeKind::literal &&
                           node->children[1]->value.is(Kind::string);
  if (has_pattern) {
    Node const& pattern = *node->children[1];
    if (++patterns_count_ > limits_.patterns_max) {
      return fail_at(pattern.offset, bad_expression("the expression has too many patterns"));
    }
    auto regex = Regex::compile(pattern.value.text());
    if (!regex) return fail_at(pattern.offset, bad_expression(regex.error().message));
    node->regex = std::move(*regex);
  }
  return node;
}

}  // namespace ropewalk::cel
