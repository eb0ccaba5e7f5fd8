#pragma once
// How the launcher ends processes for good. Each waits for as long as it takes, within a bound.

#include "providers/process/launcher_protocol.hpp"

namespace ropewalk {

/// SIGKILLs what carries one of the markers, and descendants of ours that hold one of the pipes:
/// until none is left, because what forks while we look escapes one pass.
void sweep_processes(SweepBody const& what);

/// SIGKILLs everything that descends from us. As their subreaper we have no children exactly when
/// nothing that we started is left.
void kill_descendants();

}  // namespace ropewalk
