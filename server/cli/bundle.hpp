#pragma once
// A workflow on its way to a server that does not see this machine's files: what scripts name
// beside the workflow file goes along as text, inside the definition. So every server that runs a
// part of it has it, and the version's hash covers it.

#include "engine/base/error.hpp"
#include "server/client/address.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace ropewalk::cli {

/// Whether what listens there may be on another machine.
bool is_elsewhere(Address const& address);

/// Puts `file` of scripts in as `source`, and a requirements file as the list that it holds. Paths
/// that are absolute, or that an expression makes, are the server's. Errors: not_found, unreadable,
/// too_large (1 MiB a file, 16 MiB together), invalid_input (a requirements file with options).
Result<> put_files_in(boost::json::object& workflow, std::string const& folder);

}  // namespace ropewalk::cli
