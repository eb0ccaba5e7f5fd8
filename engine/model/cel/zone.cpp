#include "engine/model/cel/time_text.hpp"
#include "engine/model/time_zone.hpp"

namespace ropewalk::cel {

std::optional<std::int64_t> zone_offset(std::string_view zone, Timestamp at) {
  auto const found = TimeZone::find(zone);
  if (!found) return std::nullopt;
  return found->offset(std::chrono::sys_seconds(std::chrono::seconds(at.seconds))).count();
}

}  // namespace ropewalk::cel
