#include "engine/base/error.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace ropewalk {
namespace {

constexpr std::array<std::string_view, 4> class_names{
    "transient", "resource", "permanent", "dependency"};

std::string text_or_empty(boost::json::object const& object, std::string_view key) {
  auto const* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

std::string_view to_string(ErrorClass error_class) {
  return class_names[static_cast<std::size_t>(error_class)];
}

std::optional<ErrorClass> parse_error_class(std::string_view text) {
  for (std::size_t i = 0; i < class_names.size(); ++i)
    if (class_names[i] == text) return static_cast<ErrorClass>(i);
  return std::nullopt;
}

boost::json::value to_json(Error const& error) {
  boost::json::object out;
  out["class"] = to_string(error.error_class);
  out["code"] = error.code;
  out["message"] = error.message;
  if (!error.hint.empty()) out["hint"] = error.hint;
  if (!error.detail.is_null()) out["detail"] = error.detail;
  return out;
}

Error error_from_json(boost::json::value const& json) {
  Error error;
  auto const* object = json.if_object();
  if (!object) return error;
  if (auto parsed = parse_error_class(text_or_empty(*object, "class"))) error.error_class = *parsed;
  error.code = text_or_empty(*object, "code");
  error.message = text_or_empty(*object, "message");
  error.hint = text_or_empty(*object, "hint");
  if (auto const* detail = object->if_contains("detail")) error.detail = *detail;
  return error;
}

void throw_exception_from_error(Error const& error, boost::source_location const&) {
  throw std::logic_error("unchecked error " + error.code + ": " + error.message);
}

void check_failed(char const* condition, char const* file, int line) {
  std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, condition);
  std::abort();
}

}  // namespace ropewalk
