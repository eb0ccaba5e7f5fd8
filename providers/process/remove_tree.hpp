#pragma once
// Removing a directory tree that a task filled: follows no symbolic link, crosses no mount,
// survives any depth.

#include <cstddef>
#include <string>

namespace ropewalk {

enum class Removal : unsigned char { done, unfinished, failed };

/// Removes `path` and what is below. unfinished: `entries_max` entries are gone and there are more;
/// call again.
Removal remove_tree(std::string const& path, std::size_t entries_max);

}  // namespace ropewalk
