#include "engine/model/cel/template.hpp"

#include "engine/base/json.hpp"
#include "engine/base/text.hpp"
#include "engine/model/cel/lexer.hpp"
#include "engine/model/cel/value_json.hpp"

#include <algorithm>
#include <utility>

namespace ropewalk::cel {
namespace {

constexpr std::string_view opening = "${{";
constexpr std::string_view escaped_opening = "$${{";
constexpr std::string_view closing = "}}";

bool is_word(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
         (character >= '0' && character <= '9') || character == '_';
}

// What to skip as one piece at the front of an expression's text: a literal, a word, a quoted name,
// a comment, or one character. npos when a literal is not closed.
std::size_t piece_size(std::string_view text) {
  if (starts_text_literal(text)) return text_literal_size(text);
  if (is_word(text.front())) {
    std::size_t size = 1;
    while (size < text.size() && is_word(text[size])) ++size;
    return size;
  }
  if (text.starts_with("//")) return std::min(text.find('\n'), text.size());
  if (text.front() == '`') {
    auto const end = text.find('`', 1);
    return end == std::string_view::npos ? end : end + 1;
  }
  return 1;
}

// The size of the expression at the front of `text`, up to its closing braces; npos when there are
// none.
std::size_t expression_size(std::string_view text) {
  std::size_t open_count = 0;
  std::size_t offset = 0;
  while (offset < text.size()) {
    std::string_view const rest = text.substr(offset);
    if (open_count == 0 && rest.starts_with(closing)) return offset;
    if (rest.front() == '{') ++open_count;
    if (rest.front() == '}' && open_count > 0) --open_count;
    std::size_t const size = piece_size(rest);
    if (size == std::string_view::npos) return size;
    offset += size;
  }
  return std::string_view::npos;
}

Result<> append_text(std::string& text, boost::json::value const& value, Budget& budget) {
  if (value.is_null()) return {};
  if (auto const* string = value.if_string()) {
    text.append(string->data(), string->size());
    return {};
  }
  std::string const written = to_text(value);
  if (!budget.charge_result(written.size())) {
    return expression_too_costly("the result of the template is too large");
  }
  text += written;
  return {};
}

/// NAME, when an expression's text is `secrets.NAME`; else nothing.
std::string_view secret_name(std::string_view source) {
  constexpr std::string_view root = "secrets.";
  constexpr std::string_view blanks = " \t\r\n";
  auto const begin = source.find_first_not_of(blanks);
  if (begin == source.npos || !source.substr(begin).starts_with(root)) return {};
  auto const name =
      source.substr(begin + root.size(), source.find_last_not_of(blanks) + 1 - begin - root.size());
  return is_identifier(name) ? name : std::string_view();
}

}  // namespace

std::string secret_sign(std::string_view name) {
  return std::string(opening) + " secrets." + std::string(name) + " " + std::string(closing);
}

bool has_template_syntax(std::string_view text) {
  return text.find(opening) != std::string_view::npos;
}

Result<Template> Template::compile(std::string_view text, Limits const& limits) {
  std::vector<Part> parts;
  std::string literal;
  std::size_t done = 0;
  while (done < text.size()) {
    std::size_t const start = text.find(opening, done);
    if (start == std::string_view::npos) break;
    if (start > done && text.substr(start - 1).starts_with(escaped_opening)) {
      literal += text.substr(done, start - 1 - done);
      literal += opening;
      done = start + opening.size();
      continue;
    }
    literal += text.substr(done, start - done);
    if (!literal.empty()) parts.push_back({std::exchange(literal, {}), std::nullopt, {}});
    std::string_view const rest = text.substr(start + opening.size());
    std::size_t const size = expression_size(rest);
    if (size == std::string_view::npos) {
      Error error = bad_expression(
          "expected '}}' to close '${{'", "To write '${{' itself, put another '$' before it."
      );
      return with_position(std::move(error), position_of(text, start, {}));
    }
    Position const origin = position_of(text, start + opening.size(), {});
    if (auto const name = secret_name(rest.substr(0, size)); !name.empty()) {
      parts.push_back({{}, std::nullopt, {std::string(name), origin}});
    } else {
      TRY(auto expression, Expression::compile(rest.substr(0, size), limits, origin));
      parts.push_back({{}, std::move(expression), {}});
    }
    done = start + opening.size() + size + closing.size();
  }
  literal += text.substr(done);
  if (!literal.empty()) parts.push_back({std::move(literal), std::nullopt, {}});
  return Template(std::move(parts));
}

bool Template::is_constant() const {
  if (parts_->empty()) return true;
  auto const& first = parts_->front();
  return parts_->size() == 1 && !first.expression && first.secret.name.empty();
}

bool Template::is_single_expression() const {
  return parts_->size() == 1 && parts_->front().expression.has_value();
}

std::vector<Expression> Template::expressions() const {
  std::vector<Expression> expressions;
  for (Part const& part : *parts_) {
    if (part.expression) expressions.push_back(*part.expression);
  }
  return expressions;
}

std::vector<Template::SecretUse> Template::secrets() const {
  std::vector<SecretUse> out;
  for (Part const& part : *parts_)
    if (!part.secret.name.empty()) out.push_back(part.secret);
  return out;
}

bool Template::has_secrets() const {
  return std::ranges::any_of(*parts_, [](Part const& part) { return !part.secret.name.empty(); });
}

Result<boost::json::value> Template::evaluate(Activation const& activation, Limits const& limits)
    const {
  Budget budget(limits);
  return evaluate(activation, budget);
}

Result<boost::json::value> Template::evaluate(Activation const& activation, Budget& budget) const {
  std::string text;
  for (Part const& part : *parts_) {
    if (!part.secret.name.empty())
      return bad_expression("secrets." + part.secret.name + " has no value here");
    if (!part.expression) {
      text += part.text;
      continue;
    }
    TRY(auto const value, part.expression->evaluate(activation, budget));
    TRY(auto json, to_json(value, budget));
    if (is_single_expression()) return json;
    if (auto done = append_text(text, json, budget); !done) return done.error();
  }
  return boost::json::value(boost::json::string_view(text));
}

Result<std::vector<SecretPiece>> Template::evaluate_pieces(
    Activation const& activation, Budget& budget
) const {
  std::vector<SecretPiece> out;
  for (Part const& part : *parts_) {
    auto& piece = out.emplace_back(SecretPiece{part.text, part.secret.name});
    if (!part.expression) continue;
    TRY(auto const value, part.expression->evaluate(activation, budget));
    TRY(auto const json, to_json(value, budget));
    if (auto done = append_text(piece.text, json, budget); !done) return done.error();
  }
  return out;
}

}  // namespace ropewalk::cel
