#pragma once
// Answers of the server about executions, as text for people. Pure.

#include "server/cli/terminal_text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace ropewalk::cli {

/// The list of `ropewalk ps`.
std::vector<std::string> executions_table(
    boost::json::array const& executions, Instant now, std::size_t width, Style style
);
/// One execution and its tasks: `ropewalk show`.
std::vector<std::string> execution_lines(
    boost::json::object const& execution, Instant now, std::size_t width, Style style
);
/// `ropewalk why`: one line a task.
std::vector<std::string> why_lines(
    boost::json::array const& answers, std::size_t width, Style style
);
/// "classify | text"
std::string log_text(boost::json::object const& line);

/// The entries of a page: of a list as it is, or under "items".
boost::json::array const& items_of(boost::json::value const& page);

/// The whole id that `beginning` is the beginning of. Errors: not_found, ambiguous_id.
Result<std::string> complete_id(std::string const& beginning, boost::json::array const& executions);

}  // namespace ropewalk::cli
