#pragma once
// The libraries that a script asks for, installed once into a folder of their own and used by every
// script that asks for the same.
//
//   <root>/<language>-<hash>/        a Python venv, or a folder with node_modules
//   <root>/<language>-<hash>/ready   there when it is whole; its time says when it was last used
//   <root>/<language>-<hash>.lock    held by who installs
//
// Installing is done by a process of its own (the installer, a copy of this program that the
// launcher starts): it waits for the lock, so many who want the same install it once, and a
// killed one leaves nothing that counts.

#include "engine/base/error.hpp"
#include "providers/process/environment.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk {

enum class PackageKind : unsigned char { python, node };

struct PackageSet {
  PackageKind kind = PackageKind::python;
  std::string interpreter{};          // path of the program that will use it
  std::vector<std::string> wanted{};  // "requests==2.31", "lodash@4"
  std::string list{};                 // text of a requirements file, in place of `wanted`
  std::string list_folder{};          // where that file stands: relative paths in it start there
  std::string folder{};               // where it is, or is to be
};

inline constexpr char const* installer_name = "ropewalk-installer";

/// Where a set belongs: the same interpreter (`version`: what it says of itself) and the same list
/// have the same place.
std::string package_folder(
    std::string const& root, PackageSet const& set, std::string_view version
);

/// Whether it is whole; if so, notes that it is used now. Blocks for a look at a file.
bool use_packages(std::string const& folder);

/// What pip and npm see: what tasks see, and what configures them in the server's environment.
Environment installer_environment(Environment const& inherited);

/// What the installer reads from its standard input.
std::string to_text(PackageSet const& set);
/// The installer: reads a set, waits for its lock, installs what is missing. Its exit status.
int run_installer();

/// Why an installation failed, from the end of what it said.
Error classify_install(PackageKind kind, std::vector<std::string> const& last_lines);

/// Removes the sets that nobody has used for `unused_seconds`, and of the others the oldest until
/// they have no more than `bytes_max` (0: any size). How many. Blocks: for a thread of its own.
std::size_t prune_packages(
    std::string const& root, std::int64_t unused_seconds, std::uint64_t bytes_max
);

}  // namespace ropewalk
