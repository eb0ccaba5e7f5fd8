#include "engine/model/cron.hpp"

#include <algorithm>

namespace ropewalk {
namespace {

namespace chrono = std::chrono;

constexpr std::uint64_t all_hours = 0xffffff;
constexpr chrono::days search_max(40 * 366);

constexpr bool has(std::uint64_t bits, unsigned n) {
  return (bits >> n & 1U) != 0;
}

}  // namespace

bool Cron::has_day(chrono::local_days day) const {
  chrono::year_month_day const date(day);
  if (!has(months_, static_cast<unsigned>(date.month()))) return false;
  bool const is_day = has(days_, static_cast<unsigned>(date.day()));
  bool const is_weekday = has(weekdays_, chrono::weekday(day).c_encoding());
  return either_day_ ? is_day || is_weekday : is_day && is_weekday;
}

std::optional<chrono::sys_seconds> Cron::next(chrono::sys_seconds after, TimeZone const& zone)
    const {
  return hours_ == all_hours ? next_of_every_hour(after, zone) : next_of_hours(after, zone);
}

std::optional<chrono::sys_seconds> Cron::next_of_every_hour(
    chrono::sys_seconds after, TimeZone const& zone
) const {
  auto at = chrono::floor<chrono::minutes>(after) + chrono::minutes(1);
  auto const end = after + search_max;
  while (at < end) {
    auto const local = zone.to_local(at);
    auto const day = chrono::floor<chrono::days>(local);
    if (!has_day(day)) {
      auto const begin = zone.to_sys(day + chrono::days(1));
      at = std::max(at + chrono::minutes(1), chrono::ceil<chrono::minutes>(begin));
      continue;
    }
    chrono::hh_mm_ss const time(local - day);
    if (has(minutes_, static_cast<unsigned>(time.minutes().count()))) return at;
    at += chrono::minutes(1);
  }
  return std::nullopt;
}

std::optional<chrono::sys_seconds> Cron::next_of_hours(
    chrono::sys_seconds after, TimeZone const& zone
) const {
  // What the clocks jumped over before midnight belongs to the day before.
  auto day = chrono::floor<chrono::days>(zone.to_local(after)) - chrono::days(1);
  auto const end = day + search_max;
  for (; day < end; day += chrono::days(1)) {
    auto const found = first_on(day, after, zone);
    if (!found) continue;
    auto const also = first_on(day + chrono::days(1), after, zone);
    return also ? std::min(*found, *also) : *found;
  }
  return std::nullopt;
}

std::optional<chrono::sys_seconds> Cron::first_on(
    chrono::local_days day, chrono::sys_seconds after, TimeZone const& zone
) const {
  std::optional<chrono::sys_seconds> first;
  if (!has_day(day)) return first;
  for (unsigned hour = 0; hour < 24; ++hour) {
    if (!has(hours_, hour)) continue;
    for (unsigned minute = 0; minute < 60; ++minute) {
      if (!has(minutes_, minute)) continue;
      auto const at = zone.to_sys(day + chrono::hours(hour) + chrono::minutes(minute));
      if (at > after && (!first || at < *first)) first = at;
    }
  }
  return first;
}

}  // namespace ropewalk
