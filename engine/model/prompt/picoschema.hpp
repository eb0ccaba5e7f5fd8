#pragma once
// Picoschema, the short notation of dotprompt, as JSON Schema:
//   name: string, who it is for      tags?(array, what it is about): string
//   kind(enum): [note, letter]       address(object): {city: string}      (*): any
//
// Any thread: pure functions.

#include "engine/base/json.hpp"

#include <map>
#include <string>

namespace ropewalk::prompt {

/// JSON Schemas that a Picoschema may name.
using Schemas = std::map<std::string, json::value, std::less<>>;

/// What is JSON Schema already passes through. Errors: bad_schema, whose detail has the path inside
/// the schema.
Result<json::value> to_json_schema(json::value const& schema, Schemas const& schemas);

}  // namespace ropewalk::prompt
