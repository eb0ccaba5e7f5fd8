#pragma once
// Tells the model which fields `type: http` and `type: webhook` read.

#include "engine/model/task_type.hpp"

namespace ropewalk {

void register_http_types(TaskTypes& types);

}  // namespace ropewalk
