#pragma once
// Amounts of a pool as people read and write them: cpu in cores (inside: thousandths), memory in
// bytes, others in slots.

#include "engine/base/error.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace ropewalk {

/// "2.5 cores", "512 MiB", "1 slot".
std::string amount_text(std::string_view pool, std::uint64_t amount);
/// 2.5, 536870912, 1.
boost::json::value amount_value(std::string_view pool, std::uint64_t amount);
/// The same backwards; a size may be a text as well ("8GiB"). Errors: invalid_argument.
Result<std::uint64_t> read_amount(std::string_view pool, boost::json::value const& value);

}  // namespace ropewalk
