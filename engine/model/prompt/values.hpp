#pragma once
// JSON values as templates see them: what is true, what is equal, how they read as text. The rules
// are JavaScript's, since Handlebars' are; a null pointer is JavaScript's undefined.
//
// Any thread: pure functions. Recursion is bounded by value_depth_max.

#include "engine/base/json.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ropewalk::prompt {

inline constexpr std::size_t value_depth_max = 64;

using Pointer = json::value const*;

inline bool is_nothing(Pointer value) {
  return value == nullptr || value->is_null();
}
bool is_truthy(Pointer value);
/// Nothing, false, "" and []; not 0.
bool is_empty(Pointer value);
/// ===
bool is_same(Pointer a, Pointer b);
/// ==
bool is_similar(Pointer a, Pointer b);

/// As `{{name}}` prints it: nothing as nothing, lists joined by ",", objects as "[object Object]".
/// False when it is deeper than value_depth_max.
bool append_text(Pointer value, std::string& out);

/// As json::object::if_contains, without its way round for small objects.
inline Pointer find_field(json::object const& object, std::string_view key) {
  constexpr std::size_t small = 12;
  if (object.size() > small) return object.if_contains(key);
  for (auto const& member : object)
    if (std::string_view(member.key_c_str(), member.key().size()) == key) return &member.value();
  return nullptr;
}
/// A member of an object, an element of a list; nullptr when it is not there. Not the length.
Pointer find_member(json::value const& value, std::string_view key);
/// `length` of lists and of texts (in UTF-16 units).
std::optional<std::int64_t> find_length(json::value const& value);
/// The UTF-16 unit `key` of a text; one that is half a character reads as U+FFFD.
std::optional<std::string> find_character(std::string_view text, std::string_view key);

/// JSON.stringify(value, null, indent); `indent` is what one level is indented by. False when it is
/// deeper than value_depth_max or longer than `bytes_max`.
bool append_json(
    json::value const& value, std::string_view indent, std::size_t bytes_max, std::string& out
);

}  // namespace ropewalk::prompt
