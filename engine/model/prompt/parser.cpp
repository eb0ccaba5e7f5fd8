#include "engine/model/prompt/parser.hpp"

#include "engine/base/text.hpp"

namespace ropewalk::prompt {

Error Parser::bad(Token const& token, std::string message, std::string hint) const {
  return error_at(source_, token.offset, "bad_template", std::move(message), std::move(hint));
}

Result<void> Parser::expect(TokenKind kind, std::string_view what) {
  if (at(kind)) {
    take();
    return {};
  }
  if (at(TokenKind::end))
    return bad(peek(), "the template ends where " + std::string(what) + " is due");
  return bad(
      peek(), "\"" + shorten(peek().text, 40) + "\" stands where " + std::string(what) + " is due"
  );
}

Result<Program> Parser::run() {
  TRY(Program program, parse_program());
  if (at(TokenKind::end)) return program;
  if (at(TokenKind::open_end_block)) return bad(peek(), "this closes a block that is not open");
  return bad(peek(), "this {{else}} belongs to no block");
}

/// Everything up to what ends a block: {{/, {{else or the end.
Result<Program> Parser::parse_program() {
  if (depth_ == depth_max_)
    return bad(peek(), "blocks nest deeper than " + std::to_string(depth_max_));
  ++depth_;
  Program program;
  while (!at(TokenKind::end) && !at(TokenKind::open_end_block) && !at(TokenKind::inverse) &&
         !at(TokenKind::open_inverse_chain)) {
    auto const parsed = parse_statement(program);
    if (!parsed) return parsed.error();
  }
  --depth_;
  return program;
}

Result<void> Parser::parse_statement(Program& program) {
  Node node;
  node.offset = peek().offset;
  switch (peek().kind) {
    case TokenKind::content:
      node.kind = NodeKind::content;
      node.original = node.text = take().text;
      break;
    case TokenKind::comment:
      node.kind = NodeKind::comment;
      node.open = {peek().strips_before(), peek().strips_after()};
      take();
      break;
    case TokenKind::open:
    case TokenKind::open_unescaped: {
      TRY(node, parse_mustache());
      break;
    }
    case TokenKind::open_partial: {
      TRY(node, parse_partial());
      break;
    }
    case TokenKind::open_partial_block: {
      TRY(node, parse_partial_block());
      break;
    }
    case TokenKind::open_raw: {
      TRY(node, parse_raw_block());
      break;
    }
    case TokenKind::open_block:
    case TokenKind::open_inverse: {
      TRY(node, parse_block(at(TokenKind::open_inverse)));
      break;
    }
    default:
      return bad(peek(), "\"" + shorten(peek().text, 40) + "\" cannot stand here");
  }
  program.has_inline_partials |= node.kind == NodeKind::inline_partial;
  program.body.push_back(std::move(node));
  return {};
}

Result<Node> Parser::parse_mustache() {
  Token const& open = take();
  if (open.text.ends_with('*'))
    return bad(open, "decorators are not known here", "only {{#*inline \"name\"}} is");
  Node node;
  node.kind = NodeKind::mustache;
  node.offset = open.offset;
  TRY(node.call.callee, parse_callee());
  if (auto done = parse_arguments(node.call); !done) return done.error();
  bool const is_unescaped = open.kind == TokenKind::open_unescaped;
  node.open = {open.strips_before(), peek().strips_after()};
  auto const closed = is_unescaped ? expect(TokenKind::close_unescaped, "\"}}}\"")
                                   : expect(TokenKind::close, "\"}}\"");
  if (!closed) return closed.error();
  return node;
}

Result<void> Parser::read_partial_name(Node& node) {
  if (at(TokenKind::open_call))
    return bad(
        peek(),
        "a partial that is chosen by a value is not allowed",
        "name it, and choose with {{#if}}: a prompt's version covers the partials that it names"
    );
  Token const& first = peek();
  TRY(Expression const name, parse_name());
  if (name.kind == ExpressionKind::path) {
    node.name = name.path.original;
  } else if (auto const* text = name.literal.if_string()) {
    node.name = *text;
  } else {
    node.name = first.text;
  }
  return {};
}

Result<Node> Parser::parse_partial() {
  Token const& open = take();
  Node node;
  node.kind = NodeKind::partial;
  node.offset = open.offset;
  if (auto done = read_partial_name(node); !done) return done.error();
  if (auto done = parse_arguments(node.call); !done) return done.error();
  if (node.call.arguments.size() > 1)
    return bad(open, "a partial takes one context", "give more by name: {{> name key=value}}");
  node.open = {open.strips_before(), peek().strips_after()};
  if (auto done = expect(TokenKind::close, "\"}}\""); !done) return done.error();
  return node;
}

Result<Node> Parser::parse_partial_block() {
  Token const& open = take();
  Node node;
  node.kind = NodeKind::partial_block;
  node.offset = open.offset;
  if (auto done = read_partial_name(node); !done) return done.error();
  if (auto done = parse_arguments(node.call); !done) return done.error();
  if (node.call.arguments.size() > 1)
    return bad(open, "a partial takes one context", "give more by name: {{#> name key=value}}");
  node.open = {open.strips_before(), peek().strips_after()};
  if (auto done = expect(TokenKind::close, "\"}}\""); !done) return done.error();
  TRY(Program program, parse_program());
  node.program = std::make_unique<Program>(std::move(program));
  Opening opening;
  opening.call.callee.path.original = node.name;
  opening.offset = node.offset;
  TRY(node.close, parse_closing(opening));
  return node;
}

/// ID EQUALS begins a named argument; after the first, only such follow.
Result<void> Parser::parse_arguments(Call& call) {
  while (true) {
    Token const& token = peek();
    if (token.kind == TokenKind::identifier && peek(1).kind == TokenKind::equals) {
      NamedArgument named{token.content, token.offset, {}};
      take();
      take();
      TRY(named.value, parse_argument());
      call.named.push_back(std::move(named));
      continue;
    }
    bool const is_name = token.kind == TokenKind::identifier || token.kind == TokenKind::data ||
                         (token.kind >= TokenKind::text && token.kind <= TokenKind::null);
    if (!is_name && token.kind != TokenKind::open_call) return {};
    if (!call.named.empty())
      return bad(token, "an argument without a name stands after one with a name");
    TRY(Expression argument, parse_argument());
    call.arguments.push_back(std::move(argument));
  }
}

Result<Expression> Parser::parse_argument() {
  if (!at(TokenKind::open_call)) return parse_name();
  if (depth_ == depth_max_)
    return bad(peek(), "expressions nest deeper than " + std::to_string(depth_max_));
  ++depth_;
  Expression out;
  out.kind = ExpressionKind::call;
  out.offset = take().offset;
  out.call = std::make_unique<Call>();
  TRY(out.call->callee, parse_callee());
  if (auto done = parse_arguments(*out.call); !done) return done.error();
  if (auto done = expect(TokenKind::close_call, "\")\""); !done) return done.error();
  --depth_;
  return out;
}

}  // namespace ropewalk::prompt
