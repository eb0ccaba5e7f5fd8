#include "server/cli/inputs.hpp"

#include "engine/base/json.hpp"
#include "server/cli/run_view.hpp"

#include <utility>

namespace ropewalk::cli {
namespace {

Error mistake(std::string code, std::string message, std::string hint) {
  Error out;
  out.code = std::move(code);
  out.message = std::move(message);
  out.hint = std::move(hint);
  return out;
}

std::string_view type_in(json::value const& schema, std::string_view name) {
  auto const* object = schema.if_object();
  auto const* all = object == nullptr ? nullptr : object->if_contains("properties");
  auto const* properties = all == nullptr ? nullptr : all->if_object();
  auto const* one = properties == nullptr ? nullptr : properties->if_contains(name);
  auto const* property = one == nullptr ? nullptr : one->if_object();
  return property == nullptr ? std::string_view() : text_at(*property, "type");
}

/// Splits at the first '='; false when there is none or nothing stands before it.
bool split(std::string const& pair, std::string& name, std::string& value) {
  auto const equals = pair.find('=');
  if (equals == std::string::npos || equals == 0) return false;
  name = pair.substr(0, equals);
  value = pair.substr(equals + 1);
  return true;
}

json::object const* find_task(json::object const& execution, std::string_view id) {
  auto const* list = execution.if_contains("tasks");
  if (list == nullptr) return nullptr;
  if (auto const* by_id = list->if_object()) {
    auto const* one = by_id->if_contains(id);
    return one == nullptr ? nullptr : one->if_object();
  }
  if (!list->is_array()) return nullptr;
  for (auto const& entry : list->get_array()) {
    auto const* one = entry.if_object();
    if (one != nullptr && (text_at(*one, "id") == id || text_at(*one, "task") == id)) return one;
  }
  return nullptr;
}

}  // namespace

Result<json::object> read_inputs(
    std::vector<std::string> const& pairs, json::value const& file, json::value const& schema
) {
  json::object out;
  if (file.is_object()) {
    out = file.get_object();
  } else if (!file.is_null()) {
    return mistake("invalid_input", "the inputs file holds no object", "write {\"name\": value}");
  }
  for (auto const& pair : pairs) {
    std::string name;
    std::string text;
    if (!split(pair, name, text))
      return mistake(
          "invalid_input", "'" + pair + "' is not NAME=VALUE", "write --input NAME=VALUE"
      );
    auto const type = type_in(schema, name);
    if (type == "string") {
      out[name] = text;
      continue;
    }
    auto value = parse_json(text);
    if (!value && !type.empty())
      return mistake(
          "invalid_input",
          std::string("input ")
              .append(name)
              .append(" must be of type ")
              .append(type)
              .append(", and '")
              .append(text)
              .append("' is not"),
          "write it as JSON"
      );
    out[name] = value ? std::move(*value) : json::value(text);
  }
  return out;
}

Result<json::object> read_labels(std::vector<std::string> const& pairs) {
  json::object out;
  for (auto const& pair : pairs) {
    std::string name;
    std::string value;
    if (!split(pair, name, value))
      return mistake(
          "invalid_label", "'" + pair + "' is not NAME=VALUE", "write --label NAME=VALUE"
      );
    out[name] = value;
  }
  return out;
}

json::value output_at(json::object const& execution, std::string_view path) {
  auto const dot = path.find('.');
  auto const* task = find_task(execution, path.substr(0, dot));
  auto const* value = task == nullptr ? nullptr : task->if_contains("output");
  while (value != nullptr && path.find('.') != std::string_view::npos) {
    path.remove_prefix(path.find('.') + 1);
    auto const* object = value->if_object();
    value = object == nullptr ? nullptr : object->if_contains(path.substr(0, path.find('.')));
  }
  return value == nullptr ? json::value() : *value;
}

}  // namespace ropewalk::cli
