#pragma once
// Answers of the server about schedules, as text for people. Pure.

#include "server/cli/terminal_text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace ropewalk::cli {

/// "30 6 * * mon-fri (Europe/Berlin)", "every 5m", "at 2026-12-01T09:00:00Z".
std::string timing_text(boost::json::object const& schedule);
/// The list of `ropewalk schedule list`.
std::vector<std::string> schedules_table(
    boost::json::array const& schedules, std::size_t width, Style style
);
/// `ropewalk schedule show`.
std::vector<std::string> schedule_lines(
    boost::json::object const& schedule, std::size_t width, Style style
);

}  // namespace ropewalk::cli
