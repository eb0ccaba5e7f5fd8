#pragma once
// From a task's fields to what is executed: program, arguments, environment, folder.

#include "engine/model/attempt.hpp"
#include "providers/process/environment.hpp"
#include "providers/process/languages.hpp"
#include "providers/process/process_options.hpp"
#include "providers/process/work_directory.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk {

struct CommandPlan {
  std::string program{};    // path that is executed
  std::string shown{};      // as the user knows it: "python3"
  std::string script{};     // path of the script; empty for a command
  std::string directory{};  // working directory
  std::vector<std::string> argv{};
  Environment environment{};
  ErrorStyle error_style = ErrorStyle::plain;
  ResourceLimits limits{};
  std::string group_base{};  // where its control group is made; empty: it needs none
  std::optional<std::string> stdin_text{};
  bool is_sandboxed = false;
};

/// Writes the context and the script into `work`. Errors: those of WorkDirectory, find_program,
/// check_isolation and put_in_sandbox, and the permanent invalid_task, invalid_command,
/// invalid_env, unknown_language, script_not_found.
Result<CommandPlan> make_command_plan(
    AttemptRequest const& request,
    std::string_view context,
    Environment const& inherited,
    ProcessOptions const& options,
    WorkDirectory& work
);

}  // namespace ropewalk
