// Names, paths and literals.

#include "engine/base/text.hpp"
#include "engine/model/prompt/number_text.hpp"
#include "engine/model/prompt/parser.hpp"

#include <charconv>
#include <cmath>
#include <limits>

namespace ropewalk::prompt {
namespace {

json::value read_number(std::string_view text) {
  std::int64_t whole = 0;
  auto const read = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (read.ec == std::errc() && read.ptr == text.data() + text.size()) return whole;
  double real = 0;
  auto const real_read = std::from_chars(text.data(), text.data() + text.size(), real);
  if (real_read.ec == std::errc::result_out_of_range)
    real = text.front() == '-' ? -std::numeric_limits<double>::infinity()
                               : std::numeric_limits<double>::infinity();
  return real;
}

/// As Handlebars decides it: a dot in front, or "this" where a word ends.
bool is_scoped(std::string_view original) {
  if (original.starts_with('.')) return true;
  for (std::size_t i = original.find("this"); i != std::string_view::npos;
       i = original.find("this", i + 1)) {
    if (i + 4 == original.size()) return true;
    char const next = original[i + 4];
    bool const is_word = (next >= '0' && next <= '9') || (next >= 'a' && next <= 'z') ||
                         (next >= 'A' && next <= 'Z') || next == '_';
    if (!is_word) return true;
  }
  return false;
}

}  // namespace

Result<Path> Parser::parse_path(bool is_data) {
  Path path;
  path.is_data = is_data;
  if (is_data) path.original = "@";
  while (true) {
    if (at(TokenKind::number) && !path.original.empty())
      return bad(
          peek(),
          "a number stands where a name is due",
          "write [" + std::string(peek().text) + "] for an element of a list"
      );
    if (!at(TokenKind::identifier)) {
      auto const refused = expect(TokenKind::identifier, "a name");
      return refused.error();
    }
    Token const& token = take();
    bool const is_quoted = token.text != token.content;
    path.original += token.content;
    bool const is_step =
        !is_quoted && (token.content == ".." || token.content == "." || token.content == "this");
    if (!is_step) {
      path.parts.push_back(token.content);
    } else if (!path.parts.empty()) {
      return bad(
          token, "\"" + path.original + "\" is no path", "\"" + token.content + "\" comes first"
      );
    } else if (token.content == "..") {
      ++path.depth;
    }
    if (!at(TokenKind::separator)) break;
    path.original += take().text;
  }
  path.is_scoped = is_scoped(path.original);
  return path;
}

Result<Expression> Parser::parse_name() {
  Token const& token = peek();
  Expression out;
  out.offset = token.offset;
  out.kind = ExpressionKind::literal;
  switch (token.kind) {
    case TokenKind::data:
      take();
      [[fallthrough]];
    case TokenKind::identifier: {
      out.kind = ExpressionKind::path;
      TRY(out.path, parse_path(token.kind == TokenKind::data));
      return out;
    }
    case TokenKind::text:
      out.literal = json::string(token.content);
      break;
    case TokenKind::number:
      out.literal = read_number(token.text);
      break;
    case TokenKind::boolean:
      out.literal = token.text == "true";
      break;
    case TokenKind::undefined:
      out.kind = ExpressionKind::undefined;
      break;
    case TokenKind::null:
      break;
    default: {
      auto const refused = expect(TokenKind::identifier, "a name");
      return refused.error();
    }
  }
  take();
  return out;
}

/// Literals stand for the field of that name: {{"first name"}}.
Result<Expression> Parser::parse_callee() {
  TRY(Expression out, parse_name());
  if (out.kind == ExpressionKind::path) return out;
  std::string name = "undefined";
  if (out.kind == ExpressionKind::literal) {
    name.clear();
    if (out.literal.is_null())
      name = "null";
    else if (out.literal.is_string())
      name = out.literal.get_string();
    else
      append_scalar(out.literal, name);
  }
  out.kind = ExpressionKind::path;
  out.path.original = name;
  out.path.is_scoped = is_scoped(name);
  out.path.parts.push_back(std::move(name));
  out.literal = nullptr;
  return out;
}

Result<std::vector<std::string>> Parser::parse_names() {
  std::vector<std::string> names;
  if (!at(TokenKind::open_names)) return names;
  take();
  while (at(TokenKind::identifier)) names.push_back(take().content);
  if (names.empty()) return bad(peek(), "\"as |\" wants names", "write {{#each list as |item|}}");
  if (auto done = expect(TokenKind::close_names, "\"|\""); !done) return done.error();
  return names;
}

}  // namespace ropewalk::prompt
