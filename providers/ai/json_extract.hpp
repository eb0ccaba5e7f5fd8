#pragma once
// The JSON value in what a model has written, and what to tell it when there is none.
//
// Any thread: pure functions. Linear in the text, whatever it holds.

#include "engine/base/json.hpp"
#include "engine/model/json_schema.hpp"
#include "providers/ai/chat.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::ai {

/// Limits of the JSON in an answer.
JsonLimits answer_json_limits();

/// In this order: the whole text; the first fenced block that is labelled json or not at all and
/// holds one JSON value; the first object or list that is complete. JSON is read strictly.
/// Errors: invalid_output (permanent) with line and column in the detail, where the text came
/// nearest to being JSON.
Result<json::value> extract_json(
    std::string_view text, JsonLimits const& limits = answer_json_limits()
);

/// What a model that has no structured output of its own is told to write.
std::string json_instructions(std::optional<json::object> const& schema);

/// invalid_output (permanent), with the violations in the detail. REQUIRES: there are some.
Error schema_violated(std::vector<SchemaViolation> const& violations);

/// Shows the model what was wrong with its answer: its error, and what is wanted. At most about
/// 8 KiB and the schema.
Message repair_message(Error const& error, std::optional<json::object> const& schema);

}  // namespace ropewalk::ai
