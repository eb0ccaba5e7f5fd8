#pragma once
// Tokens → syntax tree, by the grammar of Handlebars 4.7.
//
// Owner: Template::compile; used once.

#include "engine/model/prompt/ast.hpp"
#include "engine/model/prompt/lexer.hpp"

#include <optional>

namespace ropewalk::prompt {

class Parser {
 public:
  /// REQUIRES: `tokens` came from read_tokens of the same source.
  Parser(Source const& source, std::vector<Token> tokens, Limits const& limits)
      : source_(source), tokens_(std::move(tokens)), depth_max_(limits.depth_max) {}

  /// Errors: bad_template, too_large.
  Result<Program> run();

 private:
  struct Opening {
    Call call{};
    std::vector<std::string> names{};
    Strip strip{};
    std::uint32_t offset = 0;
    std::string_view word{};  // "{{#", …
  };
  /// What {{else}} begins.
  struct Inverse {
    Program program{};
    Strip strip{};
    bool is_chain = false;
  };
  using MaybeInverse = std::optional<Inverse>;

  Token const& peek(std::size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  bool at(TokenKind kind) const { return peek().kind == kind; }
  Token const& take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  Error bad(Token const& token, std::string message, std::string hint = {}) const;
  Result<void> expect(TokenKind kind, std::string_view what);

  Result<Program> parse_program();
  Result<void> parse_statement(Program& program);
  Result<Node> parse_mustache();
  Result<Node> parse_partial();
  Result<Node> parse_partial_block();
  Result<Node> parse_raw_block();
  Result<Node> parse_block(bool is_inverted);
  Result<Node> parse_inline_partial(Node node, std::string_view word);
  Result<MaybeInverse> parse_inverse_chain(bool allows_chain);
  Result<Inverse> parse_chained_block();
  Result<Strip> parse_closing(Opening const& opening);
  Result<Opening> parse_opening(TokenKind closing);
  Result<void> read_partial_name(Node& node);

  Result<void> parse_arguments(Call& call);
  Result<std::vector<std::string>> parse_names();
  Result<Expression> parse_argument();
  /// A path or a literal.
  Result<Expression> parse_name();
  Result<Path> parse_path(bool is_data);
  Result<Expression> parse_callee();

  static Node make_block(
      Opening opening, Program program, MaybeInverse inverse, Strip close, bool is_inverted
  );

  Source const& source_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::size_t depth_max_;
};

}  // namespace ropewalk::prompt
