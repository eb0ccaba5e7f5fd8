#pragma once
// models.yaml, as it is built into the binary.

#include <string_view>

namespace ropewalk::ai {

std::string_view built_in_models();

}  // namespace ropewalk::ai
