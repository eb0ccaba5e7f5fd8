#include "engine/model/task_fields.hpp"

#include "engine/base/text.hpp"
#include "engine/model/size_text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

namespace ropewalk::fields {
namespace {

std::string number_text(double number) {
  char buffer[32];
  auto const end = std::to_chars(buffer, buffer + sizeof(buffer), number);
  return {buffer, end.ptr};
}

std::string listed(std::span<std::string_view const> words) {
  std::string out;
  for (std::string_view const word : words) {
    if (!out.empty()) out += ", ";
    out += word;
  }
  return out;
}

std::string quoted(std::string_view text) {
  std::string out = "`";
  out += shorten(text, 60);
  out += '`';
  return out;
}

}  // namespace

Reading FieldProblems::reading() {
  constexpr std::size_t problems_max = 100;
  auto report = [this](std::string field, std::string code, std::string text, std::string mend) {
    if (problems_.size() >= problems_max) return;
    message_ += message_.empty() ? "" : "; ";
    if (!field.empty()) message_ += "`" + field + "`: ";
    message_ += text;
    if (hint_.empty()) hint_ = mend;
    json::object problem;
    problem["field"] = field;
    problem["code"] = code;
    problem["message"] = text;
    problem["hint"] = mend;
    problems_.push_back(std::move(problem));
  };
  return Reading{std::move(report), true};
}

Result<> FieldProblems::result() const {
  if (problems_.empty()) return {};
  json::object detail;
  detail["problems"] = problems_;
  Error error;
  error.code = "invalid_task";
  error.message = "the task's fields cannot be used: " + shorten(message_, 2000);
  error.hint = hint_;
  error.detail = std::move(detail);
  return error;
}

bool has_expression(json::value const& value) {
  auto const* text = value.if_string();
  return text != nullptr && std::string_view(*text).find("${{") != std::string_view::npos;
}

bool has_expression_inside(json::value const& value) {
  if (auto const* object = value.if_object())
    return std::ranges::any_of(*object, [](auto const& member) {
      return has_expression_inside(member.value());
    });
  if (auto const* array = value.if_array())
    return std::ranges::any_of(*array, has_expression_inside);
  return has_expression(value);
}

std::string_view kind_name(json::value const& value) {
  if (value.is_null()) return "null";
  if (value.is_bool()) return "a boolean";
  if (value.is_number()) return "a number";
  if (value.is_string()) return "a text";
  return value.is_array() ? "a list" : "an object";
}

std::string Fields::path(std::string_view name) const {
  std::string out = path_;
  if (!out.empty() && !name.empty() && name.front() != '[') out += '.';
  out += name;
  return out;
}

void Fields::add(std::string_view name, std::string code, std::string message, std::string hint)
    const {
  reading_.report(path(name), std::move(code), std::move(message), std::move(hint));
}

void Fields::allow_only(std::span<std::string_view const> known) const {
  for (auto const& member : object_) {
    std::string_view const name = member.key();
    if (std::ranges::find(known, name) != known.end()) continue;
    std::string_view const near = closest_match(name, known);
    std::string hint = near.empty() ? "use " + listed(known) : "did you mean " + quoted(near) + "?";
    add(name, "unknown_field", "there is no field " + quoted(name) + " here", std::move(hint));
  }
}

bool Fields::has(std::string_view name) const {
  auto const* value = object_.if_contains(name);
  return value != nullptr && !value->is_null();
}

json::value const* Fields::find(std::string_view name) const {
  auto const* value = object_.if_contains(name);
  if (value == nullptr || value->is_null()) return nullptr;
  return !reading_.is_rendered && has_expression(*value) ? nullptr : value;
}

void Fields::add_wrong_kind(
    std::string_view name, json::value const& value, std::string_view wanted
) const {
  // The kinds of a task's own fields are checked with the file that they stand in.
  if (path_.empty() && !reading_.is_rendered) return;
  std::string message = "`";
  message += name;
  message += "` is ";
  message += kind_name(value);
  message += " where ";
  message += wanted;
  message += " is expected";
  std::string hint = "give ";
  hint += wanted;
  add(name, "wrong_kind", std::move(message), std::move(hint));
}

std::optional<std::string> Fields::text(std::string_view name) const {
  auto const* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return std::string(value->get_string());
  add_wrong_kind(name, *value, "a text");
  return std::nullopt;
}

std::optional<bool> Fields::boolean(std::string_view name) const {
  auto const* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_bool()) return value->get_bool();
  add_wrong_kind(name, *value, "true or false");
  return std::nullopt;
}

std::optional<std::int64_t> Fields::integer(
    std::string_view name, std::int64_t min, std::int64_t max
) const {
  auto const* value = find(name);
  if (value == nullptr) return std::nullopt;
  std::optional<std::int64_t> number;
  if (value->is_int64()) number = value->get_int64();
  if (auto const* real = value->if_double()) {  // an expression may compute 200.0
    constexpr double exact_max = 9e15;
    if (std::abs(*real) < exact_max && std::trunc(*real) == *real)
      number = static_cast<std::int64_t>(*real);
  }
  if (!number && !value->is_uint64()) {
    add_wrong_kind(name, *value, "an integer");
    return std::nullopt;
  }
  if (number && *number >= min && *number <= max) return number;
  std::string const bounds = std::to_string(min) + " to " + std::to_string(max);
  add(name,
      "out_of_range",
      "`" + std::string(name) + "` is an integer from " + bounds,
      "write a number from " + bounds);
  return std::nullopt;
}

std::optional<double> Fields::number(std::string_view name, double min, double max) const {
  auto const* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number()) {
    add_wrong_kind(name, *value, "a number");
    return std::nullopt;
  }
  double const number = value->to_number<double>();
  if (number >= min && number <= max) return number;
  std::string const bounds = number_text(min) + " to " + number_text(max);
  add(name,
      "out_of_range",
      "`" + std::string(name) + "` is " + number_text(number) + ", outside of " + bounds,
      "write a number from " + bounds);
  return std::nullopt;
}

std::optional<Duration> Fields::duration(std::string_view name) const {
  auto const* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) {
    add_wrong_kind(name, *value, "a duration like 500ms or 5m");
    return std::nullopt;
  }
  auto const parsed = parse_duration(value->get_string());
  if (parsed) return *parsed;
  if (reading_.is_rendered || !path_.empty())
    add(name, parsed.error().code, parsed.error().message, parsed.error().hint);
  return std::nullopt;
}

std::optional<std::uint64_t> Fields::size(std::string_view name) const {
  auto const* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_int64() && value->get_int64() > 0)
    return static_cast<std::uint64_t>(value->get_int64());
  if (!value->is_string()) {
    add_wrong_kind(name, *value, "a size like 64KiB");
    return std::nullopt;
  }
  auto const parsed = parse_size(value->get_string());
  if (parsed) return *parsed;
  if (reading_.is_rendered || !path_.empty())
    add(name, parsed.error().code, parsed.error().message, parsed.error().hint);
  return std::nullopt;
}

json::object const* Fields::object(std::string_view name) const {
  auto const* value = find(name);
  if (value == nullptr) return nullptr;
  if (!value->is_object()) add_wrong_kind(name, *value, "an object");
  return value->if_object();
}

json::array const* Fields::array(std::string_view name) const {
  auto const* value = find(name);
  if (value == nullptr) return nullptr;
  if (!value->is_array()) add_wrong_kind(name, *value, "a list");
  return value->if_array();
}

std::optional<std::size_t> Fields::word(
    std::string_view name, std::span<std::string_view const> words
) const {
  auto const written = text(name);
  if (!written) return std::nullopt;
  auto const found = std::ranges::find(words, std::string_view(*written));
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  std::string_view const near = closest_match(*written, words);
  std::string hint =
      near.empty() ? "write one of " + listed(words) : "did you mean " + quoted(near) + "?";
  add(name, "unknown_word", quoted(*written) + " is not one of " + listed(words), std::move(hint));
  return std::nullopt;
}

}  // namespace ropewalk::fields
