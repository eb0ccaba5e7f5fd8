#pragma once
// From a task's fields to what is executed: program, arguments, environment, folder.

#include "engine/model/attempt.hpp"
#include "providers/process/environment.hpp"
#include "providers/process/languages.hpp"
#include "providers/process/work_directory.hpp"

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
};

/// Writes the context and the script into `work`. Errors: those of WorkDirectory and find_program,
/// and the permanent invalid_command, invalid_env, unknown_language, script_not_found.
Result<CommandPlan> make_command_plan(
    AttemptRequest const& request,
    std::string_view context,
    Environment const& inherited,
    WorkDirectory& work
);

}  // namespace ropewalk
