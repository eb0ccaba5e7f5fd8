#pragma once
// The text of one template file, and what may be said about a place in it.
//
// Any thread: immutable once made; shared by everything that points into it.

#include "engine/base/json.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace ropewalk::prompt {

/// How much a template may cost: fixed bounds, so that no template and no value can take a core or
/// the memory away.
struct Limits {
  std::size_t source_bytes_max = 1024 * 1024;
  std::size_t depth_max = 96;           // nesting: blocks, expressions and partials together
  std::size_t nodes_max = 200'000;      // tokens of a template
  std::uint64_t steps_max = 2'000'000;  // one a node, one a loop turn, one for 64 bytes of output
  std::size_t output_bytes_max = 8 * 1024 * 1024;
};

struct Source : std::enable_shared_from_this<Source> {
  Source(std::string file_name, std::string file_text)
      : file(std::move(file_name)), text(std::move(file_text)) {}

  std::string file{};  // as shown to people; may be empty
  std::string text{};
};
using SourcePtr = std::shared_ptr<Source const>;

/// A permanent error whose message begins "file:line:column: "; the detail has file, line, column.
Error error_at(
    Source const& source,
    std::size_t offset,
    std::string code,
    std::string message,
    std::string hint = {}
);

/// " Did you mean …?" around the closest of `candidates`, or empty.
std::string did_you_mean(std::string_view word, std::span<std::string_view const> candidates);

}  // namespace ropewalk::prompt
