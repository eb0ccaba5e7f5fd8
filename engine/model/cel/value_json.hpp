#pragma once
// Values to JSON and back, by CEL's mapping.
//
// Any thread: pure functions.

#include "engine/model/cel/limits.hpp"
#include "engine/model/cel/value.hpp"

#include <boost/json/value.hpp>

namespace ropewalk::cel {

/// Timestamps become RFC 3339, durations "3.5s", bytes base64, types their name; keys of maps
/// become strings. Errors: expression_failed for NaN and infinities, and for two keys with the same
/// text; expression_too_costly past the budget's result bytes.
Result<boost::json::value> to_json(Value const& value, Budget& budget);
Result<boost::json::value> to_json(Value const& value, Limits const& limits = {});

/// A value that owns the document. To look at one that lives elsewhere: Value::view.
Value from_json(boost::json::value json);

}  // namespace ropewalk::cel
