#pragma once
// What the names of a parsed template stand for: helpers, block parameters, fields; and whether the
// helpers are used as they may be.
//
// Any thread. In place, once, before a template is used.

#include "engine/model/prompt/ast.hpp"

#include <set>

namespace ropewalk::prompt {

/// Adds the partials that are named to `partials`. Errors: unknown_helper, bad_template.
Result<void> resolve_names(
    Source const& source, Program& root, std::set<std::string, std::less<>>& partials
);

}  // namespace ropewalk::prompt
