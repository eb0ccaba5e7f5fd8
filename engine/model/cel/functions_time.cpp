// Timestamps and durations: conversions, and the parts of both.

#include "engine/model/cel/format.hpp"
#include "engine/model/cel/functions.hpp"
#include "engine/model/cel/time_text.hpp"

#include <array>
#include <chrono>

namespace ropewalk::cel {
namespace {

constexpr std::int64_t second_in_ns = 1'000'000'000;

Result<Value> to_timestamp(Call const& call) {
  if (call.is(0, Kind::timestamp)) return call[0];
  if (auto const* seconds = call[0].get<std::int64_t>()) {
    Timestamp const timestamp{.seconds = *seconds, .nanoseconds = 0};
    if (!is_in_range(timestamp)) return expression_failed("the timestamp is out of range");
    return Value(timestamp);
  }
  if (!call.is(0, Kind::string)) return no_such_overload(call);
  if (auto const timestamp = parse_timestamp(call[0].text())) return Value(*timestamp);
  Error error = expression_failed("not a timestamp: " + short_text(call[0]));
  error.hint = "Timestamps look like 2026-01-31T08:15:00Z (RFC 3339).";
  return error;
}

Result<Value> to_duration(Call const& call) {
  if (call.is(0, Kind::duration)) return call[0];
  if (!call.is(0, Kind::string)) return no_such_overload(call);
  if (auto const duration = parse_duration_text(call[0].text())) return Value(*duration);
  Error error = expression_failed("not a duration, or out of range: " + short_text(call[0]));
  error.hint = "Durations look like 1h30m, 1.5s or 200ms.";
  return error;
}

struct LocalTime {
  std::chrono::year_month_day date{};
  std::chrono::sys_days days{};
  std::int64_t second_of_day{};
  std::int32_t nanoseconds{};
};

Result<LocalTime> local_time(Call const& call) {
  Timestamp const timestamp = call[0].as<Timestamp>();
  std::int64_t offset = 0;
  if (call.size() > 1) {
    if (!call.is(1, Kind::string)) return no_such_overload(call);
    auto const found = zone_offset(call[1].text(), timestamp);
    if (!found) return expression_failed("no such time zone: " + short_text(call[1]));
    offset = *found;
  }
  std::chrono::sys_seconds const time{std::chrono::seconds(timestamp.seconds + offset)};
  auto const days = std::chrono::floor<std::chrono::days>(time);
  return LocalTime{
      std::chrono::year_month_day(days), days, (time - days).count(), timestamp.nanoseconds};
}

template <class Part>
Result<Value> date_part(Call const& call, Part part) {
  if (!call.is(0, Kind::timestamp)) return no_such_overload(call);
  TRY(auto const local, local_time(call));
  return Value(static_cast<std::int64_t>(part(local)));
}

Result<Value> full_year(Call const& call) {
  return date_part(call, [](LocalTime const& local) { return int{local.date.year()}; });
}

Result<Value> month(Call const& call) {
  return date_part(call, [](LocalTime const& local) { return unsigned{local.date.month()} - 1; });
}

Result<Value> date(Call const& call) {
  return date_part(call, [](LocalTime const& local) { return unsigned{local.date.day()}; });
}

Result<Value> day_of_month(Call const& call) {
  return date_part(call, [](LocalTime const& local) { return unsigned{local.date.day()} - 1; });
}

Result<Value> day_of_week(Call const& call) {
  return date_part(call, [](LocalTime const& local) {
    return std::chrono::weekday(local.days).c_encoding();
  });
}

Result<Value> day_of_year(Call const& call) {
  return date_part(call, [](LocalTime const& local) {
    std::chrono::year_month_day const first{
        local.date.year(), std::chrono::January, std::chrono::day(1)};
    return (local.days - std::chrono::sys_days(first)).count();
  });
}

// Hours to milliseconds exist for durations too, where they count the whole span (milliseconds: the
// rest of a second).
template <class Part>
Result<Value> clock_part(Call const& call, std::int64_t nanoseconds_each, Part part) {
  auto const* span = call[0].get<Nanoseconds>();
  if (span == nullptr) return date_part(call, part);
  if (call.size() > 1) return no_such_overload(call);
  return Value(span->count() / nanoseconds_each);
}

Result<Value> hours(Call const& call) {
  return clock_part(call, 3600 * second_in_ns, [](LocalTime const& local) {
    return local.second_of_day / 3600;
  });
}

Result<Value> minutes(Call const& call) {
  return clock_part(call, 60 * second_in_ns, [](LocalTime const& local) {
    return local.second_of_day / 60 % 60;
  });
}

Result<Value> seconds(Call const& call) {
  return clock_part(call, second_in_ns, [](LocalTime const& local) {
    return local.second_of_day % 60;
  });
}

Result<Value> milliseconds(Call const& call) {
  if (auto const* span = call[0].get<Nanoseconds>(); span != nullptr && call.size() == 1) {
    return Value(span->count() % second_in_ns / 1'000'000);
  }
  return date_part(call, [](LocalTime const& local) { return local.nanoseconds / 1'000'000; });
}

constexpr std::array<FunctionEntry, 12> table{{
    {"timestamp", CallStyle::global, 1, 1, to_timestamp},
    {"duration", CallStyle::global, 1, 1, to_duration},
    {"getFullYear", CallStyle::receiver, 1, 2, full_year},
    {"getMonth", CallStyle::receiver, 1, 2, month},
    {"getDate", CallStyle::receiver, 1, 2, date},
    {"getDayOfMonth", CallStyle::receiver, 1, 2, day_of_month},
    {"getDayOfWeek", CallStyle::receiver, 1, 2, day_of_week},
    {"getDayOfYear", CallStyle::receiver, 1, 2, day_of_year},
    {"getHours", CallStyle::receiver, 1, 2, hours},
    {"getMinutes", CallStyle::receiver, 1, 2, minutes},
    {"getSeconds", CallStyle::receiver, 1, 2, seconds},
    {"getMilliseconds", CallStyle::receiver, 1, 2, milliseconds},
}};

}  // namespace

std::span<FunctionEntry const> time_functions() {
  return table;
}

}  // namespace ropewalk::cel
