#pragma once
// Walls around an attempt, built by bubblewrap: what it sees of the file system, and no more.
//
// Pure: makes arguments. What is hidden is hidden by order: later mounts lie over earlier ones.

#include "providers/process/command_plan.hpp"
#include "providers/process/isolation.hpp"
#include "providers/process/process_fields.hpp"

#include <string>
#include <vector>

namespace ropewalk {

/// Where an attempt's own folders are.
struct SandboxPlaces {
  std::string work{};                   // its work folder: readable and writable
  std::string temporary{};              // a folder in it that is its /tmp
  std::string data{};                   // the server's data directory: hidden, but for the above
  std::string workflow{};               // the folder of the workflow file, readable; may be empty
  std::vector<std::string> readable{};  // folders of the server's that it needs
};

/// Namespaces, a root that cannot be written, and empty places where secrets and sockets lie.
void add_sandbox_walls(std::vector<std::string>& arguments, bool network);

/// Turns `plan` into one that runs the same program inside. Errors, permanent: program_not_found,
/// working_directory_not_found, script_not_found when what it starts from is hidden,
/// invalid_task when a path that it names is not there or belongs to the server.
Result<> put_in_sandbox(
    CommandPlan& plan,
    SandboxSpec const& spec,
    Means const& bwrap,
    ResourceLimits const& limits,
    SandboxPlaces const& places
);

}  // namespace ropewalk
