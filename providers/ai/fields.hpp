#pragma once
// Reading the fields of an AI task: the reader that all types of task share, by its short name.
//
// Any thread.

#include "engine/model/task_fields.hpp"

namespace ropewalk::ai {

namespace json = boost::json;

using fields::Fields;
using fields::has_expression;
using fields::has_expression_inside;
using fields::kind_name;
using fields::Reading;

}  // namespace ropewalk::ai
