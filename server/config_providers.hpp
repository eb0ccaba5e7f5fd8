#pragma once
// The section `providers` of the configuration file.

#include "server/config.hpp"

#include <string>

namespace ropewalk::server {

/// Reads the section into `loaded.config.providers`, with every problem at its place in the file.
/// REQUIRES: `text` is a YAML map with a `providers` in it.
void read_provider_section(std::string const& text, LoadedConfig& loaded);

}  // namespace ropewalk::server
