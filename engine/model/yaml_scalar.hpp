#pragma once
// What a plain YAML scalar means: YAML 1.2's core schema, minus what older parsers read
// differently.
//
// null, ~ and nothing; true and false (also True, TRUE, …); decimal, 0x and 0o integers; floats.
// `yes`, `on`, `off` and `1_000` are text. So is `010`: YAML 1.1 reads 8 and YAML 1.2 reads 10, and
// only its author knows which was meant. Any thread: a pure function.

#include "engine/base/error.hpp"

#include <boost/json/value.hpp>

#include <string_view>

namespace ropewalk {

/// Errors: invalid_yaml for integers beyond 64 bits and numbers that are not finite: JSON has no
/// word for them.
Result<boost::json::value> read_plain_scalar(std::string_view text);

}  // namespace ropewalk
