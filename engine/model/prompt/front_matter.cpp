#include "engine/model/prompt/front_matter.hpp"

#include "engine/base/text.hpp"
#include "engine/model/json_schema.hpp"
#include "engine/model/prompt/characters.hpp"
#include "engine/model/yaml_text.hpp"

#include <algorithm>
#include <array>

namespace ropewalk::prompt {
namespace {

Error invalid(std::string path, std::string message, std::string hint = {}) {
  Error error{ErrorClass::permanent, "invalid_prompt", std::move(message), std::move(hint)};
  error.detail = json::object{{"path", std::move(path)}};
  return error;
}

/// Reads the fields of one object, each at most once and of its kind.
class Fields {
 public:
  Fields(json::object const& object, std::string path) : object_(object), path_(std::move(path)) {}

  Result<void> text(std::string_view key, std::string& out) const {
    auto const* found = object_.if_contains(key);
    if (found == nullptr || found->is_null()) return {};
    if (!found->is_string()) return wrong(key, "a text");
    out = found->get_string();
    return {};
  }
  Result<void> object(std::string_view key, json::object& out) const {
    auto const* found = object_.if_contains(key);
    if (found == nullptr || found->is_null()) return {};
    if (!found->is_object()) return wrong(key, "an object");
    out = found->get_object();
    return {};
  }
  Result<void> list(std::string_view key, json::array& out) const {
    auto const* found = object_.if_contains(key);
    if (found == nullptr || found->is_null()) return {};
    if (!found->is_array()) return wrong(key, "a list");
    out = found->get_array();
    return {};
  }
  Result<void> schema(std::string_view key, Schemas const& schemas, json::value& out) const {
    auto const* found = object_.if_contains(key);
    if (found == nullptr) return {};
    auto read = to_json_schema(*found, schemas);
    if (!read) {
      Error error = read.error();
      std::string inner(json::string(error.detail.at("path").as_string()));
      error.detail = json::object{{"path", at(key) + (inner.empty() ? "" : "." + inner)}};
      return error;
    }
    out = std::move(*read);
    return {};
  }

 private:
  std::string at(std::string_view key) const {
    return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
  }
  Error wrong(std::string_view key, std::string_view kind) const {
    return invalid(at(key), "\"" + at(key) + "\" is not " + std::string(kind));
  }

  json::object const& object_;
  std::string path_;
};

constexpr std::array<std::string_view, 12> known_fields{
    "config",
    "description",
    "input",
    "metadata",
    "model",
    "name",
    "output",
    "toolDefs",
    "tools",
    "variant",
    "version",
    "ext"};

/// "a.b.c: 1" → ext["a.b"]["c"] = 1.
void sort_fields(json::object const& raw, FrontMatter& out) {
  for (auto const& member : raw) {
    std::string_view const key = member.key();
    std::size_t const dot = key.rfind('.');
    if (dot != std::string_view::npos) {
      json::value& space = out.ext[key.substr(0, dot)];
      if (!space.is_object()) space = json::object();
      space.get_object()[key.substr(dot + 1)] = member.value();
    } else if (std::ranges::find(known_fields, key) == known_fields.end()) {
      out.unknown_fields.emplace_back(key);
    }
  }
}

Result<void> read_schemas(json::object const& raw, Schemas const& schemas, FrontMatter& out) {
  json::object input;
  json::object output;
  Fields const fields(raw, "");
  if (auto done = fields.object("input", input); !done) return done;
  if (auto done = fields.object("output", output); !done) return done;
  Fields const inputs(input, "input");
  Fields const outputs(output, "output");
  if (auto done = inputs.schema("schema", schemas, out.input_schema); !done) return done;
  if (auto done = inputs.object("default", out.input_default); !done) return done;
  if (auto done = outputs.text("format", out.output_format); !done) return done;
  return outputs.schema("schema", schemas, out.output_schema);
}

/// An error inside the head, moved to where it stands in the file.
Error placed_in_head(Source const& source, FileParts const& parts, Error error) {
  auto const* detail = error.detail.if_object();
  auto const* line = detail != nullptr ? detail->if_contains("line") : nullptr;
  auto const* path = detail != nullptr ? detail->if_contains("path") : nullptr;
  std::string_view const head(source.text.data() + parts.head, parts.head_size);
  std::size_t offset = parts.head;
  if (line != nullptr && line->is_number()) {
    auto const lines = line->to_number<std::size_t>();
    auto const* column = detail->if_contains("column");
    std::size_t at = 0;
    for (std::size_t i = 1; i < lines && at != std::string_view::npos; ++i)
      at = std::min(head.find('\n', at), head.size() - 1) + 1;
    offset += at + (column != nullptr ? column->to_number<std::size_t>() - 1 : 0);
  } else if (path != nullptr && path->is_string()) {
    std::vector<std::string> steps;
    std::string_view rest = path->get_string();
    PlaceTree tree;
    PlaceTree* node = &tree;
    // Keys may hold dots: the first steps are ours, what follows is one field of a schema.
    for (std::size_t dot = 0; !rest.empty(); rest.remove_prefix(std::min(rest.size(), dot + 1))) {
      dot = std::min(rest.find('.'), rest.size());
      steps.emplace_back(rest.substr(0, dot));
    }
    node = &tree.at(steps);
    find_yaml_places(head, tree);
    offset += node->place.key.value_or(node->place.value.value_or(0));
  }
  std::string const& message = error.message;
  std::size_t const suffix = message.rfind(" at line ");
  return error_at(
      source,
      offset,
      error.code,
      message.substr(0, line != nullptr ? suffix : message.npos),
      error.hint
  );
}

}  // namespace

Result<FileParts> split_file(Source const& source) {
  std::string_view const text = source.text;
  FileParts parts;
  parts.body_size = text.size();
  std::size_t const start = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  auto const line_end = [text](std::size_t at) {
    return std::min(text.find_first_of("\r\n", at), text.size());
  };
  auto const is_fence = [&](std::size_t at) {
    std::string_view const line = text.substr(at, line_end(at) - at);
    return line.starts_with("---") && is_blank(line.substr(3));
  };
  if (!is_fence(start) || line_end(start) == text.size()) return parts;
  std::size_t at = line_end(start);
  auto const next_line = [text](std::size_t end) {
    return std::min(end + (text.substr(end).starts_with("\r\n") ? 2 : 1), text.size());
  };
  parts.head = at = next_line(at);
  while (!is_fence(at)) {
    if (line_end(at) == text.size())
      return error_at(
          source, start, "invalid_prompt", "the head does not end", "close it with a line \"---\""
      );
    at = next_line(line_end(at));
  }
  parts.has_head = true;
  parts.head_size = at - parts.head;
  std::string_view const body = text.substr(next_line(line_end(at)));
  std::string_view const trimmed = trim(body);
  parts.body = text.size() - body.size() + blanks_before(body);
  parts.body_size = trimmed.size();
  if (trimmed.empty()) parts.body = text.size();
  return parts;
}

Result<FrontMatter> read_front_matter(json::object const& raw, Schemas const& schemas) {
  FrontMatter out;
  Fields const fields(raw, "");
  std::pair<std::string_view, std::string*> const texts[] = {
      {"name", &out.name},
      {"description", &out.description},
      {"variant", &out.variant},
      {"version", &out.version},
      {"model", &out.model}};
  for (auto const& [key, place] : texts)
    if (auto done = fields.text(key, *place); !done) return done.error();
  if (auto done = fields.object("config", out.config); !done) return done.error();
  if (auto done = fields.object("metadata", out.metadata); !done) return done.error();
  if (auto done = fields.object("ext", out.ext); !done) return done.error();
  if (auto done = fields.list("tools", out.tools); !done) return done.error();
  if (auto done = fields.list("toolDefs", out.tool_definitions); !done) return done.error();
  if (auto done = read_schemas(raw, schemas, out); !done) return done.error();
  for (auto const* schema : {&out.input_schema, &out.output_schema}) {
    if (schema->is_null()) continue;
    // "any" is Picoschema's word, which JSON Schema does not have.
    if (auto const* object = schema->if_object())
      if (auto const* type = object->if_contains("type"); type != nullptr && *type == "any")
        continue;
    auto const compiled = JsonSchema::compile(*schema);
    if (!compiled)
      return invalid(
          schema == &out.input_schema ? "input.schema" : "output.schema",
          compiled.error().message,
          compiled.error().hint
      );
  }
  sort_fields(raw, out);
  out.raw = raw;
  return out;
}

Result<FrontMatter> read_front_matter(
    Source const& source, FileParts const& parts, Schemas const& schemas
) {
  std::string_view const head(source.text.data() + parts.head, parts.head_size);
  if (!parts.has_head || is_blank(head)) return FrontMatter();
  auto const read = read_yaml(head);
  if (!read) return placed_in_head(source, parts, read.error());
  auto const* fields = read->if_object();
  if (fields == nullptr)
    return error_at(
        source, parts.head, "invalid_prompt", "the head is no mapping", "write \"model: name\""
    );
  auto out = read_front_matter(*fields, schemas);
  if (!out) return placed_in_head(source, parts, out.error());
  return out;
}

json::object to_json(FrontMatter const& given) {
  json::object out;
  auto const add_text = [&out](std::string_view key, std::string const& text) {
    if (!text.empty()) out[key] = text;
  };
  add_text("name", given.name);
  add_text("description", given.description);
  add_text("variant", given.variant);
  add_text("version", given.version);
  add_text("model", given.model);
  if (!given.config.empty()) out["config"] = given.config;
  json::object input;
  if (!given.input_schema.is_null()) input["schema"] = given.input_schema;
  if (!given.input_default.empty()) input["default"] = given.input_default;
  if (!input.empty()) out["input"] = std::move(input);
  json::object output;
  if (!given.output_format.empty()) output["format"] = given.output_format;
  if (!given.output_schema.is_null()) output["schema"] = given.output_schema;
  if (!output.empty()) out["output"] = std::move(output);
  if (!given.tools.empty()) out["tools"] = given.tools;
  if (!given.tool_definitions.empty()) out["toolDefs"] = given.tool_definitions;
  if (!given.metadata.empty()) out["metadata"] = given.metadata;
  if (!given.ext.empty()) out["ext"] = given.ext;
  if (!given.raw.empty()) out["raw"] = given.raw;
  return out;
}

}  // namespace ropewalk::prompt
