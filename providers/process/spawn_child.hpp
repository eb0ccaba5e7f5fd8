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

/// Starts `body` in a process group of its own: stdin as the launcher's (/dev/null), the given
/// stdout and stderr, every other descriptor closed, default signals, no core files, killed when
/// the launcher dies. REQUIRES: this process has one thread.
SpawnedChild spawn_child(SpawnBody const& body, int stdout_fd, int stderr_fd);

}  // namespace ropewalk
