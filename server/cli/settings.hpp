#pragma once
// The configuration that is in force for a command: file, environment, flags.

#include "server/cli/arguments.hpp"
#include "server/config.hpp"

#include <string>

namespace ropewalk::cli {

/// Reads the configuration file (one that was named must be there) and what stands above it. All
/// problems become one error. Errors: invalid_config, not_found, unreadable.
Result<server::LoadedConfig> load_settings(Arguments const& arguments);

/// The whole file. Errors: not_found, unreadable, too_large (over 512 MiB).
Result<std::string> read_file(std::string const& path);

}  // namespace ropewalk::cli
