#include "engine/model/prompt/schema_shape.hpp"

#include <algorithm>
#include <array>

namespace ropewalk::prompt {
namespace {

json::object const* object_at(Pointer schema, std::string_view key) {
  auto const* object = schema != nullptr ? schema->if_object() : nullptr;
  auto const* found = object != nullptr ? object->if_contains(key) : nullptr;
  return found != nullptr ? found->if_object() : nullptr;
}

}  // namespace

Pointer member_schema(Pointer schema, std::string_view key) {
  auto const* properties = object_at(schema, "properties");
  if (properties != nullptr)
    if (auto const* found = properties->if_contains(key)) return found;
  if (object_at(schema, "additionalProperties") != nullptr)
    return schema->get_object().if_contains("additionalProperties");
  return nullptr;
}

Pointer item_schema(Pointer schema) {
  return object_at(schema, "items") != nullptr ? schema->get_object().if_contains("items")
                                               : nullptr;
}

bool is_declared(Pointer schema, std::string_view key) {
  auto const* properties = object_at(schema, "properties");
  return properties != nullptr && properties->contains(key);
}

bool is_required(Pointer schema, std::string_view key) {
  auto const* object = schema != nullptr ? schema->if_object() : nullptr;
  auto const* names = object != nullptr ? object->if_contains("required") : nullptr;
  auto const* list = names != nullptr ? names->if_array() : nullptr;
  return list != nullptr && std::ranges::any_of(*list, [key](json::value const& name) {
           auto const* text = name.if_string();
           return text != nullptr && *text == key;
         });
}

bool is_closed(Pointer schema) {
  if (object_at(schema, "properties") == nullptr) return false;
  constexpr std::array<std::string_view, 6> opening{
      "anyOf", "oneOf", "allOf", "$ref", "if", "patternProperties"};
  json::object const& object = schema->get_object();
  if (std::ranges::any_of(opening, [&](auto word) { return object.contains(word); })) return false;
  auto const* others = object.if_contains("additionalProperties");
  auto const* allowed = others != nullptr ? others->if_bool() : nullptr;
  return others == nullptr || (allowed != nullptr && !*allowed);
}

std::vector<std::string_view> declared_names(Pointer schema) {
  std::vector<std::string_view> names;
  if (auto const* properties = object_at(schema, "properties"))
    for (auto const& member : *properties) names.push_back(member.key());
  return names;
}

}  // namespace ropewalk::prompt
