#include "engine/model/load/fields.hpp"

#include "engine/base/text.hpp"

#include <algorithm>
#include <cmath>

namespace ropewalk::load {
namespace {

std::string joined(std::span<std::string_view const> words) {
  std::string out;
  for (std::string_view const word : words) {
    if (!out.empty()) out += ", ";
    out += word;
  }
  return out;
}

std::string quoted(std::string_view text) {
  return '"' + shorten(text, 60) + '"';
}

std::string range_hint(std::string const& smallest, std::string const& largest) {
  return "give a number from " + smallest + " to " + largest;
}

}  // namespace

std::string_view kind_name(json::value const& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "nothing";
    case json::kind::bool_:
      return "a boolean";
    case json::kind::int64:
    case json::kind::uint64:
      return "an integer";
    case json::kind::double_:
      return "a number";
    case json::kind::string:
      return "a string";
    case json::kind::array:
      return "a list";
    case json::kind::object:
      return "an object";
  }
  return "";
}

void add_wrong_kind(
    Problems& problems,
    Path const& path,
    json::value const& value,
    std::string_view wanted,
    std::string hint
) {
  std::string message = "`" + std::string(path.name) + "` must be " + std::string(wanted);
  if (path.name.empty()) message = "this must be " + std::string(wanted);
  message += ", not " + std::string(kind_name(value));
  problems.add(path, {"wrong_kind", std::move(message), std::move(hint)});
}

void add_missing(Problems& problems, Path const& path, std::string hint) {
  problems.add(
      path, {"missing_field", "`" + std::string(path.name) + "` is missing", std::move(hint)}
  );
}

void add_unknown_field(
    Problems& problems,
    Path const& path,
    std::string_view name,
    std::span<std::string_view const> known
) {
  std::string hint = problems.suggest(name, known);
  if (hint.empty()) {
    std::vector<std::string_view> sorted(known.begin(), known.end());
    std::ranges::sort(sorted);
    hint = "known here: " + joined(sorted);
  }
  problems.add(
      path.field(name),
      {"unknown_field", "there is no field " + quoted(name) + " here", std::move(hint), Spot::key}
  );
}

void Fields::allow_only(std::span<std::string_view const> known) const {
  for (auto const& member : object_)
    if (std::ranges::find(known, std::string_view(member.key())) == known.end())
      add_unknown_field(problems_, path_, member.key(), known);
}

std::optional<std::string_view> Fields::string(std::string_view name) const {
  auto const* value = find(name);
  if (!value) return std::nullopt;
  if (auto const* text = value->if_string()) return std::string_view(*text);
  add_wrong_kind(problems_, path(name), *value, "a string", "put it in quotes");
  return std::nullopt;
}

std::optional<bool> Fields::boolean(std::string_view name) const {
  auto const* value = find(name);
  if (!value) return std::nullopt;
  if (auto const* flag = value->if_bool()) return *flag;
  add_wrong_kind(problems_, path(name), *value, "a boolean", "write true or false");
  return std::nullopt;
}

std::optional<std::int64_t> Fields::integer(
    std::string_view name, std::int64_t smallest, std::int64_t largest
) const {
  auto const* value = find(name);
  if (!value) return std::nullopt;
  std::string const hint = range_hint(std::to_string(smallest), std::to_string(largest));
  auto const* number = value->if_int64();
  if (!number && !value->is_uint64()) {
    add_wrong_kind(problems_, path(name), *value, "an integer", hint);
    return std::nullopt;
  }
  if (number && *number >= smallest && *number <= largest) return *number;
  problems_.add(
      path(name), {"out_of_range", "`" + std::string(name) + "` is " + to_text(*value), hint}
  );
  return std::nullopt;
}

std::optional<double> Fields::number(std::string_view name, double smallest, double largest) const {
  auto const* value = find(name);
  if (!value) return std::nullopt;
  std::string const hint = range_hint(to_text(smallest), to_text(largest));
  if (!value->is_number()) {
    add_wrong_kind(problems_, path(name), *value, "a number", hint);
    return std::nullopt;
  }
  auto const number = value->to_number<double>();
  if (number >= smallest && number <= largest) return number;
  problems_.add(
      path(name), {"out_of_range", "`" + std::string(name) + "` is " + to_text(*value), hint}
  );
  return std::nullopt;
}

std::optional<Duration> Fields::duration(std::string_view name) const {
  auto const* value = find(name);
  if (!value) return std::nullopt;
  auto const* text = value->if_string();
  if (!text) {
    add_wrong_kind(problems_, path(name), *value, "a duration", "write 500ms, 1s, 5m or 2h");
    return std::nullopt;
  }
  auto const parsed = parse_duration(*text);
  if (parsed) return *parsed;
  problems_.add(path(name), {parsed.error().code, parsed.error().message, parsed.error().hint});
  return std::nullopt;
}

json::object const* Fields::object(std::string_view name) const {
  auto const* value = find(name);
  if (!value) return nullptr;
  if (!value->is_object()) add_wrong_kind(problems_, path(name), *value, "an object");
  return value->if_object();
}

json::array const* Fields::list(std::string_view name) const {
  auto const* value = find(name);
  if (!value) return nullptr;
  if (!value->is_array()) add_wrong_kind(problems_, path(name), *value, "a list");
  return value->if_array();
}

std::optional<std::size_t> Fields::word(
    std::string_view name, std::initializer_list<std::string_view> words
) const {
  auto const text = string(name);
  if (!text) return std::nullopt;
  std::span<std::string_view const> const known(words.begin(), words.size());
  auto const found = std::ranges::find(known, *text);
  if (found != known.end()) return static_cast<std::size_t>(found - known.begin());
  std::string message = quoted(*text) + " is not one of " + joined(known);
  std::string hint = problems_.suggest(*text, known, "write one of these words");
  problems_.add(path(name), {"unknown_word", std::move(message), std::move(hint)});
  return std::nullopt;
}

}  // namespace ropewalk::load
