#include "engine/model/time_zone.hpp"

#include <cctz/time_zone.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace ropewalk {
namespace {

namespace chrono = std::chrono;

constexpr std::string_view zones_directory = "/usr/share/zoneinfo/";

// "+02:00", "-02:30", "02:00"
std::optional<chrono::seconds> fixed_offset(std::string_view zone) {
  bool const is_west = zone.starts_with('-');
  if (is_west || zone.starts_with('+')) zone.remove_prefix(1);
  if (zone.size() != 5 || zone[2] != ':') return std::nullopt;
  unsigned hours = 0;
  unsigned minutes = 0;
  char const* const text = zone.data();
  if (std::from_chars(text, text + 2, hours).ptr != text + 2) return std::nullopt;
  if (std::from_chars(text + 3, text + 5, minutes).ptr != text + 5) return std::nullopt;
  if (hours > 23 || minutes > 59) return std::nullopt;
  chrono::seconds const seconds = chrono::hours(hours) + chrono::minutes(minutes);
  return is_west ? -seconds : seconds;
}

// Names only: no path out of the directory, no prefix that cctz gives a meaning ("file:", "libc:").
bool is_zone_name(std::string_view zone) {
  constexpr std::size_t size_max = 64;
  auto const is_allowed = [](char character) {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') || character == '_' || character == '/' ||
           character == '+' || character == '-';
  };
  return !zone.empty() && zone.size() <= size_max && zone.front() != '/' && zone != "localtime" &&
         std::all_of(zone.begin(), zone.end(), is_allowed);
}

cctz::civil_second civil(chrono::local_seconds local) {
  auto const day = chrono::floor<chrono::days>(local);
  chrono::year_month_day const date(day);
  chrono::hh_mm_ss const time(local - day);
  return cctz::civil_second(
      int{date.year()},
      unsigned{date.month()},
      unsigned{date.day()},
      time.hours().count(),
      time.minutes().count(),
      time.seconds().count()
  );
}

}  // namespace

TimeZone TimeZone::utc() {
  return TimeZone("UTC");
}

std::optional<TimeZone> TimeZone::find(std::string_view name) {
  TimeZone out{std::string(name)};
  if (name == "UTC" || name == "Z") return out;
  if (auto const offset = fixed_offset(name)) {
    out.fixed_ = *offset;
    return out;
  }
  if (!is_zone_name(name)) return std::nullopt;
  // cctz remembers every name it is asked for: ask only for files that exist, so that names cannot
  // pile up.
  std::error_code error;
  if (!std::filesystem::is_regular_file(std::string(zones_directory) + out.name_, error))
    return std::nullopt;
  cctz::time_zone loaded;
  if (!cctz::load_time_zone(out.name_, &loaded)) return std::nullopt;
  out.zone_ = std::make_shared<cctz::time_zone const>(loaded);
  return out;
}

chrono::seconds TimeZone::offset(chrono::sys_seconds at) const {
  return zone_ ? chrono::seconds(zone_->lookup(at).offset) : fixed_;
}

chrono::local_seconds TimeZone::to_local(chrono::sys_seconds at) const {
  return chrono::local_seconds(at.time_since_epoch() + offset(at));
}

chrono::sys_seconds TimeZone::to_sys(chrono::local_seconds local) const {
  // In both odd cases the offset before the change is the one to count with.
  if (zone_) return zone_->lookup(civil(local)).pre;
  return chrono::sys_seconds(local.time_since_epoch() - fixed_);
}

}  // namespace ropewalk
