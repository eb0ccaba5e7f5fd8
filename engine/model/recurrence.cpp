#include "engine/model/recurrence.hpp"

#include <cstdint>
#include <utility>

namespace ropewalk {

Recurrence Recurrence::cron(Cron cron, TimeZone zone) {
  Recurrence out;
  out.kind_ = Calendar{std::move(cron), std::move(zone)};
  return out;
}

Recurrence Recurrence::every(Duration interval, Instant start) {
  ROPEWALK_CHECK(interval > Duration());
  Recurrence out;
  out.kind_ = Interval{interval, start};
  return out;
}

Recurrence Recurrence::once(Instant at) {
  Recurrence out;
  out.kind_ = Single{at};
  return out;
}

std::optional<Instant> Recurrence::next(Instant after) const {
  if (auto const* calendar = std::get_if<Calendar>(&kind_)) {
    auto const at =
        calendar->cron.next(std::chrono::floor<std::chrono::seconds>(after), calendar->zone);
    if (!at) return std::nullopt;
    return Instant(*at);
  }
  if (auto const* interval = std::get_if<Interval>(&kind_)) {
    if (after < interval->start) return interval->start;
    auto const passed = (after - interval->start) / interval->interval;
    return interval->start + (passed + 1) * interval->interval;
  }
  auto const* single = std::get_if<Single>(&kind_);
  if (single == nullptr || single->at <= after) return std::nullopt;
  return single->at;
}

Duration jitter_of(std::string_view name, Instant tick, Duration jitter) {
  if (jitter <= Duration()) return Duration();
  // FNV-1a over the name and the bytes of the time, then a finalizer: its low bits alone are poor.
  std::uint64_t hash = 0xcbf29ce484222325;
  auto const add = [&hash](std::uint64_t byte) { hash = (hash ^ byte) * 0x100000001b3; };
  for (char const c : name) add(static_cast<unsigned char>(c));
  auto const time = static_cast<std::uint64_t>(tick.time_since_epoch().count());
  for (unsigned shift = 0; shift < 64; shift += 8) add(time >> shift & 0xffU);
  hash = (hash ^ hash >> 30U) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ hash >> 27U) * 0x94d049bb133111eb;
  hash ^= hash >> 31U;
  return Duration(static_cast<std::int64_t>(hash % static_cast<std::uint64_t>(jitter.count())));
}

}  // namespace ropewalk
