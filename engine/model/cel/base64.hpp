#pragma once
// Base64 (RFC 4648) with '+', '/' and padding: how bytes look in JSON.
//
// Any thread: pure functions.

#include <optional>
#include <string>
#include <string_view>

namespace ropewalk::cel {

std::string to_base64(std::string_view bytes);
/// Padding may be left out. nullopt for anything that is not base64.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace ropewalk::cel
