#pragma once
// The fields of a workflow beside its tasks.

#include "engine/model/load/fields.hpp"
#include "engine/model/load/references.hpp"
#include "engine/model/workflow.hpp"

namespace ropewalk::load {

/// `rateLimit`, `debounce` and `singleton` (start_limits.cpp). `read_key` reads the field `key`.
void read_start_limits(
    Workflow& workflow,
    Fields const& outer,
    std::optional<cel::Template> (*read_key)(Fields const& fields, References& references),
    References& references
);

/// Reads all but `defaults` and `tasks` from workflow.document; reports unknown fields of the
/// document.
void read_workflow_fields(
    Workflow& workflow, Path const& root, References& references, Problems& problems
);

}  // namespace ropewalk::load
