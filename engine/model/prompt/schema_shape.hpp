#pragma once
// What a JSON Schema says about the names inside a value: which are declared, and whether there may
// be others.
//
// Any thread: pure functions. A null pointer is "nothing is known".

#include "engine/model/prompt/values.hpp"

#include <vector>

namespace ropewalk::prompt {

/// Of the member `key`, or of every element of a list.
Pointer member_schema(Pointer schema, std::string_view key);
Pointer item_schema(Pointer schema);

bool is_declared(Pointer schema, std::string_view key);
bool is_required(Pointer schema, std::string_view key);
/// It lists its members, and allows no others.
bool is_closed(Pointer schema);
/// The members that it lists.
std::vector<std::string_view> declared_names(Pointer schema);

}  // namespace ropewalk::prompt
