#pragma once
// Keys that people chose, as they go into an index.

#include <string>
#include <string_view>

namespace ropewalk::sql {

/// `key` itself, or, where PostgreSQL could not take it (too long for an index, NUL, not UTF-8),
/// "sha256:" and its hash.
std::string text_key(std::string_view key);

}  // namespace ropewalk::sql
