#pragma once
// A field of a task type in one line.

#include "engine/model/task_type.hpp"

#include <string>
#include <utility>

namespace ropewalk {

inline FieldSpec make_field(std::string name, FieldKind kind, std::string description) {
  FieldSpec spec;
  spec.name = std::move(name);
  spec.kind = kind;
  spec.description = std::move(description);
  return spec;
}

}  // namespace ropewalk
