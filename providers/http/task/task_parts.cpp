#include "providers/http/task/task_parts.hpp"

#include "engine/base/json.hpp"
#include "engine/base/text.hpp"
#include "engine/model/cel/expression.hpp"

#include <algorithm>
#include <array>

namespace ropewalk::http {
namespace {

constexpr std::array<std::string_view, 4> known_names{"response", "inputs", "variables", "tasks"};

void check_names(Fields const& fields, std::string_view name, cel::Expression const& expression) {
  for (auto const& use : expression.variables()) {
    std::string_view const root = use.path.front();
    if (std::ranges::find(known_names, root) != known_names.end()) continue;
    std::string_view const near = closest_match(root, known_names);
    fields.add(
        name,
        "unknown_name",
        "`" + shorten(root, 60) + "` is not known here",
        near.empty() ? "use response, inputs, variables or tasks"
                     : "did you mean `" + std::string(near) + "`?"
    );
  }
  for (auto const& call : expression.unknown_functions())
    fields.add(
        name,
        "unknown_function",
        "there is no function \"" + shorten(call.path.front(), 60) + "\"",
        call.path.size() > 1 ? "did you mean `" + call.path[1] + "`?" : ""
    );
}

}  // namespace

std::optional<std::string> scalar_text(json::value const& value) {
  if (auto const* text = value.if_string()) return std::string(*text);
  if (value.is_bool() || value.is_number()) return to_text(value);
  return std::nullopt;
}

std::string element_path(std::string_view name, std::size_t index) {
  return std::string(name) + "[" + std::to_string(index) + "]";
}

bool is_hidden(Fields const& fields, Reading const& reading, std::string_view name) {
  if (reading.is_rendered || !fields.has(name) || fields.find(name) != nullptr) return false;
  fields.add(
      name,
      "wrong_kind",
      "`" + std::string(name) + "` is an expression as a whole",
      "write its fields here, and expressions into their values: data does not decide what is sent"
  );
  return true;
}

std::string read_expression(Fields const& fields, Reading const& reading, std::string_view name) {
  auto const* value = fields.find(name);
  if (value == nullptr) {
    if (fields.has(name) && !reading.is_rendered)
      fields.add(
          name,
          "interpolation_in_code",
          "`" + std::string(name) + "` is an expression by itself",
          "remove the ${{ and }}; inputs, variables and tasks are known in it"
      );
    return {};
  }
  auto const text = fields.text(name);
  if (!text) return {};
  auto const compiled = cel::Expression::compile(*text);
  if (!compiled) {
    fields.add(
        name,
        compiled.error().code,
        compiled.error().message,
        compiled.error().hint.empty() ? "write CEL over response, as in response.body.done"
                                      : compiled.error().hint
    );
    return {};
  }
  check_names(fields, name, *compiled);
  return *text;
}

std::string read_secret_name(Fields const& fields, Reading const& reading, std::string_view name) {
  auto const* value = fields.find(name);
  if (value == nullptr && fields.has(name) && !reading.is_rendered) {
    fields.add(
        name,
        "interpolation_in_code",
        "the name of a secret is no expression",
        "write the name itself: data does not decide which secret is sent"
    );
    return {};
  }
  auto text = fields.text(name);
  if (text && !is_identifier(*text)) {
    fields.add(
        name,
        "invalid_name",
        "`" + shorten(*text, 60) + "` cannot be the name of a secret",
        "letters, digits, _ and -, as in the section secrets of the server's configuration"
    );
    return {};
  }
  return text.value_or("");
}

Credential read_credential(Fields const& fields, Reading const& reading, std::string_view name) {
  Credential out;
  auto const* value = fields.find(name);
  if (value == nullptr) return out;
  auto const* object = value->if_object();
  if (object == nullptr) {
    if (auto text = scalar_text(*value)) {
      out.text = std::move(*text);
    } else {
      fields.add(
          name, "wrong_kind", "`" + std::string(name) + "` is not a text", "put it in quotes"
      );
    }
    return out;
  }
  Fields const inner(*object, fields.path(name), reading);
  if (!reading.is_rendered) {
    inner.allow_only(std::array<std::string_view, 1>{"secret"});
    if (!inner.has("secret"))
      inner.add("secret", "missing_field", "the secret has no name", "write {secret: NAME}");
  } else if (auto const* text = object->if_contains("text")) {
    auto given = scalar_text(*text);
    if (!given) fields.add(name, "wrong_kind", "it is not a text", "give a text");
    out.text = given.value_or("");
    return out;
  }
  out.secret = read_secret_name(inner, reading, "secret");
  return out;
}

void prepare_credential(json::object& object, std::string_view name) {
  auto* value = object.if_contains(name);
  if (value == nullptr || value->is_null() || value->is_object()) return;
  json::value text = std::move(*value);
  *value = json::object{{"text", std::move(text)}};
}

NamedTexts read_named_texts(Fields const& fields, Reading const& reading, std::string_view name) {
  NamedTexts out;
  auto const* object = fields.object(name);
  if (object == nullptr) return out;
  Fields const inner(*object, fields.path(name), reading);
  auto const add = [&](std::string_view key, std::string_view place, json::value const& value) {
    if (value.is_null()) return;  // left out
    if (auto text = scalar_text(value)) {
      out.emplace_back(key, std::move(*text));
    } else {
      inner.add(place, "wrong_kind", "it is neither a text nor a number", "give a text");
    }
  };
  for (auto const& member : *object) {
    auto const* list = member.value().if_array();
    if (list == nullptr) {
      add(member.key(), member.key(), member.value());
      continue;
    }
    for (std::size_t i = 0; i < list->size(); ++i)
      add(member.key(), element_path(member.key(), i), (*list)[i]);
  }
  return out;
}

std::vector<HeaderWish> read_headers(Fields const& fields, Reading const& reading) {
  std::vector<HeaderWish> out;
  auto const* object = fields.object("headers");
  if (object == nullptr) return out;
  // As prepare_headers left it: what the file lists, or what an expression gave.
  auto const* listed = reading.is_rendered ? object->if_contains("listed") : nullptr;
  auto const* given = reading.is_rendered ? object->if_contains("given") : nullptr;
  if (given != nullptr) {
    Fields const inner(*object, fields.path("headers"), reading);
    for (auto& [name, value] : read_named_texts(inner, reading, "given"))
      out.push_back({name, Credential{value, {}}});
  } else {
    auto const& headers = listed != nullptr ? listed->get_object() : *object;
    Fields const inner(headers, fields.path("headers"), reading);
    for (auto const& member : headers) {
      bool const is_left_out = member.value().is_object() && reading.is_rendered &&
                               member.value().get_object().contains("text") &&
                               member.value().get_object().at("text").is_null();
      if (member.value().is_null() || is_left_out) continue;
      out.push_back({member.key(), read_credential(inner, reading, member.key())});
    }
  }
  if (out.size() > HttpTaskLimits::headers_max)
    fields.add("headers", "out_of_range", "there are more than 100 headers", "send fewer");
  return out;
}

void prepare_headers(json::object& config) {
  auto* headers = config.if_contains("headers");
  if (headers == nullptr || headers->is_null()) return;
  auto* object = headers->if_object();
  if (object == nullptr) {
    json::value given = std::move(*headers);
    *headers = json::object{{"given", std::move(given)}};
    return;
  }
  std::vector<std::string> names;
  for (auto const& member : *object) names.emplace_back(member.key());
  for (auto const& name : names) prepare_credential(*object, name);
  json::value listed = std::move(*headers);
  *headers = json::object{{"listed", std::move(listed)}};
}

}  // namespace ropewalk::http
