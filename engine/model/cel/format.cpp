#include "engine/model/cel/format.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace ropewalk::cel {
namespace {

constexpr int precision_default = 6;
constexpr int precision_max = 100;

std::string digits_of(std::uint64_t magnitude, bool is_negative, int base, bool upper) {
  std::array<char, 72> buffer{};
  auto const written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), magnitude, base);
  std::string text(buffer.data(), written.ptr);
  if (upper) {
    for (char& digit : text) {
      if (digit >= 'a') digit = static_cast<char>(digit - 'a' + 'A');
    }
  }
  return is_negative ? "-" + text : text;
}

std::string hex_of(std::string_view bytes, bool upper) {
  std::string text;
  text.reserve(bytes.size() * 2);
  std::string_view const digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  for (char const byte : bytes) {
    auto const number = static_cast<unsigned char>(byte);
    text += digits[number >> 4];
    text += digits[number & 15];
  }
  return text;
}

std::optional<std::string> whole_text(Value const& value, int base, bool upper) {
  if (auto const* natural = value.get<std::uint64_t>())
    return digits_of(*natural, false, base, upper);
  auto const* integer = value.get<std::int64_t>();
  if (integer == nullptr) return std::nullopt;
  auto const bits = static_cast<std::uint64_t>(*integer);
  return digits_of(*integer < 0 ? 0 - bits : bits, *integer < 0, base, upper);
}

std::optional<std::string> decimal_text(Value const& value) {
  if (auto const* real = value.get<double>()) {
    // JSON data: 2.0 is a whole number too.
    if (!std::isfinite(*real) || std::trunc(*real) == *real) return format_real(*real);
    return std::nullopt;
  }
  return whole_text(value, 10, false);
}

std::optional<std::string> real_text(Value const& value, char verb, int precision) {
  double number = 0;
  if (auto const* real = value.get<double>()) {
    number = *real;
  } else if (auto const* integer = value.get<std::int64_t>()) {
    number = static_cast<double>(*integer);
  } else if (auto const* natural = value.get<std::uint64_t>()) {
    number = static_cast<double>(*natural);
  } else {
    return std::nullopt;
  }
  if (!std::isfinite(number)) return format_real(number);
  std::array<char, 512> buffer{};  // 309 digits before the point, precision_max behind it
  auto const written = std::to_chars(
      buffer.data(),
      buffer.data() + buffer.size(),
      number,
      verb == 'e' ? std::chars_format::scientific : std::chars_format::fixed,
      precision
  );
  return std::string(buffer.data(), written.ptr);
}

std::optional<std::string> verb_text(char verb, Value const& value, int precision) {
  switch (verb) {
    case 'd':
      return decimal_text(value);
    case 'f':
    case 'e':
      return real_text(value, verb, precision);
    case 'o':
      return whole_text(value, 8, false);
    case 'b':
      if (auto const* truth = value.get<bool>()) return *truth ? "1" : "0";
      return whole_text(value, 2, false);
    default: {
      bool const upper = verb == 'X';
      if (value.is(Kind::string)) return hex_of(value.text(), upper);
      if (value.is(Kind::bytes)) return hex_of(value.as<Bytes>().content.view(), upper);
      return whole_text(value, 16, upper);
    }
  }
}

// Reads ".3" from the front of `rest`. nullopt when a point is not followed by a sensible number.
std::optional<int> read_precision(std::string_view& rest) {
  if (!rest.starts_with('.')) return precision_default;
  int precision = 0;
  auto const read = std::from_chars(rest.data() + 1, rest.data() + rest.size(), precision);
  if (read.ec != std::errc() || precision < 0 || precision > precision_max) return std::nullopt;
  rest.remove_prefix(static_cast<std::size_t>(read.ptr - rest.data()));
  return precision;
}

Result<> append_verb(
    std::string& text, char verb, Value const& value, int precision, Budget& budget
) {
  if (verb == 's') return append_display(text, value, budget);
  bool const has_bytes = value.is(Kind::string) || value.is(Kind::bytes);
  std::size_t const size = !has_bytes               ? 0
                           : value.is(Kind::string) ? value.text().size()
                                                    : value.as<Bytes>().content.view().size();
  if (!budget.charge_bytes(size * 2)) return expression_too_costly();
  auto const shown = verb_text(verb, value, precision);
  if (!shown) {
    return expression_failed(
        std::string("%") + verb + " cannot show a value of type " +
        std::string(to_string(value.kind()))
    );
  }
  text += *shown;
  return {};
}

}  // namespace

Result<std::string> format_text(std::string_view pattern, List const& arguments, Budget& budget) {
  if (!budget.charge_bytes(pattern.size())) return expression_too_costly();
  std::string text;
  std::size_t next = 0;
  while (!pattern.empty()) {
    std::size_t const percent = std::min(pattern.find('%'), pattern.size());
    text += pattern.substr(0, percent);
    pattern.remove_prefix(percent);
    if (pattern.empty()) break;
    pattern.remove_prefix(1);
    if (pattern.starts_with('%')) {
      text += '%';
      pattern.remove_prefix(1);
      continue;
    }
    auto const precision = read_precision(pattern);
    if (!precision) return expression_failed("expected a precision up to 100 after '%.'");
    constexpr std::string_view verbs = "sdfexXob";
    if (pattern.empty() || verbs.find(pattern.front()) == std::string_view::npos) {
      return expression_failed("expected one of s d f e x X o b % after '%'");
    }
    if (next >= arguments.size())
      return expression_failed("format() has more verbs than arguments");
    auto done = append_verb(text, pattern.front(), arguments.at(next), *precision, budget);
    if (!done) return done.error();
    pattern.remove_prefix(1);
    ++next;
  }
  return text;
}

}  // namespace ropewalk::cel
