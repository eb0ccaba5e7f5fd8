#include "engine/base/time.hpp"

#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>

namespace ropewalk {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t micros;
};
constexpr std::array<Unit, 6> units{{
    {"d", 86'400'000'000},
    {"h", 3'600'000'000},
    {"m", 60'000'000},
    {"s", 1'000'000},
    {"ms", 1'000},
    {"us", 1},
}};

Error bad_duration(std::string_view text) {
  return Error{
      ErrorClass::permanent,
      "invalid_duration",
      '"' + std::string(text.substr(0, 40)) + "\" is not a duration",
      "write a number and a unit: 500ms, 1s, 5m, 2h, 1d or 1h30m"};
}

Error bad_timestamp(std::string_view text) {
  return Error{
      ErrorClass::permanent,
      "invalid_timestamp",
      '"' + std::string(text.substr(0, 40)) + "\" is not a timestamp",
      "write RFC 3339, like 2026-01-31T08:15:00Z"};
}

/// Reads exactly `count` digits at `at`; -1 when there are fewer.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return -1;
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  std::string_view rest = text;
  double total = 0;
  if (rest.empty()) return bad_duration(text);
  while (!rest.empty()) {
    if (!std::isdigit(static_cast<unsigned char>(rest.front()))) return bad_duration(text);
    double number = 0;
    auto [end, ec] =
        std::from_chars(rest.data(), rest.data() + rest.size(), number, std::chars_format::fixed);
    if (ec != std::errc()) return bad_duration(text);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    std::size_t name_size = 0;
    while (name_size < rest.size() && std::isalpha(static_cast<unsigned char>(rest[name_size])))
      ++name_size;
    Unit const* unit = nullptr;
    for (auto const& candidate : units)
      if (candidate.name == rest.substr(0, name_size)) unit = &candidate;
    if (!unit) return bad_duration(text);
    total += number * static_cast<double>(unit->micros);
    rest.remove_prefix(name_size);
  }
  constexpr double duration_max =
      100.0 * 365 * 86'400e6;  // a century: beyond it, sums with a date could overflow
  if (total > duration_max) return bad_duration(text);
  return Duration(std::llround(total));
}

std::string format_duration(Duration duration) {
  std::int64_t rest = duration.count();
  if (rest == 0) return "0s";
  std::string out;
  if (rest < 0) {
    out += '-';
    rest = -rest;
  }
  for (auto const& unit : units) {
    if (rest < unit.micros) continue;
    out += std::to_string(rest / unit.micros);
    out += unit.name;
    rest %= unit.micros;
  }
  return out;
}

std::string format_instant(Instant instant) {
  auto const day = std::chrono::floor<std::chrono::days>(instant);
  std::chrono::year_month_day const date(day);
  std::chrono::hh_mm_ss const time(instant - day);
  std::array<char, 40> buffer{};
  int const size = std::snprintf(
      buffer.data(),
      buffer.size(),
      "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ",
      static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()),
      static_cast<int>(time.hours().count()),
      static_cast<int>(time.minutes().count()),
      static_cast<int>(time.seconds().count()),
      static_cast<int>(time.subseconds().count())
  );
  return std::string(buffer.data(), static_cast<std::size_t>(size));
}

Result<Instant> parse_instant(std::string_view text) {
  int const year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  int const hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  bool const shaped = text.size() >= 20 && text[4] == '-' && text[7] == '-' &&
                      (text[10] == 'T' || text[10] == 't' || text[10] == ' ') && text[13] == ':' &&
                      text[16] == ':';
  if (!shaped || year < 0 || month < 1 || day < 1 || hour < 0 || minute < 0 || second < 0)
    return bad_timestamp(text);
  if (hour > 23 || minute > 59 || second > 60) return bad_timestamp(text);
  std::chrono::year_month_day const date(
      std::chrono::year(year),
      std::chrono::month(static_cast<unsigned>(month)),
      std::chrono::day(static_cast<unsigned>(day))
  );
  if (!date.ok()) return bad_timestamp(text);
  std::size_t at = 19;
  std::int64_t micros = 0;
  if (text[at] == '.') {
    std::int64_t scale = 100'000;
    std::size_t const first = ++at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10)
      micros += (text[at] - '0') * scale;
    if (at == first || at - first > 9) return bad_timestamp(text);
  }
  std::chrono::minutes offset{0};
  if (at < text.size() && (text[at] == 'Z' || text[at] == 'z')) {
    ++at;
  } else if (at < text.size() && (text[at] == '+' || text[at] == '-')) {
    int const hours = digits(text, at + 1, 2), minutes = digits(text, at + 4, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || text[at + 3] != ':')
      return bad_timestamp(text);
    offset = std::chrono::minutes((text[at] == '-' ? -1 : 1) * (hours * 60 + minutes));
    at += 6;
  } else {
    return bad_timestamp(text);
  }
  if (at != text.size()) return bad_timestamp(text);
  return Instant(std::chrono::sys_days(date)) + std::chrono::hours(hour) +
         std::chrono::minutes(minute) - offset + std::chrono::seconds(second) + Duration(micros);
}

}  // namespace ropewalk
