#pragma once
// What a line of output becomes in the log: a JSON object with a level and a message keeps its own
// (DESIGN §5).

#include "engine/model/log_line.hpp"

#include <string>

namespace ropewalk {

/// `text` is one line of output; `level` is what its stream stands for. Fields of a JSON line
/// beside level, message and its time follow the message as JSON.
LogLine make_log_line(std::string text, LogLevel level, bool is_continued);

}  // namespace ropewalk
