#pragma once
// CEL's equality and order: numbers of different types compare by value, everything else only with
// its own type.
//
// Any thread: pure functions.

#include "engine/model/cel/limits.hpp"
#include "engine/model/cel/value.hpp"

#include <compare>
#include <optional>

namespace ropewalk::cel {

/// Never fails but for the budget (error expression_too_costly): values of different types are
/// unequal.
Result<bool> equals(Value const& left, Value const& right, Budget& budget);

/// nullopt when the two cannot be ordered (lists, maps, null, different types); unordered with a
/// NaN.
std::optional<std::partial_ordering> compare(Value const& left, Value const& right);

/// A total order on map keys in which equal keys are equal: 1 and 1u. REQUIRES: both are keys.
std::strong_ordering compare_keys(Value const& left, Value const& right);

}  // namespace ropewalk::cel
