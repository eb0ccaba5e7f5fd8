#include "engine/model/cel/value.hpp"

#include <array>

namespace ropewalk::cel {

std::string_view to_string(Kind kind) {
  constexpr std::array<std::string_view, 12> names{
      "null_type",
      "bool",
      "int",
      "uint",
      "double",
      "string",
      "bytes",
      "list",
      "map",
      "google.protobuf.Timestamp",
      "google.protobuf.Duration",
      "type"};
  return names[static_cast<std::size_t>(kind)];
}

Value Value::view(boost::json::value const& json, Owner const& owner) {
  switch (json.kind()) {
    case boost::json::kind::null:
      return Value();
    case boost::json::kind::bool_:
      return Value(json.get_bool());
    case boost::json::kind::int64:
      return Value(std::int64_t{json.get_int64()});
    case boost::json::kind::uint64: {
      std::uint64_t const number = json.get_uint64();
      if (number > std::uint64_t{INT64_MAX}) return Value(number);
      return Value(static_cast<std::int64_t>(number));
    }
    case boost::json::kind::double_:
      return Value(json.get_double());
    case boost::json::kind::string:
      return Value(Text({json.get_string().data(), json.get_string().size()}, owner));
    case boost::json::kind::array:
      return Value(List(json.get_array(), owner));
    case boost::json::kind::object:
      return Value(Map(json.get_object(), owner));
  }
  return Value();
}

std::uint32_t Value::depth() const {
  if (auto const* list = get<List>()) return list->depth();
  if (auto const* map = get<Map>()) return map->depth();
  return 0;
}

}  // namespace ropewalk::cel
