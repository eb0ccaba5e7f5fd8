#pragma once
// Looking into JSON whose shape nobody promised.
//
// Pure. What is missing or of another kind is "not there", never an error.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ropewalk::ai {

namespace json = boost::json;

json::value const* member(json::object const& object, std::string_view key);
/// nullptr unless there is an object under `key`.
json::object const* object_at(json::object const& object, std::string_view key);
json::array const* array_at(json::object const& object, std::string_view key);
/// Empty unless there is a string.
std::string_view text_at(json::object const& object, std::string_view key);
/// A string, or a number written out: codes come as either.
std::string code_at(json::object const& object, std::string_view key);
bool bool_at(json::object const& object, std::string_view key, bool otherwise);
/// A count of tokens that can be believed: a whole number from 0 to a billion.
std::optional<std::int64_t> count_at(json::object const& object, std::string_view key);
/// The whole number under `key` that is not negative.
std::optional<std::uint32_t> index_at(json::object const& object, std::string_view key);

/// RFC 7386: objects are merged, null removes, anything else replaces.
void merge_patch(json::object& target, json::object const& patch);

}  // namespace ropewalk::ai
