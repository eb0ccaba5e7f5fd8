#pragma once
// What a child sees of the world: a clean environment, and where its program is.

#include "engine/base/error.hpp"

#include <boost/json/object.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk {

using Environment = std::map<std::string, std::string, std::less<>>;

inline constexpr std::string_view path_default =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// PATH, LANG, TZ and the names in `pass_env`, as this process has them: nothing else of the
/// server's environment, which holds its secrets. Call it once, at start.
Environment inherited_environment(std::vector<std::string> const& pass_env);

/// Adds the task's own `env`. Errors: invalid_env (a name that cannot be one, a NUL in a value).
Result<> add_task_environment(Environment& environment, boost::json::object const& config);

/// "NAME=value" for each.
std::vector<std::string> to_env_strings(Environment const& environment);

/// The path of `program`: one with a '/' is taken from `directory` when it is relative, any other
/// is looked up in `path`. Errors: program_not_found, not_executable (both permanent, with a hint).
Result<std::string> find_program(
    std::string_view program, std::string_view path, std::string_view directory
);

}  // namespace ropewalk
