#pragma once
// Where the value of a secret comes from: standard input, or a question whose answer is not shown.

#include "engine/base/error.hpp"

#include <string>

namespace ropewalk::cli {

/// A line end behind the value is none of it. Errors: invalid_secret (empty, or larger than 64
/// KiB), unreadable.
Result<std::string> read_secret_value(std::string const& name);

}  // namespace ropewalk::cli
