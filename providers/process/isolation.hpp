#pragma once
// What this machine can do to keep tasks apart, found out by trying it once, at start.
//
// Blocks for as long as the trials take (a second at most): call it before the shards run.

#include "engine/base/error.hpp"
#include "providers/process/resource_limits.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace ropewalk {

/// One means of isolation: its place when it works, else why it does not.
struct Means {
  std::string place{};
  std::string reason{};

  bool works() const { return !place.empty(); }
};

struct Isolation {
  Means bwrap{{}, "it was not looked for"};   // place: the program
  Means groups{{}, "it was not looked for"};  // place: a control group (v2) that is ours
};

/// Runs bubblewrap with every namespace that sandboxes use, and prepares control groups for
/// attempts below the group that this process is in (it moves itself into a group "server" there).
Isolation probe_isolation();

/// {"bwrap": {"works", "reason"?}, "controlGroups": {"works", "reason"?}}
boost::json::object to_json(Isolation const& isolation);

/// Errors, permanent: isolation_unavailable, when a task asks for what does not work here.
Result<> check_isolation(
    Isolation const& isolation, ResourceLimits const& limits, bool wants_sandbox
);

}  // namespace ropewalk
