#pragma once
// The fields of a workflow beside its tasks.

#include "engine/model/load/fields.hpp"
#include "engine/model/load/references.hpp"
#include "engine/model/workflow.hpp"

namespace ropewalk::load {

/// Reads all but `defaults` and `tasks` from workflow.document; reports unknown fields of the
/// document.
void read_workflow_fields(
    Workflow& workflow, Path const& root, References& references, Problems& problems
);

}  // namespace ropewalk::load
