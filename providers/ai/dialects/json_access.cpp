#include "providers/ai/dialects/json_access.hpp"

#include <cmath>

namespace ropewalk::ai {
namespace {

constexpr std::int64_t count_max = 1'000'000'000;

std::optional<std::int64_t> whole_number(json::value const* value) {
  if (value == nullptr) return std::nullopt;
  if (value->is_int64()) return value->get_int64();
  if (value->is_uint64()) return std::nullopt;  // does not fit
  if (!value->is_double()) return std::nullopt;
  double const number = value->get_double();
  if (!(std::abs(number) < 1e15) || std::trunc(number) != number) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

}  // namespace

json::value const* member(json::object const& object, std::string_view key) {
  return object.if_contains(key);
}

json::object const* object_at(json::object const& object, std::string_view key) {
  auto const* value = object.if_contains(key);
  return value != nullptr ? value->if_object() : nullptr;
}

json::array const* array_at(json::object const& object, std::string_view key) {
  auto const* value = object.if_contains(key);
  return value != nullptr ? value->if_array() : nullptr;
}

std::string_view text_at(json::object const& object, std::string_view key) {
  auto const* value = object.if_contains(key);
  auto const* text = value != nullptr ? value->if_string() : nullptr;
  return text != nullptr ? std::string_view(*text) : std::string_view();
}

std::string code_at(json::object const& object, std::string_view key) {
  auto const number = whole_number(member(object, key));
  return number ? std::to_string(*number) : std::string(text_at(object, key));
}

bool bool_at(json::object const& object, std::string_view key, bool otherwise) {
  auto const* value = object.if_contains(key);
  auto const* flag = value != nullptr ? value->if_bool() : nullptr;
  return flag != nullptr ? *flag : otherwise;
}

std::optional<std::int64_t> count_at(json::object const& object, std::string_view key) {
  auto const number = whole_number(member(object, key));
  if (!number || *number < 0 || *number > count_max) return std::nullopt;
  return number;
}

std::optional<std::uint32_t> index_at(json::object const& object, std::string_view key) {
  auto const number = whole_number(member(object, key));
  if (!number || *number < 0 || *number > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

void merge_patch(json::object& target, json::object const& patch) {
  for (auto const& [key, value] : patch) {
    if (value.is_null()) {
      target.erase(key);
    } else if (auto const* inner = value.if_object()) {
      auto& place = target[key];
      if (!place.is_object()) place = json::object();
      merge_patch(place.get_object(), *inner);
    } else {
      target[key] = value;
    }
  }
}

}  // namespace ropewalk::ai
