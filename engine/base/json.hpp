#pragma once
// Reading JSON from outside, and writing it: stricter and more bounded than the library's defaults.
//
// Refused on reading: duplicate keys (two parsers could see two documents), numbers that are not
// finite or whose integer does not fit 64 bits, depth and size past the limits, bytes after the
// document. Any thread: pure functions.

#include "engine/base/error.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ropewalk {

namespace json = boost::json;

struct JsonLimits {
  std::size_t bytes_max = 1024 * 1024;
  std::size_t depth_max = 32;
  std::size_t nodes_max =
      1'000'000;  // values and keys: Boost.JSON needs up to 12 bytes of memory a byte of input
};

/// Line and column, both 1-based; columns count code points.
struct TextPlace {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};
/// Where the byte `offset` of `text` stands. Linear in `offset`.
TextPlace place_of(std::string_view text, std::size_t offset);

/// Errors: too_large, invalid_json duplicate_key; message and detail have line and column.
Result<json::value> parse_json(std::string_view text, JsonLimits const& limits = {});

/// Compact JSON. Doubles that are whole numbers are written as such ("2.0"); NaN and infinities as
/// null.
std::string to_text(json::value const& value);

/// The canonical form that hashes are taken over: compact, keys sorted by byte, to_text's numbers.
std::string to_canonical_text(json::value const& value);

/// Bytes that to_text would write, without writing them; stops counting once past `stop_after`.
std::size_t text_size(json::value const& value, std::size_t stop_after);

/// Replaces U+0000 in every string and key by U+FFFD, in place: PostgreSQL stores no NUL in text or
/// jsonb.
void replace_nul(json::value& value);

}  // namespace ropewalk
