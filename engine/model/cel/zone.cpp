#include "engine/model/cel/time_text.hpp"

#include <cctz/time_zone.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace ropewalk::cel {
namespace {

constexpr std::string_view zones_directory = "/usr/share/zoneinfo/";

// "+02:00", "-02:30", "02:00"
std::optional<std::int64_t> fixed_offset(std::string_view zone) {
  bool const is_west = zone.starts_with('-');
  if (is_west || zone.starts_with('+')) zone.remove_prefix(1);
  if (zone.size() != 5 || zone[2] != ':') return std::nullopt;
  unsigned hours = 0;
  unsigned minutes = 0;
  char const* const text = zone.data();
  if (std::from_chars(text, text + 2, hours).ptr != text + 2) return std::nullopt;
  if (std::from_chars(text + 3, text + 5, minutes).ptr != text + 5) return std::nullopt;
  if (hours > 23 || minutes > 59) return std::nullopt;
  std::int64_t const seconds = std::int64_t{hours} * 3600 + std::int64_t{minutes} * 60;
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

}  // namespace

std::optional<std::int64_t> zone_offset(std::string_view zone, Timestamp at) {
  if (zone == "UTC" || zone == "Z") return 0;
  if (auto const offset = fixed_offset(zone)) return offset;
  if (!is_zone_name(zone)) return std::nullopt;
  // cctz remembers every name it is asked for: ask only for files that exist, so that names cannot
  // pile up.
  std::string const name(zone);
  std::error_code error;
  if (!std::filesystem::is_regular_file(std::string(zones_directory) + name, error)) {
    return std::nullopt;
  }
  cctz::time_zone loaded;
  if (!cctz::load_time_zone(name, &loaded)) return std::nullopt;
  cctz::time_point<cctz::seconds> const time{cctz::seconds(at.seconds)};
  return loaded.lookup(time).offset;
}

}  // namespace ropewalk::cel
