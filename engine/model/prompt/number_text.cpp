#include "engine/model/prompt/number_text.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace ropewalk::prompt {
namespace {

template <class Integer>
void append_integer(Integer number, std::string& out) {
  std::array<char, 24> buffer{};
  auto const end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  out.append(buffer.data(), end);
}

/// `digits` without a point; the point stands behind the first `point` of them.
void append_digits(std::string_view digits, int point, std::string& out) {
  int const count = static_cast<int>(digits.size());
  if (point > 21 || point <= -6) {
    out += digits[0];
    if (count > 1) (out += '.') += digits.substr(1);
    out += point > 0 ? "e+" : "e-";
    append_integer(std::abs(point - 1), out);
  } else if (point <= 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-point), '0');
    out += digits;
  } else if (point >= count) {
    out += digits;
    out.append(static_cast<std::size_t>(point - count), '0');
  } else {
    auto const size = static_cast<std::size_t>(point);
    ((out += digits.substr(0, size)) += '.') += digits.substr(size);
  }
}

}  // namespace

void append_number(double number, std::string& out) {
  if (std::isnan(number)) {
    out += "NaN";
    return;
  }
  if (number == 0) {
    out += '0';
    return;
  }
  if (number < 0) out += '-';
  number = std::fabs(number);
  if (std::isinf(number)) {
    out += "Infinity";
    return;
  }
  std::array<char, 40> buffer{};
  auto const end =
      std::to_chars(
          buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::scientific
      )
          .ptr;
  std::string_view const written(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  std::size_t const e = written.find('e');
  std::string digits(1, written[0]);
  if (e > 2) digits += written.substr(2, e - 2);
  int exponent = 0;
  std::size_t const sign = written[e + 1] == '+' ? 2 : 1;
  std::from_chars(written.data() + e + sign, end, exponent);
  append_digits(digits, exponent + 1, out);
}

void append_scalar(boost::json::value const& value, std::string& out) {
  if (auto const* truth = value.if_bool()) {
    out += *truth ? "true" : "false";
  } else if (auto const* whole = value.if_int64()) {
    append_integer(*whole, out);
  } else if (auto const* natural = value.if_uint64()) {
    append_integer(*natural, out);
  } else {
    append_number(value.get_double(), out);
  }
}

}  // namespace ropewalk::prompt
