#pragma once
// What the launcher knows of a child that runs, and what it says of it at the end.

#include "providers/process/control_group.hpp"
#include "providers/process/launcher_protocol.hpp"

#include <sys/resource.h>

#include <chrono>
#include <memory>
#include <string>

namespace ropewalk {

struct RunningChild {
  std::uint64_t id = 0;
  std::string marker{};
  std::chrono::steady_clock::time_point started_at{};
  bool is_sandboxed = false;
  std::unique_ptr<ControlGroup> group{};
  Breach breach = Breach::none;  // why it was killed
  std::uint64_t breach_seen = 0;
  std::uint64_t oom_kills_before = 0;  // of the whole machine
};

/// What is reported of a child that has ended.
ChildEnd make_end(RunningChild const& child, int status, rusage const& usage);

/// How many processes the kernel has ended for lack of memory since it started.
std::uint64_t machine_oom_kills();

}  // namespace ropewalk
