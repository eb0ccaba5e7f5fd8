#pragma once
// What a JSON Schema may not hold, checked before valijson sees it: references to elsewhere,
// references that lead back to themselves without going deeper into the document (valijson would
// never come back), and patterns that RE2 cannot read.

#include "engine/base/error.hpp"

#include <boost/json/value.hpp>

namespace ropewalk {

/// Any thread. Errors: invalid_schema.
Result<void> check_schema_rules(boost::json::value const& schema);

}  // namespace ropewalk
