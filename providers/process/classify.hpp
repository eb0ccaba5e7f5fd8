#pragma once
// What the end of a child means: which class of error it is, and what to tell the person who has to
// mend it.
//
// Pure: tables, tested row by row.

#include "engine/base/error.hpp"
#include "providers/process/languages.hpp"
#include "providers/process/launcher_protocol.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace ropewalk {

/// What is known about the attempt beside how its child ended.
struct AttemptFacts {
  std::string task{};
  std::string program{};    // as the user wrote it
  std::string script{};     // path of the script; empty for a command
  std::string directory{};  // working directory
  ErrorStyle error_style = ErrorStyle::plain;
  std::vector<std::string> stderr_lines{};  // the last ones
  ResourceLimits limits{};
  bool is_sandboxed = false;
};

/// True when the child ran and exited with 0.
bool has_succeeded(ChildEnd const& end);
/// REQUIRES: !has_succeeded(end).
Error classify(ChildEnd const& end, AttemptFacts const& facts);
/// Why the child could not be started; `error` is an errno.
Error classify_spawn_error(int error, SpawnStage stage, AttemptFacts const& facts);

/// {"wallMs","userCpuMs","systemCpuMs","maxRssBytes","blocksRead","blocksWritten"}; null when it
/// never ran.
boost::json::value usage_of(ChildEnd const& end);

}  // namespace ropewalk
