#pragma once
// Which blanks around tags are not rendered: those at "~", and the line of a block tag, partial or
// comment that stands alone in it.
//
// Any thread. In place, once, before a template is used.

#include "engine/model/prompt/ast.hpp"

namespace ropewalk::prompt {

/// Needs stack in proportion to the nesting, which the parser has bounded.
void strip_whitespace(Program& root);

}  // namespace ropewalk::prompt
