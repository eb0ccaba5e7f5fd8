#pragma once
// What validation finds: every problem of a file at once, each with where it stands and how to mend
// it.

#include <boost/json/value.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace ropewalk {

struct Problem {
  std::string
      code{};  // snake_case, stable: "unknown_field", "unknown_task", "cycle", "bad_expression", …
  std::string path{};  // "tasks.page.dependencies[0].taskId"; empty for the whole file
  std::uint32_t line =
      0;  // 1-based; 0 when the place is not known (a definition that came without text)
  std::uint32_t column = 0;  // 1-based, in code points
  std::string message{};
  std::string hint{};  // the mend

  bool operator==(Problem const&) const = default;
};

/// {"code","path","line","column","message","hint"}; line and column are left out when not known,
/// hint when empty. Warnings have "severity": "warning".
boost::json::value to_json(Problem const& problem);

/// "triage.yaml:12:5: unknown_field: … (mend: …)", as compilers print it; `file` may be empty.
std::string to_line(Problem const& problem, std::string_view file);

}  // namespace ropewalk
