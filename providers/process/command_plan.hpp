#pragma once
// From a task's fields to what is executed: program, arguments, environment, folder.

#include "engine/model/attempt.hpp"
#include "providers/process/environment.hpp"
#include "providers/process/languages.hpp"
#include "providers/process/process_fields.hpp"
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
  std::string directory{};  // working directory of what is executed
  std::string runs_in{};    // the same as the user knows it, also in a sandbox
  std::vector<std::string> argv{};
  Environment environment{};
  ErrorStyle error_style = ErrorStyle::plain;
  ResourceLimits limits{};
  std::string group_base{};  // where its control group is made; empty: it needs none
  std::optional<std::string> stdin_text{};
  bool is_sandboxed = false;
};

/// Where the libraries of a script are (package_set.hpp).
struct PackagePlace {
  std::string folder{};  // empty: it has none
  bool is_python = true;
};

/// The program that the language of a script is run by, as its environment finds it. Errors:
/// program_not_found, not_executable, unknown_language, all permanent.
Result<std::string> find_script_interpreter(
    AttemptRequest const& request, Environment const& inherited
);

/// Writes the context and the script into `work`. Errors: those of WorkDirectory, find_program,
/// check_isolation and put_in_sandbox, and the permanent invalid_command, invalid_env,
/// unknown_language, script_not_found.
Result<CommandPlan> make_command_plan(
    AttemptRequest const& request,
    std::string_view context,
    Environment const& inherited,
    ProcessOptions const& options,
    ProcessFields const& fields,
    PackagePlace const& packages,
    WorkDirectory& work
);

}  // namespace ropewalk
