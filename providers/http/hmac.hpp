#pragma once
// What signatures of messages are made of. Any thread: pure functions.

#include "engine/base/time.hpp"

#include <string>
#include <string_view>

namespace ropewalk::http {

/// 32 bytes.
std::string hmac_sha256(std::string_view key, std::string_view content);

/// Takes the same time wherever they differ; not the same for other lengths.
bool is_same_secret(std::string_view one, std::string_view other);

/// Whether `seconds` (since 1970, in digits) is within `tolerance` of `now`.
bool is_near(std::string_view seconds, Instant now, Duration tolerance);

}  // namespace ropewalk::http
