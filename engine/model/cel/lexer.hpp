#pragma once
// Cuts the source of an expression into tokens, one at a time.
//
// Owner: the parser; the source must outlive the lexer and its tokens.

#include "engine/model/cel/limits.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ropewalk::cel {

enum class TokenKind : unsigned char {
  end,
  symbol,             // text
  identifier,         // text
  quoted_identifier,  // content: `a-b`
  integer,            // natural: the magnitude
  unsigned_integer,   // natural
  real,               // real
  string,             // content
  bytes,              // content
};

struct Token {
  TokenKind kind{};
  std::uint32_t offset{};
  std::string_view text{};  // as written
  std::string content{};
  std::uint64_t natural{};
  double real{};

  bool is(std::string_view symbol) const { return kind == TokenKind::symbol && text == symbol; }
};

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  /// Error bad_expression without a position: that is offset().
  Result<Token> next();
  /// Where the token read last begins, or where reading failed.
  std::size_t offset() const { return start_; }

 private:
  void skip_blanks();
  bool at(std::string_view text) const { return source_.substr(position_).starts_with(text); }
  char peek(std::size_t ahead = 0) const;
  Token token(TokenKind kind, std::size_t size);
  Result<Token> read_number();
  Result<Token> read_real(std::size_t size);
  Result<Token> read_text();
  Result<Token> read_quoted_identifier();
  Result<Token> read_symbol();

  std::string_view source_;
  std::size_t position_ = 0;
  std::size_t start_ = 0;
};

/// True when `text` begins a string or bytes literal, prefix included: "r'…", "b\"…".
bool starts_text_literal(std::string_view text);

/// The size of the literal at the beginning of `text`, quotes and prefix included; npos when it is
/// not closed. REQUIRES: starts_text_literal(text).
std::size_t text_literal_size(std::string_view text);

struct TextLiteral {
  bool is_bytes{};
  std::string content{};
};

/// Resolves prefix, quotes and escapes. REQUIRES: `text` is one closed literal. Error
/// bad_expression.
Result<TextLiteral> read_text_literal(std::string_view text);

/// Line and column of a byte of the source, when its first byte is at `origin`.
Position position_of(std::string_view source, std::size_t offset, Position origin);

}  // namespace ropewalk::cel
