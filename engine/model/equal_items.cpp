#include "engine/model/equal_items.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <vector>

namespace ropewalk {
namespace {

namespace json = boost::json;

template <class Number>
void append_number(Number number, std::string& out) {
  char digits[32];
  auto const end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
  out.append(digits, end);
}

/// Whole doubles are written as the integers that they equal.
void append_double(double number, std::string& out) {
  constexpr double int64_end = 9223372036854775808.0;
  constexpr double uint64_end = 18446744073709551616.0;
  bool const is_whole = std::trunc(number) == number;
  if (is_whole && number >= -int64_end && number < int64_end)
    append_number(static_cast<std::int64_t>(number), out);
  else if (is_whole && number >= int64_end && number < uint64_end)
    append_number(static_cast<std::uint64_t>(number), out);
  else
    append_number(number, out);
}

/// With its length before it: no text within can be taken for what follows.
void append_text(std::string_view text, std::string& out) {
  append_number(text.size(), out);
  out.append(":").append(text);
}

void append_canonical(json::value const& value, std::string& out);

void append_object(json::object const& object, std::string& out) {
  std::vector<json::key_value_pair const*> members;
  members.reserve(object.size());
  for (auto const& member : object) members.push_back(&member);
  std::ranges::sort(members, {}, [](json::key_value_pair const* member) {
    return std::string_view(member->key());
  });
  out += '{';
  for (auto const* member : members) {
    append_text(member->key(), out);
    append_canonical(member->value(), out);
  }
  out += '}';
}

/// Equal values and no others get the same text. As deep as the value, which its parser bounds.
void append_canonical(json::value const& value, std::string& out) {
  switch (value.kind()) {
    case json::kind::null:
      out += 'n';
      break;
    case json::kind::bool_:
      out += value.get_bool() ? 't' : 'f';
      break;
    case json::kind::int64:
      append_number(value.get_int64(), out);
      break;
    case json::kind::uint64:
      append_number(value.get_uint64(), out);
      break;
    case json::kind::double_:
      append_double(value.get_double(), out);
      break;
    case json::kind::string:
      out += 's';
      append_text(value.get_string(), out);
      break;
    case json::kind::array:
      out += '[';
      for (auto const& element : value.get_array()) append_canonical(element, out);
      out += ']';
      break;
    case json::kind::object:
      append_object(value.get_object(), out);
      break;
  }
  out += ',';
}

}  // namespace

std::optional<std::pair<std::size_t, std::size_t>> find_equal_items(
    std::span<json::value const> items, std::function<void(std::size_t bytes)> const& spend
) {
  // Sorted rather than hashed: no choice of elements makes it slow.
  std::vector<std::pair<std::string, std::size_t>> texts;
  texts.reserve(items.size());
  for (auto const& item : items) {
    std::string text;
    append_canonical(item, text);
    spend(text.size());
    texts.emplace_back(std::move(text), texts.size());
  }
  std::ranges::sort(texts);
  auto const same = std::ranges::adjacent_find(texts, [](auto const& left, auto const& right) {
    return left.first == right.first;
  });
  if (same == texts.end()) return std::nullopt;
  return std::pair(same->second, (same + 1)->second);
}

}  // namespace ropewalk
