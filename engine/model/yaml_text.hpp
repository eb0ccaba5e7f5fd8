#pragma once
// Reading YAML from outside into JSON, with what makes YAML dangerous or ambiguous refused: aliases
// and anchors, merge keys, duplicate keys, several documents, keys that are no scalars, tags beyond
// the core schema, depth, size.
//
// Any thread: pure functions. Needs stack in proportion to JsonLimits::depth_max only.

#include "engine/base/json.hpp"
#include "engine/model/source_places.hpp"

#include <string_view>

namespace ropewalk {

/// Errors: too_large, invalid_yaml, yaml_alias, duplicate_key; the detail has line and column.
Result<json::value> read_yaml(std::string_view text, JsonLimits const& limits = {});

/// REQUIRES: `text` was read by read_yaml without an error.
void find_yaml_places(std::string_view text, PlaceTree& tree);

}  // namespace ropewalk
