// Schemas in the forms that providers enforce.
#include "providers/ai/dialects/json_access.hpp"
#include "providers/ai/dialects/request_parts.hpp"

#include <algorithm>
#include <array>

namespace ropewalk::ai {
namespace {

// The schemas inside a schema: under one key, in a list, or by name.
constexpr std::array<std::string_view, 2> single_keys{"items", "additionalProperties"};
constexpr std::array<std::string_view, 4> list_keys{"anyOf", "allOf", "oneOf", "prefixItems"};
constexpr std::array<std::string_view, 3> map_keys{"properties", "$defs", "definitions"};

// What OpenAI's strict mode refuses.
constexpr std::array<std::string_view, 12> not_strict{
    "allOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "dependentRequired",
    "dependentSchemas",
    "patternProperties",
    "prefixItems",
    "unevaluatedProperties",
    "propertyNames"};

// Bounds that Anthropic's structured output refuses.
constexpr std::array<std::string_view, 12> bounds{
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "pattern"};

bool is_object_schema(json::object const& schema) {
  if (schema.contains("properties")) return true;
  auto const* type = member(schema, "type");
  if (type == nullptr) return false;
  if (auto const* list = type->if_array())
    return std::any_of(list->begin(), list->end(), [](json::value const& name) {
      return name == "object";
    });
  return *type == "object";
}

bool is_closed(json::object const& schema) {
  return !bool_at(schema, "additionalProperties", true);
}

bool requires_all(json::object const& schema) {
  auto const* properties = object_at(schema, "properties");
  if (properties == nullptr) return true;
  auto const* required = array_at(schema, "required");
  if (required == nullptr) return properties->empty();
  return std::all_of(properties->begin(), properties->end(), [&](auto const& property) {
    return std::any_of(required->begin(), required->end(), [&](json::value const& name) {
      return name == property.key();
    });
  });
}

/// Calls `visit` with each schema inside `schema` and its place.
template <class Object, class Visit>
void for_each_inner(Object& schema, Visit const& visit) {
  for (auto const key : single_keys)
    if (auto* value = schema.if_contains(key))
      if (auto* inner = value->if_object()) visit(*inner);
  for (auto const key : list_keys)
    if (auto* value = schema.if_contains(key))
      if (auto* list = value->if_array())
        for (auto& element : *list)
          if (auto* inner = element.if_object()) visit(*inner);
  for (auto const key : map_keys)
    if (auto* value = schema.if_contains(key))
      if (auto* map = value->if_object())
        for (auto&& entry : *map)
          if (auto* inner = entry.value().if_object()) visit(*inner);
}

bool is_strict_inside(json::object const& schema) {
  for (auto const key : not_strict)
    if (schema.contains(key)) return false;
  if (is_object_schema(schema) && !(is_closed(schema) && requires_all(schema))) return false;
  bool all = true;
  for_each_inner(schema, [&](json::object const& inner) { all = all && is_strict_inside(inner); });
  return all;
}

bool is_closable_inside(json::object const& schema) {
  if (is_object_schema(schema)) {
    auto const* properties = object_at(schema, "properties");
    auto const* others = member(schema, "additionalProperties");
    bool const has_others = others != nullptr && (others->is_object() || *others == true);
    if (properties == nullptr || has_others) return false;
  }
  bool all = true;
  for_each_inner(schema, [&](auto const& inner) { all = all && is_closable_inside(inner); });
  return all;
}

void close(json::object& schema) {
  for (auto const key : bounds) schema.erase(key);
  // 0 and 1 are taken; more is a bound like the others.
  if (auto const count = count_at(schema, "minItems"); count && *count > 1)
    schema.erase("minItems");
  if (is_object_schema(schema)) schema["additionalProperties"] = false;
  for_each_inner(schema, [](json::object& inner) { close(inner); });
}

}  // namespace

bool is_strict_schema(json::object const& schema) {
  return text_at(schema, "type") == "object" && !schema.contains("anyOf") &&
         is_strict_inside(schema);
}

bool is_closable_schema(json::object const& schema) {
  return is_closable_inside(schema);
}

json::object closed_schema(json::object const& schema) {
  json::object out = schema;
  close(out);
  return out;
}

}  // namespace ropewalk::ai
