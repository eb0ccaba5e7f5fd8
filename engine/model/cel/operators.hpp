#pragma once
// What the operators of the language do with values, and how lists and maps are built within the
// limits.
//
// Any thread: pure functions. Errors carry no position.

#include "engine/model/cel/ast.hpp"
#include "engine/model/cel/limits.hpp"
#include "engine/model/cel/value.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace ropewalk::cel {

Result<Value> apply(Operation operation, Value const& operand);
Result<Value> apply(Operation operation, Value const& left, Value const& right, Budget& budget);

/// operand[key]. Errors: expression_failed ("no such key: …", "no index 3 in a list of 3").
Result<Value> element(Value const& operand, Value const& key);

/// The index that a number means: an int, uint or whole double that is not negative.
std::optional<std::size_t> to_index(Value const& number);

/// Error expression_too_costly when lists and maps are nested deeper than the budget allows.
Result<Value> checked_depth(Value value, Budget const& budget);
/// Error expression_failed when a key is of a type that cannot be one, or two are equal.
Result<Value> make_map(std::vector<Map::Entry> entries, Budget const& budget);

}  // namespace ropewalk::cel
