#pragma once
// What a finished command gives back: the file it wrote, else its last line if that is JSON, else
// its text (DESIGN §5).

#include "engine/base/error.hpp"
#include "providers/process/output_tail.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace ropewalk {

/// The JSON that the task wrote to `path`; nullopt when it wrote none. Errors, all permanent:
/// output_too_large, invalid_output.
Result<std::optional<boost::json::value>> read_output_file(
    std::string const& path, std::size_t bytes_max
);

/// The last line as JSON, else {"stdout": text} without its last line ends, "truncated": true when
/// only the tail was kept.
boost::json::value output_from_stdout(OutputTail const& tail, LastLine const& last_line);

}  // namespace ropewalk
