#pragma once
// Tells the model which fields `type: command` and `type: script` read.

#include "engine/model/task_type.hpp"

namespace ropewalk {

void register_process_types(TaskTypes& types);

}  // namespace ropewalk
