#pragma once
// Looking through /proc for the processes of an attempt, and killing them without hitting a
// recycled pid.
//
// Used by the launcher only, off the normal path.

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ropewalk {

struct ProcessEntry {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t group = 0;
  bool is_zombie = false;
  std::uint64_t cpu_ticks = 0;  // its own, and that of the children that it has waited for
  std::uint64_t threads = 0;
  std::uint64_t resident_pages = 0;
};

/// Every process that /proc shows.
std::vector<ProcessEntry> list_processes();
/// One of them; pid 0 when it is gone.
ProcessEntry read_process(pid_t pid);
/// Children of this (single-threaded) process, zombies included.
std::vector<pid_t> list_own_children();
/// Those of `all` that descend from `ancestor`, without itself.
std::vector<pid_t> descendants_of(pid_t ancestor, std::vector<ProcessEntry> const& all);

/// The marker the process was started with (ROPEWALK_ATTEMPT_KEY in its environment); empty when it
/// has none.
std::string marker_of(pid_t pid);
/// True when a descriptor of the process leads to one of `pipes` ("pipe:[12345]").
bool holds_pipe(pid_t pid, std::vector<std::string> const& pipes);

/// SIGKILLs `pid` when `is_target(pid)` still holds for exactly that process. Returns whether it
/// did.
bool kill_if(pid_t pid, std::function<bool(pid_t)> const& is_target);

}  // namespace ropewalk
