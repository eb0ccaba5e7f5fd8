#pragma once
// Halves of characters beyond U+FFFF: some gateways cut between the two "\\uXXXX" of one, so that a
// delta ends with the first and the next begins with the second.
//
// A half comes here as the three bytes that UTF-8 would have for it if it allowed that. Pure; one
// an answer and channel.

#include <string>
#include <string_view>

namespace ropewalk::ai {

class SurrogateJoiner {
 public:
  /// `delta` behind what was kept back: halves that belong together are one character, others are
  /// U+FFFD. A first half at the end is kept back for the next delta.
  std::string join(std::string_view delta);
  /// Nothing follows: U+FFFD for what is kept back; "" when nothing is.
  std::string end();

 private:
  std::string kept_{};
};

/// JSON text whose halves without their other half are bytes instead of escapes: a parser that
/// allows invalid UTF-8 takes them.
std::string unescape_halves(std::string_view json);

/// For texts that come whole.
std::string join_surrogates(std::string_view text);

}  // namespace ropewalk::ai
