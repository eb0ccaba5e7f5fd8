#pragma once
// Which results of an execution a replay takes over, and which tasks run again.
//
// Pure. A result is taken over when the task ended well (COMPLETED, or SKIPPED), its definition is
// the same, nothing named to run again comes before it, and all that it depends on is taken over as
// well. Tasks that were called as tools belong to their callers.

#include "engine/base/error.hpp"
#include "engine/model/records.hpp"
#include "engine/model/workflow.hpp"

#include <string>
#include <vector>

namespace ropewalk {

struct ReplayWish {
  std::vector<std::string> from{};  // these run, and all downstream of them
  /// Inputs or variables are others. Then results count only where `from` says which do not.
  bool has_changed_data = false;
};

/// Without `from`: the tasks that did not end well run, and all downstream of them; where there are
/// none, or with changed data, all run. Errors: unknown_task, invalid_argument (a task that is
/// called as a tool, or one item of a list).
Result<std::vector<ReusedTask>> plan_replay(
    Workflow const& before,
    Workflow const& after,
    StoredExecution const& source,
    ReplayWish const& wish
);

}  // namespace ropewalk
