#include "engine/model/yaml_scalar.hpp"

#include "engine/base/text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace ropewalk {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_word(
    std::string_view text, std::string_view lower, std::string_view title, std::string_view upper
) {
  return text == lower || text == title || text == upper;
}

Error refuse(std::string_view text, std::string const& why) {
  return Error{
      ErrorClass::permanent,
      "invalid_yaml",
      shorten(text, 60) + " " + why,
      "put it in quotes if it is meant as text"};
}

std::size_t count_digits(std::string_view text) {
  auto const end = std::ranges::find_if_not(text, is_digit);
  return static_cast<std::size_t>(end - text.begin());
}

/// What an integer or a float may look like: [-+]? (digits | digits? . digits?) ([eE] [-+]?
/// digits)?
enum class NumberForm : unsigned char { none, integer, real };

NumberForm form_of(std::string_view text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  std::size_t const whole = count_digits(text);
  text.remove_prefix(whole);
  if (text.empty()) return whole > 0 ? NumberForm::integer : NumberForm::none;
  std::size_t fraction = 0;
  if (text.front() == '.') {
    text.remove_prefix(1);
    fraction = count_digits(text);
    text.remove_prefix(fraction);
  }
  if (whole + fraction == 0) return NumberForm::none;
  if (text.empty()) return NumberForm::real;
  if (text.front() != 'e' && text.front() != 'E') return NumberForm::none;
  text.remove_prefix(1);
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  bool const ends = !text.empty() && count_digits(text) == text.size();
  return ends ? NumberForm::real : NumberForm::none;
}

Result<boost::json::value> read_integer(std::string_view text, std::string_view digits, int base) {
  bool const is_negative = text.front() == '-';
  std::uint64_t size = 0;
  auto const end = digits.data() + digits.size();
  auto const read = std::from_chars(digits.data(), end, size, base);
  constexpr std::uint64_t negative_max = std::uint64_t{1} << 63;
  if (read.ec != std::errc() || (is_negative && size > negative_max))
    return refuse(text, "does not fit 64 bits");
  if (is_negative) return boost::json::value(static_cast<std::int64_t>(0 - size));
  if (size < negative_max) return boost::json::value(static_cast<std::int64_t>(size));
  return boost::json::value(size);
}

Result<boost::json::value> read_real(std::string_view text) {
  std::string_view const digits = text.front() == '+' ? text.substr(1) : text;
  double number = 0;
  auto const read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (read.ec != std::errc() || !std::isfinite(number))
    return refuse(text, "is not a number that a double can hold");
  return boost::json::value(number);
}

bool is_not_finite(std::string_view text) {
  if (is_word(text, ".nan", ".NaN", ".NAN")) return true;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  return is_word(text, ".inf", ".Inf", ".INF");
}

bool has_only(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

}  // namespace

Result<boost::json::value> read_plain_scalar(std::string_view text) {
  if (text.empty() || text == "~" || is_word(text, "null", "Null", "NULL"))
    return boost::json::value(nullptr);
  if (is_word(text, "true", "True", "TRUE")) return boost::json::value(true);
  if (is_word(text, "false", "False", "FALSE")) return boost::json::value(false);
  if (is_not_finite(text)) return refuse(text, "has no place in JSON");
  if (text.starts_with("0x") && has_only(text.substr(2), "0123456789abcdefABCDEF"))
    return read_integer(text, text.substr(2), 16);
  if (text.starts_with("0o") && has_only(text.substr(2), "01234567"))
    return read_integer(text, text.substr(2), 8);
  NumberForm const form = form_of(text);
  if (form == NumberForm::real) return read_real(text);
  if (form == NumberForm::integer) {
    bool const has_sign = !is_digit(text.front());
    std::string_view const digits = text.substr(has_sign ? 1 : 0);
    bool const is_ambiguous = digits.size() > 1 && digits.front() == '0';
    if (!is_ambiguous) return read_integer(text, digits, 10);
  }
  return boost::json::value(boost::json::string(text));
}

}  // namespace ropewalk
