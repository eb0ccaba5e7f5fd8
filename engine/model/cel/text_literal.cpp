#include "engine/model/cel/lexer.hpp"
#include "engine/model/cel/utf8.hpp"

#include <charconv>

namespace ropewalk::cel {
namespace {

struct Opening {
  bool is_raw = false;
  bool is_bytes = false;
  std::size_t prefix_size = 0;
  std::string_view quote{};  // empty: no literal
};

Opening read_opening(std::string_view text) {
  Opening opening;
  while (opening.prefix_size < 2 && opening.prefix_size < text.size()) {
    char const letter = text[opening.prefix_size];
    if ((letter == 'r' || letter == 'R') && !opening.is_raw) {
      opening.is_raw = true;
    } else if ((letter == 'b' || letter == 'B') && !opening.is_bytes) {
      opening.is_bytes = true;
    } else {
      break;
    }
    ++opening.prefix_size;
  }
  std::string_view const rest = text.substr(opening.prefix_size);
  if (rest.starts_with("'''") || rest.starts_with("\"\"\"")) {
    opening.quote = rest.substr(0, 3);
  } else if (rest.starts_with('\'') || rest.starts_with('"')) {
    opening.quote = rest.substr(0, 1);
  }
  return opening;
}

// The escape that begins at body[offset] (a backslash): appended to `content`; `offset` moves past
// it.
class EscapeReader {
 public:
  EscapeReader(std::string_view body, TextLiteral& literal) : body_(body), literal_(literal) {}

  bool read(std::size_t& offset) {
    if (offset + 1 >= body_.size()) return false;
    char const letter = body_[offset + 1];
    constexpr std::string_view letters = "abfnrtv\\?\"'`";
    constexpr std::string_view meanings = "\a\b\f\n\r\t\v\\?\"'`";
    if (auto const index = letters.find(letter); index != std::string_view::npos) {
      literal_.content.push_back(meanings[index]);
      offset += 2;
      return true;
    }
    if (letter >= '0' && letter <= '3') return read_digits(offset, 1, 3, 8);
    if (letter == 'x' || letter == 'X') return read_digits(offset, 2, 2, 16);
    if (letter == 'u' && !literal_.is_bytes) return read_digits(offset, 2, 4, 16);
    if (letter == 'U' && !literal_.is_bytes) return read_digits(offset, 2, 8, 16);
    return false;
  }

 private:
  bool read_digits(std::size_t& offset, std::size_t skip, std::size_t count, int base) {
    if (offset + skip + count > body_.size()) return false;
    char const* const first = body_.data() + offset + skip;
    std::uint32_t number = 0;
    auto const parsed = std::from_chars(first, first + count, number, base);
    if (parsed.ec != std::errc() || parsed.ptr != first + count) return false;
    offset += skip + count;
    if (!literal_.is_bytes) return append_code_point(literal_.content, char32_t{number});
    literal_.content.push_back(static_cast<char>(number));
    return true;
  }

  std::string_view body_;
  TextLiteral& literal_;
};

}  // namespace

bool starts_text_literal(std::string_view text) {
  return !read_opening(text).quote.empty();
}

std::size_t text_literal_size(std::string_view text) {
  Opening const opening = read_opening(text);
  std::size_t offset = opening.prefix_size + opening.quote.size();
  while (offset < text.size()) {
    if (text.substr(offset).starts_with(opening.quote)) return offset + opening.quote.size();
    bool const is_line_end = text[offset] == '\n' || text[offset] == '\r';
    if (is_line_end && opening.quote.size() == 1) break;
    offset += text[offset] == '\\' && !opening.is_raw ? 2 : 1;
  }
  return std::string_view::npos;
}

Result<TextLiteral> read_text_literal(std::string_view text) {
  Opening const opening = read_opening(text);
  std::size_t const start = opening.prefix_size + opening.quote.size();
  std::string_view const body = text.substr(start, text.size() - start - opening.quote.size());
  TextLiteral literal{.is_bytes = opening.is_bytes};
  if (opening.is_raw) {
    literal.content = body;
    return literal;
  }
  EscapeReader escapes(body, literal);
  for (std::size_t offset = 0; offset < body.size();) {
    if (body[offset] != '\\') {
      literal.content.push_back(body[offset]);
      ++offset;
      continue;
    }
    // A closed literal has at least one byte after a backslash.
    std::size_t const letter = offset + 1;
    if (!escapes.read(offset)) {
      return bad_expression(
          "unknown escape \\" + std::string(body.substr(letter, code_point_size(body, letter))) +
              " in a text literal",
          "Write a backslash as \\\\, or put r before the quotes."
      );
    }
  }
  return literal;
}

}  // namespace ropewalk::cel
