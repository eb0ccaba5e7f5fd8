#pragma once
// Sizes in bytes and their text form.
//
// Any thread: pure functions.

#include "engine/base/error.hpp"

#include <cstdint>
#include <string_view>

namespace ropewalk {

/// "512B", "64KiB", "1.5GiB" (powers of 1024), "64kB", "1GB" (powers of 1000); up to TiB. Errors:
/// invalid_size.
Result<std::uint64_t> parse_size(std::string_view text);

}  // namespace ropewalk
