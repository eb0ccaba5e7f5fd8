#pragma once
// The same progress for files and pipes: lines that are written once; and the summary at the end.
// Pure functions.

#include "server/cli/run_view.hpp"
#include "server/cli/terminal_text.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace ropewalk::cli {

/// "12:01:07 classify  RUNNING" for a change of status, "classify | text" for a log line, with what
/// went wrong below; empty for events that people need not see.
std::vector<std::string> plain_lines(
    boost::json::object const& event, std::size_t id_columns, Style style
);

/// How it ended, how long it took, and what failed with its mend.
std::vector<std::string> summary_lines(
    RunView const& view,
    std::string_view workflow,
    std::string_view execution,
    Instant now,
    Style style
);

/// 0 completed, 1 failed, 3 cancelled.
int exit_status_of(Status status);

}  // namespace ropewalk::cli
