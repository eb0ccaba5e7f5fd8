#pragma once
// Which files of a folder a list of patterns means.
//
// Blocking: used by the collector, a process of its own.

#include "providers/process/file_descriptor.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk {

/// `*`, `?` and `[…]` stay within a part of the path, `**` stands for any parts or none. What
/// begins with a dot is meant by a pattern that says the dot.
bool matches_glob(std::string_view pattern, std::string_view path);

struct GlobLimits {
  std::size_t entries_max = 200'000;  // looked at, whether or not they match
  int depth_max = 8;                  // parts of a name
};

/// Calls `take` with each plain file below `folder` that one of the patterns means, by its path in
/// the folder, open for reading; no link is followed. It ends when `take` returns false. False when
/// there was more to look at than the limits allow.
bool for_each_match(
    std::string const& folder,
    std::vector<std::string> const& patterns,
    GlobLimits const& limits,
    std::function<bool(std::string const& path, FileDescriptor file)> const& take
);

}  // namespace ropewalk
