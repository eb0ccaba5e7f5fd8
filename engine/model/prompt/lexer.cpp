#include "engine/model/prompt/lexer.hpp"

#include "engine/base/text.hpp"
#include "engine/model/prompt/characters.hpp"

#include <algorithm>

namespace ropewalk::prompt {
namespace {

constexpr std::size_t nowhere = std::string_view::npos;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

class Lexer {
 public:
  Lexer(Source const& source, std::size_t begin, std::size_t end, Limits const& limits)
      : source_(source),
        text_(std::string_view(source.text).substr(0, end)),
        at_(begin),
        tokens_max_(limits.nodes_max) {}

  Result<std::vector<Token>> run() {
    while (at_ < text_.size()) {
      if (tokens_.size() > tokens_max_)
        return error_at(source_, at_, "too_large", "the template has too many parts");
      auto const step = is_raw() ? read_raw() : is_inside_ ? read_inside() : read_content();
      if (!step) return step.error();
    }
    if (is_raw())
      return error_at(source_, raw_opened_.front(), "bad_template", "this raw block is not closed");
    if (is_inside_) return bad("the template ends inside {{ }}", "close it");
    add(TokenKind::end, 0);
    return std::move(tokens_);
  }

 private:
  bool is_raw() const { return !raw_opened_.empty(); }
  std::string_view rest() const { return text_.substr(at_); }
  char peek(std::size_t ahead) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool at(std::string_view what) const { return rest().starts_with(what); }

  Error bad(std::string message, std::string hint = {}) const {
    return error_at(source_, at_, "bad_template", std::move(message), std::move(hint));
  }

  Token& add(TokenKind kind, std::size_t size) {
    Token& token = tokens_.emplace_back();
    token.kind = kind;
    token.offset = static_cast<std::uint32_t>(at_);
    token.text = text_.substr(at_, size);
    at_ += size;
    return token;
  }

  Result<void> read_content();
  Result<void> read_escaped();
  Result<void> read_raw();
  Result<void> read_inside();
  Result<void> read_comment(std::size_t braces);
  bool read_opening();
  bool read_inverse(std::size_t braces);
  bool read_sign();
  bool read_word();
  bool read_number();
  Result<void> read_quoted(TokenKind kind, char closing);
  bool ends_word(std::size_t size, bool is_name) const;

  Source const& source_;
  std::string_view text_;
  std::size_t at_;
  std::size_t tokens_max_;
  bool is_inside_ = false;
  std::vector<std::size_t> raw_opened_{};  // where, of raw blocks inside raw blocks
  std::vector<Token> tokens_{};
};

Result<void> Lexer::read_content() {
  std::size_t const opening = text_.find("{{", at_);
  if (opening == nowhere) {
    add(TokenKind::content, text_.size() - at_);
    return {};
  }
  std::string_view const before = text_.substr(at_, opening - at_);
  bool const is_backslash_escaped = before.ends_with("\\\\");
  bool const is_escaped = !is_backslash_escaped && before.ends_with('\\');
  std::size_t const size = before.size() - (is_backslash_escaped || is_escaped ? 1 : 0);
  if (size > 0) add(TokenKind::content, size);
  at_ = opening;
  if (is_escaped) return read_escaped();
  is_inside_ = true;
  return {};
}

/// After \{{: text up to the next braces, escaped or not.
Result<void> Lexer::read_escaped() {
  std::size_t end = text_.find("{{", at_ + 2);
  if (end == nowhere) {
    end = text_.size();
  } else {
    for (int i = 0; i < 2 && end > at_ + 2 && text_[end - 1] == '\\'; ++i) --end;
  }
  add(TokenKind::content, end - at_);
  return {};
}

Result<void> Lexer::read_raw() {
  if (at("{{{{/")) {
    std::size_t size = 5;
    while (at_ + size < text_.size() && ends_word(size, true) == false && peek(size) != '}') ++size;
    if (size > 5 && rest().substr(size).starts_with("}}}}")) {
      raw_opened_.pop_back();
      std::string const name(rest().substr(5, size - 5));
      Token& token = add(is_raw() ? TokenKind::content : TokenKind::end_raw, size + 4);
      token.content = name;
      return {};
    }
  } else if (at("{{{{")) {
    raw_opened_.push_back(at_);
    add(TokenKind::content, 4);
    return {};
  }
  std::size_t const next = text_.find("{{{{", at_ + 1);
  if (next == nowhere)
    return error_at(source_, raw_opened_.front(), "bad_template", "this raw block is not closed");
  add(TokenKind::content, next - at_);
  return {};
}

Result<void> Lexer::read_comment(std::size_t braces) {
  bool const is_long = rest().substr(braces + 1).starts_with("--");
  std::size_t size = nowhere;
  if (is_long) {
    for (std::size_t from = braces + 1; size == nowhere;) {
      std::size_t const dashes = rest().find("--", from);
      if (dashes == nowhere) break;
      std::size_t const after = dashes + 2 + (peek(dashes + 2) == '~' ? 1 : 0);
      if (rest().substr(after).starts_with("}}")) size = after + 2;
      from = dashes + 1;
    }
  } else if (std::size_t const end = rest().find("}}", braces + 1); end != nowhere) {
    size = end + 2;
  }
  if (size == nowhere)
    return bad("this comment does not end", is_long ? "close it with --}}" : "close it with }}");
  add(TokenKind::comment, size);
  is_inside_ = false;
  return {};
}

/// {{else}}, {{^}} and what begins with them. `braces` counts "{{" and "~".
bool Lexer::read_inverse(std::size_t braces) {
  std::size_t size = braces;
  bool const is_caret = peek(size) == '^';
  if (is_caret) {
    ++size;
  } else {
    size += blanks_before(rest().substr(size));
    if (!rest().substr(size).starts_with("else") || is_word(peek(size + 4))) return false;
    size += 4;
  }
  std::size_t const word_size = size;
  size += blanks_before(rest().substr(size));
  if (peek(size) == '~') ++size;
  if (rest().substr(size).starts_with("}}")) {
    add(TokenKind::inverse, size + 2);
    is_inside_ = false;
  } else {
    add(is_caret ? TokenKind::open_inverse : TokenKind::open_inverse_chain, word_size);
  }
  return true;
}

bool Lexer::read_opening() {
  if (!at("{{")) return false;
  std::size_t const braces = peek(2) == '~' ? 3 : 2;
  char const sign = peek(braces);
  if (at("{{{{")) {
    add(TokenKind::open_raw, 4);
  } else if (sign == '>') {
    add(TokenKind::open_partial, braces + 1);
  } else if (sign == '#') {
    if (peek(braces + 1) == '>')
      add(TokenKind::open_partial_block, braces + 2);
    else
      add(TokenKind::open_block, braces + (peek(braces + 1) == '*' ? 2 : 1));
  } else if (sign == '/') {
    add(TokenKind::open_end_block, braces + 1);
  } else if (read_inverse(braces)) {
    return true;
  } else if (sign == '{') {
    add(TokenKind::open_unescaped, braces + 1);
  } else {
    add(TokenKind::open, braces + (sign == '&' || sign == '*' ? 1 : 0));
  }
  return true;
}

/// Whether what has `size` bytes may end there; names may also be followed by = . / and |.
bool Lexer::ends_word(std::size_t size, bool is_name) const {
  if (at_ + size >= text_.size()) return false;
  char const next = peek(size);
  if (next == '~' || next == '}' || next == ')') return true;
  if (is_name && (next == '=' || next == '/' || next == '.' || next == '|')) return true;
  return blank_size(rest().substr(size)) > 0;
}

bool Lexer::read_number() {
  std::size_t size = peek(0) == '-' ? 1 : 0;
  if (!is_digit(peek(size))) return false;
  while (is_digit(peek(size))) ++size;
  if (peek(size) == '.' && is_digit(peek(size + 1))) {
    ++size;
    while (is_digit(peek(size))) ++size;
  }
  if (!ends_word(size, false)) return false;
  add(TokenKind::number, size);
  return true;
}

bool Lexer::read_word() {
  static constexpr std::pair<std::string_view, TokenKind> words[] = {
      {"true", TokenKind::boolean},
      {"false", TokenKind::boolean},
      {"undefined", TokenKind::undefined},
      {"null", TokenKind::null}};
  for (auto const& [word, kind] : words) {
    if (!at(word) || !ends_word(word.size(), false)) continue;
    add(kind, word.size());
    return true;
  }
  if (read_number()) return true;
  if (at("as")) {
    std::size_t const blanks = blanks_before(rest().substr(2));
    if (blanks > 0 && peek(2 + blanks) == '|') {
      add(TokenKind::open_names, 3 + blanks);
      return true;
    }
  }
  constexpr std::string_view never = "!\"#%&'()*+,./;<=>@[\\]^`{|}~";
  std::size_t size = 0;
  while (at_ + size < text_.size() && never.find(peek(size)) == nowhere &&
         blank_size(rest().substr(size)) == 0)
    ++size;
  if (size == 0 || !ends_word(size, true)) return false;
  Token& token = add(TokenKind::identifier, size);
  token.content = token.text;
  return true;
}

bool Lexer::read_sign() {
  char const sign = peek(0);
  if (sign == '(') {
    add(TokenKind::open_call, 1);
  } else if (sign == ')') {
    add(TokenKind::close_call, 1);
  } else if (at("..")) {
    add(TokenKind::identifier, 2).content = "..";
  } else if (sign == '.' && ends_word(1, true)) {
    add(TokenKind::identifier, 1).content = ".";
  } else if (sign == '.' || sign == '/') {
    add(TokenKind::separator, 1);
  } else if (sign == '=') {
    add(TokenKind::equals, 1);
  } else if (sign == '@') {
    add(TokenKind::data, 1);
  } else if (sign == '|') {
    add(TokenKind::close_names, 1);
  } else {
    return false;
  }
  return true;
}

Result<void> Lexer::read_quoted(TokenKind kind, char closing) {
  std::size_t end = nowhere;
  std::size_t escaped = nowhere;  // the last one: it closes when nothing else does
  for (std::size_t i = at_ + 1; i < text_.size() && end == nowhere; ++i) {
    if (text_[i] == '\\' && i + 1 < text_.size() && text_[i + 1] == closing)
      escaped = ++i;
    else if (text_[i] == closing)
      end = i;
  }
  if (end == nowhere) end = escaped;
  if (end == nowhere)
    return bad(kind == TokenKind::text ? "this text is not closed" : "this [ has no ]");
  Token& token = add(kind, end + 1 - at_);
  token.content = token.text.substr(1, token.text.size() - 2);
  if (kind != TokenKind::text) return {};
  std::string const escape{'\\', closing};
  for (std::size_t i = 0; (i = token.content.find(escape, i)) != nowhere; ++i)
    token.content.erase(i, 1);
  return {};
}

Result<void> Lexer::read_inside() {
  if (std::size_t const blanks = blanks_before(rest())) {
    at_ += blanks;
    return {};
  }
  if (at("}}}}")) {
    raw_opened_.push_back(at_);
    add(TokenKind::close_raw, 4);
    is_inside_ = false;
    return {};
  }
  std::size_t const braces = peek(2) == '~' ? 3 : 2;
  if (at("{{") && peek(braces) == '!') return read_comment(braces);
  if (read_opening()) return {};
  std::size_t const tilde = peek(0) == '}' && peek(1) == '~' ? 2 : peek(0) == '~' ? 1 : 0;
  if (at("}}}") || (tilde == 2 && rest().substr(2).starts_with("}}"))) {
    add(TokenKind::close_unescaped, 3 + (tilde == 2 ? 1 : 0));
    is_inside_ = false;
    return {};
  }
  if (at("}}") || at("~}}")) {
    add(TokenKind::close, 2 + tilde);
    is_inside_ = false;
    return {};
  }
  if (peek(0) == '"' || peek(0) == '\'') return read_quoted(TokenKind::text, peek(0));
  if (peek(0) == '[') return read_quoted(TokenKind::identifier, ']');
  if (read_sign() || read_word()) return {};
  if (rest().find("}}") == nowhere)
    return bad("the template ends inside {{ }}", "close it with }}");
  std::size_t const size = std::max<std::size_t>(1, utf8_sequence_size(text_, at_));
  return bad("\"" + std::string(rest().substr(0, size)) + "\" cannot stand inside {{ }} here");
}

}  // namespace

Result<std::vector<Token>> read_tokens(
    Source const& source, std::size_t begin, std::size_t size, Limits const& limits
) {
  if (source.text.size() > limits.source_bytes_max)
    return error_at(
        source,
        0,
        "too_large",
        std::to_string(source.text.size()) + " bytes of template, where " +
            std::to_string(limits.source_bytes_max) + " are allowed"
    );
  if (!is_valid_utf8(source.text) || source.text.find('\0') != nowhere)
    return error_at(source, 0, "bad_template", "the file is not UTF-8 text", "save it as UTF-8");
  std::size_t const end = size > source.text.size() - begin ? source.text.size() : begin + size;
  return Lexer(source, begin, end, limits).run();
}

}  // namespace ropewalk::prompt
