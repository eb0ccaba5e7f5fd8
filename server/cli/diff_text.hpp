#pragma once
// How two executions differ, as text for people. Pure.

#include "server/cli/terminal_text.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace ropewalk::cli {

/// What GET /v1/executions/{id}/diff/{other} answered.
std::vector<std::string> diff_lines(
    boost::json::object const& diff, std::size_t width, Style style
);

}  // namespace ropewalk::cli
