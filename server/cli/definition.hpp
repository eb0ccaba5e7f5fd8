#pragma once
// Workflow files, read and checked with every task type that this program knows.

#include "engine/base/error.hpp"
#include "engine/model/workflow.hpp"

#include <string>

namespace ropewalk::cli {

/// All task types; lives as long as the process.
TaskTypes const& all_task_types();

/// Errors: not_found, unreadable. Problems of the file are in the result.
Result<LoadedWorkflow> load_definition(std::string const& path);

/// The folder that the file stands in, absolute.
std::string folder_of(std::string const& path);

}  // namespace ropewalk::cli
