#pragma once
// One task with what its attempts left to look at, as text for people: `ropewalk show ID TASK`.
// Pure.

#include "server/cli/terminal_text.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace ropewalk::cli {

/// `task` as GET /v1/executions/{id}/tasks/{task} gives it. Of AI tasks: which models were asked in
/// which attempt, what each call took, cost and ended in, the calls of tools, and what was cut from
/// the context.
std::vector<std::string> task_lines(
    boost::json::object const& task, Instant now, std::size_t width, Style style
);

/// "$0.000123"
std::string cost_text(double dollars);

}  // namespace ropewalk::cli
