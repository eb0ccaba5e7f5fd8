#pragma once
// The launcher's fork and exec: vfork, so that the cost does not grow with anything.

#include "providers/process/launcher_protocol.hpp"

#include <sys/types.h>

#include <array>
#include <csignal>

namespace ropewalk {

/// Signals that the launcher ignores; every other one has its default action there (its server sees
/// to that).
inline constexpr std::array launcher_ignores{SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE};

struct SpawnedChild {
  pid_t pid = -1;
  int error = 0;  // errno when it could not be started
  SpawnStage stage = SpawnStage::none;
};

struct ChildFiles {
  int in = -1;  // -1: as the launcher's own, /dev/null
  int out = -1;
  int err = -1;
  int joining_file = -1;  // of its control group; -1: none
};

/// Starts `body` in a session of its own, so that no other attempt shares its part of the
/// processor or its group: with these files and no other descriptor, its limits, default signals,
/// no core files, killed when the launcher dies. `nice`: the priority that it gets. REQUIRES: this
/// process has one thread.
SpawnedChild spawn_child(SpawnBody const& body, ChildFiles const& files, int nice);

}  // namespace ropewalk
