#pragma once
// A JSON value that satisfies a JSON Schema, the same for the same seed.
//
// Knows type, enum, const, required, properties, items (one or a tuple), prefixItems, minItems,
// uniqueItems, minimum and maximum (exclusive ones, multipleOf), minLength, maxLength, format,
// allOf, anyOf, oneOf and local $ref. Not: pattern, not, if, and what else narrows in words.
// Strings say "(simulated)" where there is room.
//
// Pure. Limits: depth and number of values, whatever the schema asks for.

#include "providers/ai/sim_random.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace ropewalk::ai {

/// `root` outlives the call; references are looked up in it.
boost::json::value value_for_schema(boost::json::object const& root, SimRandom& random);

/// A string as `schema` wants it: length and format.
std::string string_for_schema(boost::json::object const& schema, SimRandom& random);

}  // namespace ropewalk::ai
