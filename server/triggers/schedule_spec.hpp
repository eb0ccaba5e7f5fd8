#pragma once
// The definition of a schedule, read and checked. Pure functions.

#include "engine/schedule/timetable.hpp"
#include "server/triggers/definition.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace ropewalk::server {

struct ScheduleSpec {
  StartSpec start{};
  Timetable timetable{};
  std::optional<Instant> at{};       // of one that is due once
  std::string timing{};              // what its ticks follow from: the same text, the same ticks
  std::optional<bool> paused{};      // not part of the definition that is kept
  boost::json::object definition{};  // as it was given, without `paused`
};

/// Errors: invalid_argument, with all problems in its detail.
Result<ScheduleSpec> read_schedule(std::string name, boost::json::object definition);
/// The same of one that was stored. Errors: also invalid_definition.
Result<ScheduleSpec> read_stored_schedule(std::string name, std::string const& definition);

/// The definition with what holds where it says nothing.
boost::json::object describe(ScheduleSpec const& spec);

}  // namespace ropewalk::server
