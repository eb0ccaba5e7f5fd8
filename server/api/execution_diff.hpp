#pragma once
// Where two executions differ, in the order of the graph. Pure functions.

#include "engine/model/workflow.hpp"
#include "sql/store_types.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <optional>
#include <string>

namespace ropewalk::server {

struct ExecutionSide {
  sql::ExecutionRow const& row;
  Workflow const& workflow;
};

/// {"equal", "first", "a", "b", "differences": […], "tasks": […], "leftOut"}. What differs is
/// {"what", "pointer", "a", "b"}; `first` is the first of all, with its "task". How long something
/// took and what it cost is told, and makes no difference.
boost::json::object diff_executions(ExecutionSide const& a, ExecutionSide const& b);

/// The first place where two values differ, as a JSON pointer (RFC 6901); nullopt: they are equal.
/// Numbers are equal when their values are.
std::optional<std::string> first_difference(
    boost::json::value const& a, boost::json::value const& b
);

}  // namespace ropewalk::server
