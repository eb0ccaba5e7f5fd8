#pragma once
// Problems that deserve a look and keep no definition from being used.

#include "engine/model/problem.hpp"

namespace ropewalk {

/// A code is always a warning's or never: what makes it one is what was found, not where.
bool is_warning(std::string_view code);
inline bool is_warning(Problem const& problem) {
  return is_warning(problem.code);
}

}  // namespace ropewalk
