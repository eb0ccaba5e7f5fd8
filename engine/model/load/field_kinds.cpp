// Checks the value of a task type's own field.

#include "engine/base/text.hpp"
#include "engine/model/cel/template.hpp"
#include "engine/model/load/tasks.hpp"
#include "engine/model/size_text.hpp"

#include <algorithm>

namespace ropewalk::load {
namespace {

constexpr std::string_view template_sign = "${{";

bool has_template(json::value const& value) {
  auto const* text = value.if_string();
  return text && std::string_view(*text).find(template_sign) != std::string_view::npos;
}

std::string_view wanted_name(FieldKind kind) {
  switch (kind) {
    case FieldKind::any:
      return "anything";
    case FieldKind::string:
      return "a string";
    case FieldKind::integer:
      return "an integer";
    case FieldKind::number:
      return "a number";
    case FieldKind::boolean:
      return "a boolean";
    case FieldKind::duration:
      return "a duration like 500ms or 5m";
    case FieldKind::size:
      return "a size like 64KiB";
    case FieldKind::list:
      return "a list";
    case FieldKind::object:
      return "an object";
  }
  return "";
}

bool has_kind(FieldKind kind, json::value const& value) {
  switch (kind) {
    case FieldKind::any:
      return true;
    case FieldKind::string:
    case FieldKind::duration:
      return value.is_string();
    case FieldKind::integer:
      return value.is_int64() || value.is_uint64();
    case FieldKind::number:
      return value.is_number();
    case FieldKind::boolean:
      return value.is_bool();
    case FieldKind::size:
      return value.is_string() || value.is_int64() || value.is_uint64();
    case FieldKind::list:
      return value.is_array();
    case FieldKind::object:
      return value.is_object();
  }
  return false;
}

void add_error(Problems& problems, Path const& path, Error const& error) {
  problems.add(path, {error.code, error.message, error.hint});
}

void check_text(
    FieldSpec const& spec, json::value const& value, Path const& path, Problems& problems
) {
  auto const* text = value.if_string();
  if (!text) return;
  if (spec.kind == FieldKind::duration) {
    if (auto const parsed = parse_duration(*text); !parsed)
      add_error(problems, path, parsed.error());
  } else if (spec.kind == FieldKind::size) {
    if (auto const parsed = parse_size(*text); !parsed) add_error(problems, path, parsed.error());
  } else if (!spec.allowed.empty()) {
    if (std::ranges::find(spec.allowed, std::string_view(*text)) != spec.allowed.end()) return;
    std::vector<std::string_view> const words(spec.allowed.begin(), spec.allowed.end());
    std::string all;
    for (std::string_view const word : words) {
      if (!all.empty()) all += ", ";
      all += word;
    }
    std::string hint = problems.suggest(*text, words, "write one of " + all);
    problems.add(
        path,
        {"unknown_word", '"' + shorten(*text, 60) + "\" is not one of " + all, std::move(hint)}
    );
  }
}

/// A shell or an interpreter reads this text: what is put in could become code.
void check_code(json::value const& value, Path const& path, Problems& problems) {
  if (auto const* list = value.if_array()) {
    for (std::size_t i = 0; i < list->size(); ++i)
      check_code((*list)[i], path.element(i), problems);
  } else if (auto const* object = value.if_object()) {
    for (auto const& member : *object)
      check_code(member.value(), path.field(member.key()), problems);
  } else if (has_template(value)) {
    std::string_view const content = value.get_string();
    auto const compiled = cel::Template::compile(content);
    if (compiled && compiled->is_constant()) return;  // only the escaped sign, $${{
    std::size_t const at = content.find(template_sign);
    Finding finding{
        "interpolation_in_code",
        "`${{ }}` inside code would let data become code",
        "pass it by env: and read the variable; write $${{ for the sign itself"};
    finding.inside = place_of(content, at);
    finding.content = content;
    problems.add(path, std::move(finding));
  }
}

}  // namespace

void check_field(
    FieldSpec const& spec,
    json::value const& value,
    Path const& path,
    Scope const& scope,
    References& references,
    Problems& problems
) {
  if (spec.expression) {
    auto const* text = value.if_string();
    if (!text) return add_wrong_kind(problems, path, value, "an expression", "put it in quotes");
    references.compile(*text, path, scope);
    return;
  }
  if (spec.code) {
    check_code(value, path, problems);
  } else {
    references.check_templates(value, path, scope);
  }
  if (has_template(value)) return;  // its value is checked when it runs
  if (!has_kind(spec.kind, value))
    return add_wrong_kind(problems, path, value, wanted_name(spec.kind));
  check_text(spec, value, path, problems);
}

}  // namespace ropewalk::load
