#include "engine/model/cel/lexer.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace ropewalk::cel {
namespace {

bool is_digit(char character) {
  return character >= '0' && character <= '9';
}
bool is_hex(char character) {
  return is_digit(character) || (character >= 'a' && character <= 'f') ||
         (character >= 'A' && character <= 'F');
}
bool is_word_start(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
         character == '_';
}
bool is_word(char character) {
  return is_word_start(character) || is_digit(character);
}

constexpr std::array<std::string_view, 24> symbols{"&&", "||", "==", "!=", "<=", ">=", "<", ">",
                                                   "+",  "-",  "*",  "/",  "%",  "!",  "?", ":",
                                                   ".",  ",",  "(",  ")",  "[",  "]",  "{", "}"};

}  // namespace

char Lexer::peek(std::size_t ahead) const {
  return position_ + ahead < source_.size() ? source_[position_ + ahead] : '\0';
}

void Lexer::skip_blanks() {
  while (position_ < source_.size()) {
    if (at("//")) {
      position_ = std::min(source_.find('\n', position_), source_.size());
    } else if (std::string_view(" \t\n\r\f").find(source_[position_]) != std::string_view::npos) {
      ++position_;
    } else {
      return;
    }
  }
}

Token Lexer::token(TokenKind kind, std::size_t size) {
  Token token{.kind = kind, .offset = static_cast<std::uint32_t>(position_)};
  token.text = source_.substr(position_, size);
  position_ += size;
  return token;
}

Result<Token> Lexer::next() {
  skip_blanks();
  start_ = position_;
  if (position_ == source_.size()) return token(TokenKind::end, 0);
  if (starts_text_literal(source_.substr(position_))) return read_text();
  if (is_word_start(peek())) {
    std::size_t size = 1;
    while (is_word(peek(size))) ++size;
    return token(TokenKind::identifier, size);
  }
  if (is_digit(peek()) || (peek() == '.' && is_digit(peek(1)))) return read_number();
  if (peek() == '`') return read_quoted_identifier();
  return read_symbol();
}

Result<Token> Lexer::read_number() {
  bool const hex = at("0x") || at("0X");
  std::size_t size = hex ? 2 : 0;
  while (hex ? is_hex(peek(size)) : is_digit(peek(size))) ++size;
  if (!hex) {
    std::size_t const whole_size = size;
    if (peek(size) == '.' && is_digit(peek(size + 1))) {
      ++size;
      while (is_digit(peek(size))) ++size;
    }
    if (peek(size) == 'e' || peek(size) == 'E') {
      bool const sign = peek(size + 1) == '+' || peek(size + 1) == '-';
      if (!is_digit(peek(size + (sign ? 2 : 1)))) return bad_expression("expected an exponent");
      size += sign ? 2 : 1;
      while (is_digit(peek(size))) ++size;
    }
    if (size != whole_size) return read_real(size);
  }
  std::string_view const digits = source_.substr(position_ + (hex ? 2 : 0), size - (hex ? 2 : 0));
  Token result = token(TokenKind::integer, size);
  auto const [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), result.natural, hex ? 16 : 10);
  if (error == std::errc::result_out_of_range) {
    return bad_expression("the number does not fit 64 bits");
  }
  if (error != std::errc()) return bad_expression("expected hexadecimal digits after '0x'");
  if (peek() == 'u' || peek() == 'U') {
    result.kind = TokenKind::unsigned_integer;
    ++position_;
  }
  if (is_word(peek())) return bad_expression("expected an operator after the number");
  return result;
}

Result<Token> Lexer::read_real(std::size_t size) {
  Token result = token(TokenKind::real, size);
  char const* const end = result.text.data() + result.text.size();
  auto const parsed = std::from_chars(result.text.data(), end, result.real);
  if (parsed.ec != std::errc() || parsed.ptr != end || !std::isfinite(result.real)) {
    return bad_expression("the number does not fit a double");
  }
  if (is_word(peek())) return bad_expression("expected an operator after the number");
  return result;
}

Result<Token> Lexer::read_text() {
  std::size_t const size = text_literal_size(source_.substr(position_));
  if (size == std::string_view::npos) {
    return bad_expression(
        "expected a closing quote", "Text over several lines stands in three quotes."
    );
  }
  TRY(auto literal, read_text_literal(source_.substr(position_, size)));
  Token result = token(literal.is_bytes ? TokenKind::bytes : TokenKind::string, size);
  result.content = std::move(literal.content);
  return result;
}

Result<Token> Lexer::read_quoted_identifier() {
  std::size_t size = 1;
  while (is_word(peek(size)) || std::string_view("./- ").find(peek(size)) != std::string::npos) {
    ++size;
  }
  if (peek(size) != '`' || size == 1) {
    return bad_expression("expected a name of letters, digits, '_', '.', '-', '/' and '`'");
  }
  Token result = token(TokenKind::quoted_identifier, size + 1);
  result.content = result.text.substr(1, size - 1);
  return result;
}

Result<Token> Lexer::read_symbol() {
  for (std::string_view const symbol : symbols) {
    if (at(symbol)) return token(TokenKind::symbol, symbol.size());
  }
  switch (peek()) {
    case '=':
      return bad_expression("unexpected '='", "Compare with '=='.");
    case '&':
      return bad_expression("unexpected '&'", "Join conditions with '&&'.");
    case '|':
      return bad_expression("unexpected '|'", "Join conditions with '||'.");
    default:
      return bad_expression("unexpected character");
  }
}

Position position_of(std::string_view source, std::size_t offset, Position origin) {
  Position position = origin;
  for (char const character : source.substr(0, offset)) {
    if (character == '\n') {
      ++position.line;
      position.column = 1;
    } else if ((static_cast<unsigned char>(character) & 0xC0u) != 0x80u) {
      ++position.column;
    }
  }
  return position;
}

}  // namespace ropewalk::cel
