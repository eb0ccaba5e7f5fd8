#include "engine/model/prompt/values.hpp"

#include "engine/base/text.hpp"
#include "engine/model/prompt/characters.hpp"
#include "engine/model/prompt/number_text.hpp"

#include <charconv>
#include <cmath>
#include <limits>

namespace ropewalk::prompt {
namespace {

std::string_view view_of(json::string const& text) {
  return {text.data(), text.size()};
}

bool append_text_at(Pointer value, std::size_t depth, std::string& out) {
  if (is_nothing(value)) return true;
  if (auto const* text = value->if_string()) {
    out += view_of(*text);
  } else if (auto const* list = value->if_array()) {
    if (depth == value_depth_max) return false;
    bool is_first = true;
    for (auto const& item : *list) {
      if (!is_first) out += ',';
      is_first = false;
      if (!append_text_at(&item, depth + 1, out)) return false;
    }
  } else if (value->is_object()) {
    out += "[object Object]";
  } else {
    append_scalar(*value, out);
  }
  return true;
}

double number_of(std::string_view text) {
  text = trim(text);
  if (text.empty()) return 0;
  double number = 0;
  auto const read = std::from_chars(text.data(), text.data() + text.size(), number);
  bool const is_whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
  return is_whole ? number : std::numeric_limits<double>::quiet_NaN();
}

/// REQUIRES: not nothing.
double number_of(json::value const& value) {
  if (auto const* truth = value.if_bool()) return *truth ? 1 : 0;
  if (value.is_number()) return value.to_number<double>();
  std::string text;
  append_text(&value, text);
  return number_of(std::string_view(text));
}

bool is_wordy(json::value const& value) {
  return value.is_string() || value.is_array() || value.is_object();
}

/// The position that a canonical decimal number means.
std::optional<std::size_t> index_of(std::string_view key) {
  std::size_t index = 0;
  auto const read = std::from_chars(key.data(), key.data() + key.size(), index);
  if (read.ec != std::errc() || read.ptr != key.data() + key.size()) return std::nullopt;
  if (key.size() > 1 && key.front() == '0') return std::nullopt;
  return index;
}

}  // namespace

bool is_truthy(Pointer value) {
  if (is_nothing(value)) return false;
  if (auto const* truth = value->if_bool()) return *truth;
  if (auto const* text = value->if_string()) return !text->empty();
  if (!value->is_number()) return true;
  double const number = value->to_number<double>();
  return number != 0 && !std::isnan(number);
}

bool is_empty(Pointer value) {
  if (auto const* list = value != nullptr ? value->if_array() : nullptr) return list->empty();
  if (value != nullptr && value->is_number()) return std::isnan(value->to_number<double>());
  return !is_truthy(value);
}

bool is_same(Pointer a, Pointer b) {
  if (a == nullptr || b == nullptr) return a == b;
  if (a->is_number() && b->is_number()) {
    if (a->is_double() || b->is_double()) return a->to_number<double>() == b->to_number<double>();
    return *a == *b;
  }
  if (a->kind() != b->kind()) return false;
  if (a->is_object() || a->is_array()) return a == b;
  return *a == *b;
}

bool is_similar(Pointer a, Pointer b) {
  if (is_nothing(a) || is_nothing(b)) return is_nothing(a) && is_nothing(b);
  if (a == b) return true;
  if (a->is_structured() && b->is_structured()) return false;
  if (!is_wordy(*a) || !is_wordy(*b)) return number_of(*a) == number_of(*b);
  std::string left;
  std::string right;
  return append_text(a, left) && append_text(b, right) && left == right;
}

bool append_text(Pointer value, std::string& out) {
  return append_text_at(value, 0, out);
}

Pointer find_member(json::value const& value, std::string_view key) {
  if (auto const* object = value.if_object()) return find_field(*object, key);
  auto const* list = value.if_array();
  if (list == nullptr) return nullptr;
  auto const index = index_of(key);
  return index && *index < list->size() ? &(*list)[*index] : nullptr;
}

std::optional<std::int64_t> find_length(json::value const& value) {
  if (auto const* list = value.if_array()) return static_cast<std::int64_t>(list->size());
  auto const* text = value.if_string();
  if (text == nullptr) return std::nullopt;
  std::int64_t count = 0;
  for (char const c : view_of(*text)) {
    auto const byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) != 0x80U) ++count;  // a character begins
    if (byte >= 0xF0U) ++count;            // one of two units
  }
  return count;
}

std::optional<std::string> find_character(std::string_view text, std::string_view key) {
  auto const index = index_of(key);
  if (!index) return std::nullopt;
  std::size_t unit = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t const size = std::max<std::size_t>(1, utf8_sequence_size(text, at));
    std::size_t const units = size == 4 ? 2 : 1;
    if (*index < unit + units)
      return units == 2 ? std::string("\xEF\xBF\xBD") : std::string(text.substr(at, size));
    unit += units;
    at += size;
  }
  return std::nullopt;
}

}  // namespace ropewalk::prompt
