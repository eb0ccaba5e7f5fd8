#include "engine/model/cel/format.hpp"
#include "engine/model/cel/time_text.hpp"
#include "engine/model/cel/utf8.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace ropewalk::cel {
namespace {

Result<> append_list(std::string& text, List const& list, Budget& budget) {
  text += '[';
  for (std::size_t index = 0; index < list.size(); ++index) {
    if (index > 0) text += ", ";
    if (auto done = append_display(text, list.at(index), budget); !done) return done;
  }
  text += ']';
  return {};
}

Result<> append_map(std::string& text, Map const& map, Budget& budget) {
  if (!budget.charge(map.size())) return expression_too_costly();
  std::vector<std::pair<std::string, Value>> keys;
  for (Value const& key : map.keys()) {
    std::string shown;
    if (auto done = append_display(shown, key, budget); !done) return done;
    keys.emplace_back(std::move(shown), key);
  }
  std::sort(keys.begin(), keys.end(), [](auto const& left, auto const& right) {
    return left.first < right.first;
  });
  text += '{';
  bool is_first = true;
  for (auto const& [shown, key] : keys) {
    if (!std::exchange(is_first, false)) text += ", ";
    text += shown + ": ";
    auto const value = map.find(key);
    if (!value) continue;
    if (auto done = append_display(text, *value, budget); !done) return done;
  }
  text += '}';
  return {};
}

std::string scalar_text(Value const& value) {
  switch (value.kind()) {
    case Kind::null_type:
      return "null";
    case Kind::boolean:
      return value.as<bool>() ? "true" : "false";
    case Kind::integer:
      return std::to_string(value.as<std::int64_t>());
    case Kind::unsigned_integer:
      return std::to_string(value.as<std::uint64_t>());
    case Kind::real:
      return format_real(value.as<double>());
    case Kind::timestamp:
      return format_timestamp(value.as<Timestamp>());
    case Kind::duration:
      return format_duration_text(value.as<Nanoseconds>());
    case Kind::type:
      return std::string(to_string(value.as<Type>().kind));
    default:
      return std::string(to_string(value.kind()));
  }
}

}  // namespace

std::string format_real(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number < 0 ? "-Infinity" : "Infinity";
  double const size = std::fabs(number);
  bool const is_plain = size == 0 || (size >= 1e-6 && size < 1e21);
  std::array<char, 64> buffer{};
  auto const written = std::to_chars(
      buffer.data(),
      buffer.data() + buffer.size(),
      number,
      is_plain ? std::chars_format::fixed : std::chars_format::scientific
  );
  return std::string(buffer.data(), written.ptr);
}

Result<> append_display(std::string& text, Value const& value, Budget& budget) {
  if (!budget.charge(1)) return expression_too_costly();
  if (value.is(Kind::string) || value.is(Kind::bytes)) {
    std::string_view const content =
        value.is(Kind::string) ? value.text() : value.as<Bytes>().content.view();
    if (!budget.charge_bytes(content.size())) return expression_too_costly();
    if (value.is(Kind::bytes) && !is_utf8(content)) {
      return expression_failed("the bytes are not valid UTF-8");
    }
    text += content;
    return {};
  }
  if (auto const* list = value.get<List>()) return append_list(text, *list, budget);
  if (auto const* map = value.get<Map>()) return append_map(text, *map, budget);
  text += scalar_text(value);
  return {};
}

std::string short_text(Value const& value) {
  if (!value.is(Kind::string)) return scalar_text(value);
  constexpr std::size_t shown_max = 60;
  std::string_view const text = value.text();
  if (text.size() <= shown_max) return std::string(text);
  // Not in the middle of a code point.
  std::size_t size = shown_max;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0u) == 0x80u) --size;
  return std::string(text.substr(0, size)) + "…";
}

}  // namespace ropewalk::cel
