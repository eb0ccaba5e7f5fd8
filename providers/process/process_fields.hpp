#pragma once
// The fields of commands and scripts that say what an attempt may use and reach: `limits`,
// `sandbox`, `stdin`, `artifacts`, `requirements`, `packages`, `warm`. One reading for the workflow
// file and for the rendered fields of an attempt.
//
// Any thread: pure functions.

#include "engine/model/task_fields.hpp"
#include "providers/process/resource_limits.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ropewalk {

/// A file system of its own, and no way out: what bubblewrap builds around an attempt.
struct SandboxSpec {
  bool network = false;
  std::vector<std::string> writable{};  // paths beside the work folder; relative: to the workflow's
  std::vector<std::string> readable{};  // what is hidden unless it is named
};

/// Libraries that a script asks for.
struct PackageFields {
  std::vector<std::string> wanted{};
  std::string file{};  // a requirements file, in place of `wanted`
  bool is_python = true;

  bool is_any() const { return !wanted.empty() || !file.empty(); }
};

struct ProcessFields {
  ResourceLimits limits{};
  std::optional<SandboxSpec> sandbox{};
  std::optional<std::string> stdin_text{};
  std::vector<std::string> artifacts{};  // patterns of paths in the folder that it runs in
  PackageFields packages{};
  bool warm = false;  // an interpreter that waits may run it
};

/// What is wrong goes to `reading`.
ProcessFields read_process_fields(boost::json::object const& task, fields::Reading const& reading);
/// Of an attempt. Errors: invalid_task (permanent).
Result<ProcessFields> read_process_fields(boost::json::object const& config);

/// The smaller of two limits each, where 0 is none.
ResourceLimits tighter_of(ResourceLimits const& a, ResourceLimits const& b);

}  // namespace ropewalk
