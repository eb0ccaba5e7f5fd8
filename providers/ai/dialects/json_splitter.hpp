#pragma once
// Cuts bytes that are split anywhere into whole JSON objects, however they stand there: one a line
// (NDJSON), one document, several one after another, or the elements of an array.
//
// It only finds where objects end; whether they are JSON the parser says. Pure; one splitter a
// stream.

#include "engine/base/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::ai {

class JsonSplitter {
 public:
  static constexpr std::size_t object_bytes_max_default = 16 * 1024 * 1024;

  explicit JsonSplitter(std::size_t object_bytes_max = object_bytes_max_default)
      : object_bytes_max_(object_bytes_max) {}

  /// Appends the objects that `bytes` finish. Errors: malformed_response (something that is no
  /// object, or one that is too long); nothing more comes after it.
  Result<> feed(std::string_view bytes, std::vector<std::string>& out);
  /// Errors: malformed_response when the end cuts an object.
  Result<> end() const;

 private:
  enum class State : unsigned char { between, inside, in_string, after_backslash };

  /// What is wrong with the next byte; empty: nothing.
  std::string_view step(char c, std::vector<std::string>& out);

  std::size_t object_bytes_max_;
  State state_ = State::between;
  std::size_t depth_ = 0;
  std::string object_{};
};

}  // namespace ropewalk::ai
