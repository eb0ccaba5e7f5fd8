#pragma once
// The JSON Schema (draft 7) of the workflow file, for editors: generated from the registry, so that
// it never falls behind.
//
// Any thread: a pure function.

#include "engine/model/task_type.hpp"

#include <boost/json/value.hpp>

namespace ropewalk {

boost::json::value workflow_schema(TaskTypes const& types);

}  // namespace ropewalk
