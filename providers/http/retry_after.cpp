#include "providers/http/retry_after.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace ropewalk {
namespace {

constexpr double seconds_max = 366.0 * 24 * 3600;

struct Unit {
  std::string_view name;
  double seconds;
};
// Longer names first: "ms" is not "m" followed by an "s".
constexpr std::array units{
    Unit{"ns", 1e-9},
    Unit{"us", 1e-6},
    Unit{"\xC2\xB5s", 1e-6},
    Unit{"\xCE\xBCs", 1e-6},
    Unit{"ms", 1e-3},
    Unit{"s", 1},
    Unit{"m", 60},
    Unit{"h", 3600},
    Unit{"d", 86400}};

constexpr std::array<std::string_view, 12> months{
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// Reads a number without sign or exponent off the front of `text`.
std::optional<double> take_number(std::string_view& text) {
  auto const size = std::min(text.find_first_not_of("0123456789."), text.size());
  double number = 0;
  auto const read =
      std::from_chars(text.data(), text.data() + size, number, std::chars_format::fixed);
  if (size == 0 || read.ec != std::errc() || read.ptr != text.data() + size) return std::nullopt;
  text.remove_prefix(size);
  return number;
}

std::optional<Duration> from_seconds(double seconds) {
  if (!(seconds >= 0 && seconds <= seconds_max)) return std::nullopt;
  return Duration(std::llround(seconds * 1e6));
}

std::optional<double> take_unit(std::string_view& text) {
  for (auto const& unit : units) {
    if (!text.starts_with(unit.name)) continue;
    text.remove_prefix(unit.name.size());
    return unit.seconds;
  }
  return std::nullopt;
}

template <class Integer>
bool read_digits(std::string_view text, Integer& out) {
  auto const read = std::from_chars(text.data(), text.data() + text.size(), out);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() && text.front() != '-';
}

Duration until(Instant then, Instant now) {
  return std::max(then - now, Duration::zero());
}

}  // namespace

Instant server_time(HttpHeaders const& headers) {
  if (auto const date = parse_http_date(find_header(headers, "date"))) return *date;
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

std::optional<Duration> parse_reset(std::string_view text) {
  double seconds = 0;
  bool is_first = true;
  while (!text.empty()) {
    auto const number = take_number(text);
    if (!number) return std::nullopt;
    if (text.empty()) return is_first ? from_seconds(*number) : std::nullopt;
    auto const unit = take_unit(text);
    if (!unit) return std::nullopt;
    seconds += *number * *unit;
    is_first = false;
  }
  if (is_first) return std::nullopt;
  return from_seconds(seconds);
}

std::optional<Instant> parse_http_date(std::string_view text) {
  // "Sun, 06 Nov 1994 08:49:37 GMT": every field has its place.
  if (text.size() != 29 || text.substr(25) != " GMT" || text[3] != ',') return std::nullopt;
  unsigned day = 0, month = 0, hour = 0, minute = 0, second = 0;
  int year = 0;
  while (month < months.size() && months[month] != text.substr(8, 3)) ++month;
  bool const is_read =
      read_digits(text.substr(5, 2), day) && read_digits(text.substr(12, 4), year) &&
      read_digits(text.substr(17, 2), hour) && read_digits(text.substr(20, 2), minute) &&
      read_digits(text.substr(23, 2), second);
  if (!is_read || month == months.size() || hour > 23 || minute > 59 || second > 60)
    return std::nullopt;
  std::chrono::year_month_day const date{
      std::chrono::year(year), std::chrono::month(month + 1), std::chrono::day(day)};
  if (!date.ok()) return std::nullopt;
  return Instant(std::chrono::sys_days(date)) + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second);
}

std::optional<Duration> retry_after(HttpHeaders const& headers) {
  auto milliseconds = find_header(headers, "retry-after-ms");
  if (auto const number = take_number(milliseconds); number && milliseconds.empty())
    return from_seconds(*number / 1000);
  auto const text = find_header(headers, "retry-after");
  if (auto const date = parse_http_date(text)) return until(*date, server_time(headers));
  return parse_reset(text);
}

}  // namespace ropewalk
