#pragma once
// What parts executions of a workflow that share a limit: the `key` of `concurrency`, `rateLimit`,
// …
//
// Any thread: a pure function.

#include "engine/model/workflow.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace ropewalk::server {

/// Empty when there is no key. It sees inputs and variables. Errors: invalid_inputs; the message
/// names `field`.
Result<std::string> start_key(
    Workflow const& workflow,
    boost::json::object const& inputs,
    std::string_view field,
    std::optional<cel::Template> const& key
);

}  // namespace ropewalk::server
