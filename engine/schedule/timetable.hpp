#pragma once
// What is to be done about the ticks of a schedule: which are due, which were missed, and what
// happens while an execution that it started before still runs.
//
// Any thread: pure functions; the time is an argument, and jitter is computed from names and times.

#include "engine/base/time.hpp"
#include "engine/model/recurrence.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk {

/// A tick comes while an execution that an earlier one started still runs.
enum class Overlap : unsigned char {
  skip,           // it starts nothing
  queue,          // it waits for the end of the one before
  cancel_oldest,  // what runs is cancelled; it starts when that has ended
  allow,          // it starts beside it
};

/// Which of the ticks that nobody took in time are made up for.
enum class CatchUp : unsigned char { none, latest, all };

inline constexpr Duration tick_late_max = std::chrono::seconds(30);  // past it, a tick was missed
inline constexpr std::size_t ticks_queued_max = 10;                  // of one schedule
inline constexpr std::size_t ticks_planned_max = 100;                // at once

struct Timetable {
  std::string name{};  // jitter depends on it
  Recurrence recurrence{};
  Overlap overlap = Overlap::skip;
  CatchUp catch_up = CatchUp::latest;
  Duration catch_up_within = std::chrono::hours(1);
  Duration jitter{};
};

struct Tick {
  Instant at{};   // as the recurrence says
  Instant due{};  // with its jitter

  bool operator==(Tick const&) const = default;
};

enum class SkipReason : unsigned char {
  missed,      // nobody was there, and it is not made up for
  overlap,     // the one before still ran
  queue_full,  // the same, and ticks_queued_max wait already
  superseded,  // a later one took its place
};
std::string_view to_string(SkipReason reason);

struct SkippedTick {
  SkipReason reason = SkipReason::missed;
  Instant at{};

  bool operator==(SkippedTick const&) const = default;
};

struct TimetableState {
  Instant decided_until{};       // ticks up to here are done with
  bool has_active = false;       // something that it started has not ended
  std::size_t queued_count = 0;  // ticks that wait for that
};

struct TickPlan {
  std::vector<Tick> start{};
  std::vector<Tick> queue{};           // behind those that wait
  bool promote = false;                // the first of those that wait starts
  bool drop_queued = false;            // those that wait are given up, before `queue` is added
  bool cancel_active = false;          // what runs is cancelled
  std::vector<SkippedTick> skipped{};  // of the missed ones at most ticks_planned_max
  Instant decided_until{};
  std::optional<Instant>
      look_at{};  // when the clock next brings something to decide; never if empty
};

TickPlan plan_ticks(Timetable const& timetable, TimetableState const& state, Instant now);

/// When the next starts will be, at most `count`, if nothing comes between.
std::vector<Instant> next_runs(
    Timetable const& timetable, Instant decided_until, Instant now, std::size_t count
);

}  // namespace ropewalk
