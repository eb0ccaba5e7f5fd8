#include "engine/model/prompt/picoschema.hpp"

#include "engine/base/text.hpp"
#include "engine/model/prompt/characters.hpp"

#include <algorithm>
#include <array>

namespace ropewalk::prompt {
namespace {

constexpr std::array<std::string_view, 8> types{
    "any", "boolean", "integer", "null", "number", "string", "object", "array"};
constexpr std::size_t scalar_count = 6;
constexpr std::size_t depth_max = 32;

bool is_scalar(std::string_view type) {
  return std::find(types.begin(), types.begin() + scalar_count, type) !=
         types.begin() + scalar_count;
}

struct Described {
  std::string_view type{};
  std::string_view description{};
};

/// "number, how many" → both.
Described split(std::string_view text) {
  std::size_t const comma = text.find(',');
  if (comma == std::string_view::npos) return {text, {}};
  return {
      text.substr(0, comma),
      text.substr(std::min(text.find_first_not_of(' ', comma + 1), text.size()))};
}

/// "tags?(array, what it is about)" → its parts.
struct Key {
  std::string_view name{};
  bool is_optional = false;
  bool has_kind = false;
  Described kind{};
};

class Reader {
 public:
  explicit Reader(Schemas const& schemas) : schemas_(schemas) {}

  Result<json::value> read(json::value const& given, std::string const& path, std::size_t depth);
  Result<json::value> read_text(std::string_view text, std::string const& path, bool any_is_type);

 private:
  Result<Key> read_key(std::string_view key, std::string const& path);
  Result<json::value> read_field(
      Key const& key, json::value const& given, std::string const& path, std::size_t depth
  );

  static Error bad(std::string const& path, std::string message, std::string hint = {}) {
    std::string where = path.empty() ? std::string("the schema") : "\"" + path + "\"";
    Error error{
        ErrorClass::permanent, "bad_schema", where + ": " + std::move(message), std::move(hint)};
    error.detail = json::object{{"path", path}};
    return error;
  }

  Schemas const& schemas_;
};

Result<json::value> Reader::read_text(
    std::string_view text, std::string const& path, bool any_is_type
) {
  auto const [type, description] = split(text);
  json::object out;
  if (is_scalar(type)) {
    if (any_is_type || type != "any") out["type"] = type;
  } else if (auto const named = schemas_.find(type); named != schemas_.end()) {
    auto const* object = named->second.if_object();
    if (object == nullptr) return bad(path, "the named schema is no object");
    out = *object;
  } else {
    std::vector<std::string_view> names(types.begin(), types.begin() + scalar_count);
    for (auto const& [name, schema] : schemas_) names.push_back(name);
    std::string_view const best = closest_match(type, names);
    return bad(
        path,
        "there is no type \"" + shorten(type, 60) + "\"",
        best.empty() ? "types are any, boolean, integer, null, number and string"
                     : "did you mean \"" + std::string(best) + "\"?"
    );
  }
  if (!description.empty()) out["description"] = description;
  return out;
}

Result<Key> Reader::read_key(std::string_view text, std::string const& path) {
  Key key;
  std::size_t const open = text.find('(');
  key.name = text.substr(0, open);
  key.is_optional = key.name.ends_with('?');
  if (key.is_optional) key.name.remove_suffix(1);
  if (key.name.empty()) return bad(path, "a field has no name");
  if (open == std::string_view::npos) return key;
  std::string_view const inside = text.substr(open + 1);
  if (!inside.ends_with(')'))
    return bad(path, "a ( is not closed", "write name(array, description)");
  key.has_kind = true;
  key.kind = split(inside.substr(0, inside.size() - 1));
  return key;
}

Result<json::value> Reader::read_field(
    Key const& key, json::value const& given, std::string const& path, std::size_t depth
) {
  json::object out;
  if (!key.has_kind || key.kind.type == "object") {
    TRY(json::value field, read(given, path, depth + 1));
    out = std::move(field.get_object());
    auto const* type = out.if_contains("type");
    if (key.is_optional && type != nullptr && type->is_string())
      out["type"] = json::array{*type, "null"};
  } else if (key.kind.type == "array") {
    TRY(json::value items, read(given, path, depth + 1));
    out["type"] =
        key.is_optional ? json::value(json::array{"array", "null"}) : json::value("array");
    out["items"] = std::move(items);
  } else if (key.kind.type == "enum") {
    auto const* words = given.if_array();
    if (words == nullptr) return bad(path, "an enum is a list", "write " + path + "(enum): [A, B]");
    json::array list = *words;
    bool const has_null =
        std::ranges::any_of(list, [](auto const& word) { return word.is_null(); });
    if (key.is_optional && !has_null) list.emplace_back(nullptr);
    out["enum"] = std::move(list);
  } else {
    return bad(
        path,
        "there is no kind \"" + shorten(key.kind.type, 60) + "\"",
        "in ( ) stands array, object or enum, then maybe a description"
    );
  }
  if (!key.kind.description.empty()) out["description"] = key.kind.description;
  return out;
}

Result<json::value> Reader::read(
    json::value const& given, std::string const& path, std::size_t depth
) {
  if (depth > depth_max) return bad(path, "fields nest too deep");
  if (auto const* text = given.if_string()) return read_text(*text, path, false);
  auto const* fields = given.if_object();
  if (fields == nullptr) return bad(path, "a type is a text or an object");
  json::object properties;
  json::array required;
  json::value others = false;
  for (auto const& [key_text, value] : *fields) {
    std::string const inner =
        path.empty() ? std::string(key_text) : path + "." + std::string(key_text);
    if (key_text == "(*)") {
      TRY(others, read(value, inner, depth + 1));
      continue;
    }
    TRY(Key const key, read_key(key_text, inner));
    if (properties.contains(key.name)) return bad(inner, "the field is there twice");
    TRY(json::value field, read_field(key, value, inner, depth));
    properties[key.name] = std::move(field);
    if (!key.is_optional) required.emplace_back(key.name);
  }
  json::object out{{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) out["required"] = std::move(required);
  out["additionalProperties"] = std::move(others);
  return out;
}

}  // namespace

Result<json::value> to_json_schema(json::value const& schema, Schemas const& schemas) {
  if (schema.is_null()) return json::value();
  Reader reader(schemas);
  if (auto const* text = schema.if_string()) return reader.read_text(*text, "", true);
  if (auto const* object = schema.if_object()) {
    auto const* type = object->if_contains("type");
    auto const* name = type != nullptr ? type->if_string() : nullptr;
    if (name != nullptr && std::ranges::find(types, std::string_view(*name)) != types.end())
      return schema;
    auto const* properties = object->if_contains("properties");
    if (properties != nullptr && properties->is_object()) {
      json::object out = *object;
      out["type"] = "object";
      return out;
    }
  }
  return reader.read(schema, "", 0);
}

}  // namespace ropewalk::prompt
