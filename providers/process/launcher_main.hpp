#pragma once
// The launcher: the one process that forks. Small, single-threaded, started by the server as a
// second copy of its binary.
//
// Why: forking a many-threaded server is unsafe, and somebody must outlive a server that is killed,
// to kill what it had started. When the server's end of the socket closes, the launcher SIGKILLs
// every child and everything that descends from them (it is their subreaper, so nothing gets away
// by double fork or setsid), and exits.

#include <optional>

namespace ropewalk {

/// Call it first in main(): `if (auto code = run_launcher_if_asked(argc, argv)) return *code;`
/// nullopt: this is neither a launcher nor one of its helpers, go on.
std::optional<int> run_launcher_if_asked(int argc, char** argv);

}  // namespace ropewalk
