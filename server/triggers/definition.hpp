#pragma once
// What definitions of schedules and hooks have in common: all problems at once, and the fields that
// say what is started. Pure functions.

#include "engine/base/error.hpp"
#include "engine/model/cel/json_template.hpp"
#include "engine/model/problem.hpp"
#include "engine/model/task_fields.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::server {

/// Gathers the problems of one definition.
class DefinitionProblems {
 public:
  /// REQUIRES: this object outlives the reading.
  fields::Reading reading();
  /// Nothing, or invalid_argument with all problems in its detail. `what`: "the schedule".
  Result<> result(std::string_view what) const;

 private:
  std::vector<Problem> problems_;
};

/// What a trigger starts: of a schedule or a hook.
struct StartSpec {
  std::string workflow{};      // "name" or "name@version"
  cel::JsonTemplate inputs{};  // gives an object, unless somebody's data is none
  std::map<std::string, std::string> labels{};
  std::optional<std::int32_t> priority{};
};

/// The fields workflow, inputs, labels and priority. `variables`: the names that expressions in
/// `inputs` may use.
StartSpec read_start_spec(
    fields::Fields const& fields, std::vector<std::string_view> const& variables
);

/// Checked: every variable is one of these, every function exists.
std::optional<cel::Expression> read_expression(
    fields::Fields const& fields,
    std::string_view name,
    std::vector<std::string_view> const& variables
);

/// A duration within the bounds; `fallback` when it is not there.
Duration read_duration(
    fields::Fields const& fields,
    std::string_view name,
    Duration fallback,
    Duration least,
    Duration most
);

/// Errors: invalid_argument. The same names as workflows may have.
Result<> check_trigger_name(std::string_view name);

/// What the database keeps of a definition: compact, without NUL, which it does not take.
std::string stored_text(boost::json::object definition);
/// Errors: invalid_definition: it was written by a version of the server that knows more.
Result<boost::json::object> parse_stored(std::string const& text);

}  // namespace ropewalk::server
