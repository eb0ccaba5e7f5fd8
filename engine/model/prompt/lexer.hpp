#pragma once
// Cuts a template into tokens as Handlebars does: text, and inside {{ }} words and signs.
//
// Any thread. The tokens point into the source, which must outlive them.

#include "engine/model/prompt/source.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::prompt {

enum class TokenKind : unsigned char {
  content,
  comment,
  open,                // {{  {{& {{*
  open_unescaped,      // {{{
  close,               // }}
  close_unescaped,     // }}}
  open_block,          // {{#  {{#*
  open_end_block,      // {{/
  open_inverse,        // {{^
  open_inverse_chain,  // {{else
  inverse,             // {{^}}  {{else}}
  open_partial,        // {{>
  open_partial_block,  // {{#>
  open_raw,            // {{{{
  close_raw,           // }}}}
  end_raw,             // {{{{/name}}}}: content is the name
  open_call,           // (
  close_call,          // )
  identifier,          // text as written, content without [ ]
  separator,           // . or /
  equals,
  text,  // content without quotes
  number,
  boolean,
  undefined,
  null,
  data,         // @
  open_names,   // as |
  close_names,  // |
  end,
};

struct Token {
  TokenKind kind{};
  std::uint32_t offset{};
  std::string_view text{};  // as written
  std::string content{};    // see the kinds

  /// '~' after the opening or before the closing braces.
  bool strips_before() const { return text.size() > 2 && text[2] == '~'; }
  bool strips_after() const { return text.size() > 2 && text[text.size() - 3] == '~'; }
};

/// The tokens of `size` bytes of `source` from `begin` on; the last one is `end`. Errors:
/// bad_template, too_large.
Result<std::vector<Token>> read_tokens(
    Source const& source, std::size_t begin, std::size_t size, Limits const& limits
);

}  // namespace ropewalk::prompt
