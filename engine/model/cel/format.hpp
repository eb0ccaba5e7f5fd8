#pragma once
// Values as text for people: string(), %s, messages; and the function format().
//
// Any thread: pure functions.

#include "engine/model/cel/limits.hpp"
#include "engine/model/cel/value.hpp"

#include <string>
#include <string_view>

namespace ropewalk::cel {

/// The shortest digits that read back the same: "2", "0.1", "1e+30", "NaN", "Infinity",
/// "-Infinity".
std::string format_real(double number);

/// What %s shows: texts as they are, lists as [a, b], maps as {key: value} sorted by key.
/// Error expression_too_costly.
Result<> append_display(std::string& text, Value const& value, Budget& budget);

/// A scalar in short for messages; lists and maps by their type's name.
std::string short_text(Value const& value);

/// "%d of %s".format([…]): verbs s d f e x X o b %, precision for f and e.
/// Error expression_failed.
Result<std::string> format_text(std::string_view pattern, List const& arguments, Budget& budget);

}  // namespace ropewalk::cel
