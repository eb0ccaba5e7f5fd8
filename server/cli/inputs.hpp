#pragma once
// Inputs and labels as people write them on a command line. Pure.

#include "engine/base/error.hpp"

#include <boost/json/object.hpp>

#include <map>
#include <string>
#include <vector>

namespace ropewalk::cli {

/// "name=value" pairs over the fields of `file` (an object or null). A value is read as the type
/// that the schema gives the input; where it gives none, as JSON if it is some, else as text.
/// `schema` is the workflow's `inputs`, or null. Errors: invalid_input.
Result<boost::json::object> read_inputs(
    std::vector<std::string> const& pairs,
    boost::json::value const& file,
    boost::json::value const& schema
);

/// Errors: invalid_label.
Result<boost::json::object> read_labels(std::vector<std::string> const& pairs);

/// What "task.path.to.it" names in the outputs of an execution; null when there is no such thing.
boost::json::value output_at(boost::json::object const& execution, std::string_view path);

}  // namespace ropewalk::cli
