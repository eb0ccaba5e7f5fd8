#pragma once
// Request targets: split, decoded and normalised once, before anything is compared with them.

#include "engine/base/error.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ropewalk::server {

struct Target {
  std::vector<std::string> segments{};                       // decoded; "/" has none
  std::vector<std::pair<std::string, std::string>> query{};  // decoded, in order
};

/// Errors: bad_request for anything but an absolute path of plain segments: no empty or dot
/// segments, no encoded slash or NUL, no broken percent-encoding, no fragment. There is one way to
/// write each path and no other is understood.
Result<Target> parse_target(std::string_view text);

/// Percent-decodes; `plus_is_space` for queries. Errors: bad_request.
Result<std::string> percent_decode(std::string_view text, bool plus_is_space);
/// Everything but letters, digits and "-._~" as %XX.
std::string percent_encode(std::string_view text);

}  // namespace ropewalk::server
