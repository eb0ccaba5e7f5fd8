#include "engine/model/problem.hpp"

#include "engine/model/warnings.hpp"

#include <boost/json/object.hpp>

namespace ropewalk {

bool is_warning(std::string_view code) {
  return code == "prompt_is_name";
}

boost::json::value to_json(Problem const& problem) {
  boost::json::object out{{"code", problem.code}, {"path", problem.path}};
  if (problem.line > 0) {
    out["line"] = problem.line;
    out["column"] = problem.column;
  }
  out["message"] = problem.message;
  if (!problem.hint.empty()) out["hint"] = problem.hint;
  if (is_warning(problem)) out["severity"] = "warning";
  return out;
}

std::string to_line(Problem const& problem, std::string_view file) {
  std::string out(file);
  if (problem.line > 0) {
    if (!out.empty()) out += ':';
    out += std::to_string(problem.line) + ':' + std::to_string(problem.column);
  }
  if (!out.empty()) out += ": ";
  if (problem.line == 0 && !problem.path.empty()) out += problem.path + ": ";
  if (is_warning(problem)) out += "warning: ";
  out += problem.code + ": " + problem.message;
  if (!problem.hint.empty()) out += " (mend: " + problem.hint + ")";
  return out;
}

}  // namespace ropewalk
