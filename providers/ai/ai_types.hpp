#pragma once
// Tells the model which fields `type: ai` reads.

#include "engine/model/task_type.hpp"

namespace ropewalk {

void register_ai_types(TaskTypes& types);

}  // namespace ropewalk
