// Blocks: {{#name}} … {{else}} … {{/name}}, and what looks like them.

#include "engine/base/text.hpp"
#include "engine/model/prompt/parser.hpp"

namespace ropewalk::prompt {

Result<Parser::Opening> Parser::parse_opening(TokenKind closing) {
  Token const& open = take();
  Opening out;
  out.offset = open.offset;
  out.word = open.text;
  TRY(out.call.callee, parse_callee());
  if (auto done = parse_arguments(out.call); !done) return done.error();
  if (closing == TokenKind::close) {
    TRY(out.names, parse_names());
    out.strip = {open.strips_before(), peek().strips_after()};
  }
  auto const closed = expect(closing, closing == TokenKind::close ? "\"}}\"" : "\"}}}}\"");
  if (!closed) return closed.error();
  return out;
}

Result<Strip> Parser::parse_closing(Opening const& opening) {
  std::string const& name = opening.call.callee.path.original;
  if (at(TokenKind::end))
    return error_at(
        source_,
        opening.offset,
        "bad_template",
        "the block \"" + shorten(name, 60) + "\" is not closed",
        "close it with {{/" + shorten(name, 60) + "}}"
    );
  Token const& open = peek();
  if (auto done = expect(TokenKind::open_end_block, "the block's end"); !done) return done.error();
  TRY(Expression const closing, parse_callee());
  if (closing.path.original != name)
    return bad(
        open,
        "\"" + shorten(closing.path.original, 60) + "\" is closed here, where \"" +
            shorten(name, 60) + "\" is open"
    );
  Strip const strip{open.strips_before(), peek().strips_after()};
  if (auto done = expect(TokenKind::close, "\"}}\""); !done) return done.error();
  return strip;
}

Node Parser::make_block(
    Opening opening, Program program, MaybeInverse inverse, Strip close, bool is_inverted
) {
  Node node;
  node.kind = NodeKind::block;
  node.offset = opening.offset;
  node.call = std::move(opening.call);
  node.open = opening.strip;
  node.close = close;
  program.names = std::move(opening.names);
  node.program = std::make_unique<Program>(std::move(program));
  if (inverse) {
    // What ends the chain for its first block is what ends the whole.
    if (inverse->is_chain) inverse->program.body.front().close = close;
    node.middle = inverse->strip;
    node.inverse = std::make_unique<Program>(std::move(inverse->program));
  }
  node.is_inverted = is_inverted;
  if (is_inverted) std::swap(node.program, node.inverse);
  return node;
}

Result<Parser::Inverse> Parser::parse_chained_block() {
  if (depth_ == depth_max_)
    return bad(peek(), "blocks nest deeper than " + std::to_string(depth_max_));
  ++depth_;
  TRY(Opening opening, parse_opening(TokenKind::close));
  Inverse out;
  out.is_chain = true;
  out.strip = opening.strip;
  TRY(Program program, parse_program());
  TRY(MaybeInverse rest, parse_inverse_chain(true));
  Strip const close = rest ? rest->strip : Strip{};
  out.program.body.push_back(
      make_block(std::move(opening), std::move(program), std::move(rest), close, false)
  );
  out.program.is_chained = true;
  --depth_;
  return out;
}

Result<Parser::MaybeInverse> Parser::parse_inverse_chain(bool allows_chain) {
  if (at(TokenKind::open_inverse_chain)) {
    if (!allows_chain)
      return bad(peek(), "an inverted block has no {{else if}}", "nest an {{#if}} in its {{else}}");
    TRY(Inverse out, parse_chained_block());
    return MaybeInverse(std::move(out));
  }
  if (!at(TokenKind::inverse)) return MaybeInverse();
  Inverse out;
  out.strip = {peek().strips_before(), peek().strips_after()};
  take();
  TRY(out.program, parse_program());
  return MaybeInverse(std::move(out));
}

Result<Node> Parser::parse_block(bool is_inverted) {
  TRY(Opening opening, parse_opening(TokenKind::close));
  TRY(Program program, parse_program());
  bool const is_inline = opening.word.ends_with('*');
  if (is_inline && !at(TokenKind::open_end_block) && !at(TokenKind::end))
    return bad(peek(), "an inline partial has no {{else}}");
  TRY(MaybeInverse inverse, parse_inverse_chain(!is_inverted));
  if (!at(TokenKind::open_end_block) && !at(TokenKind::end))
    return bad(peek(), "a second {{else}} in one block");
  TRY(Strip const close, parse_closing(opening));
  std::string_view const word = opening.word;
  Node node =
      make_block(std::move(opening), std::move(program), std::move(inverse), close, is_inverted);
  return is_inline ? parse_inline_partial(std::move(node), word) : Result<Node>(std::move(node));
}

Result<Node> Parser::parse_inline_partial(Node node, std::string_view word) {
  if (node.call.callee.path.original != "inline")
    return error_at(
        source_,
        node.offset,
        "bad_template",
        "the decorator \"" + shorten(node.call.callee.path.original, 60) + "\" is not known",
        "only {{#*inline \"name\"}} is"
    );
  bool const is_named = node.call.arguments.size() == 1 &&
                        node.call.arguments[0].kind == ExpressionKind::literal &&
                        node.call.arguments[0].literal.is_string();
  if (!is_named || !word.starts_with("{{"))
    return error_at(
        source_,
        node.offset,
        "bad_template",
        "an inline partial wants a name",
        "{{#*inline \"name\"}}"
    );
  node.kind = NodeKind::inline_partial;
  node.name = node.call.arguments[0].literal.get_string();
  return node;
}

Result<Node> Parser::parse_raw_block() {
  TRY(Opening opening, parse_opening(TokenKind::close_raw));
  Program program;
  for (; at(TokenKind::content); take()) {
    Node content;
    content.kind = NodeKind::content;
    content.offset = peek().offset;
    content.original = content.text = peek().text;
    program.body.push_back(std::move(content));
  }
  Token const& end = peek();
  if (auto done = expect(TokenKind::end_raw, "the raw block's end"); !done) return done.error();
  std::string const& name = opening.call.callee.path.original;
  if (end.content != name)
    return bad(
        end,
        "\"" + shorten(end.content, 60) + "\" is closed here, where \"" + shorten(name, 60) +
            "\" is open"
    );
  bool const is_raw_word = name == "raw" && opening.call.arguments.empty();
  Node node = make_block(std::move(opening), std::move(program), std::nullopt, {}, false);
  if (is_raw_word) node.call.helper = Helper::raw;
  return node;
}

}  // namespace ropewalk::prompt
