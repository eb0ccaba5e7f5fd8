#pragma once
// Regular expressions in linear time (RE2 syntax), with bounded memory.
//
// Any thread: immutable.

#include "engine/base/error.hpp"

#include <cstddef>
#include <memory>
#include <string_view>

namespace ropewalk::cel {

class Regex {
 public:
  /// Error expression_failed when the pattern is not RE2 syntax or grows too large.
  static Result<std::shared_ptr<Regex const>> compile(std::string_view pattern);
  virtual ~Regex() = default;
  /// True when some part of `text` matches.
  virtual bool matches(std::string_view text) const = 0;
  /// Of the compiled program: the worst cost of a match is this times the text's size.
  virtual std::size_t size() const = 0;
};

}  // namespace ropewalk::cel
