#include "engine/schedule/timetable.hpp"

#include <algorithm>

namespace ropewalk {
namespace {

class Planner {
 public:
  Planner(Timetable const& timetable, TimetableState const& state, Instant now)
      : timetable_(timetable), state_(state), now_(now) {
    plan_.decided_until = state.decided_until;
  }

  TickPlan run() {
    auto ticks = take_due();
    bool const gives_way = timetable_.overlap == Overlap::cancel_oldest && !ticks.empty();
    if (!gives_way && state_.queued_count > 0 && !state_.has_active) {
      plan_.promote = true;
      state_.has_active = true;
      --state_.queued_count;
    }
    switch (timetable_.overlap) {
      case Overlap::allow:
        plan_.start = std::move(ticks);
        break;
      case Overlap::skip:
        for (auto const& tick : ticks) start_unless_active(tick);
        break;
      case Overlap::queue:
        for (auto const& tick : ticks) start_or_queue(tick);
        break;
      case Overlap::cancel_oldest:
        if (!ticks.empty()) replace(ticks);
        break;
    }
    return std::move(plan_);
  }

 private:
  Duration lateness(Tick const& tick) const { return now_ - tick.due; }
  void skip(SkipReason reason, Instant at) { plan_.skipped.push_back({reason, at}); }

  /// Everything up to `until` was missed and is not made up for.
  void pass_over(Instant until) {
    auto& done = plan_.decided_until;
    for (std::size_t count = 0; count < ticks_planned_max; ++count) {
      auto const tick = timetable_.recurrence.next(done);
      if (!tick || *tick > until) break;
      skip(SkipReason::missed, *tick);
      done = *tick;
    }
    done = std::max(done, until);
  }

  /// Of the missed ones only the last counts: goes to just before it in steps that grow, so that a
  /// long time away costs no walk through all its ticks.
  void pass_over_all_but_latest(Instant missed_until) {
    for (Duration back = std::chrono::minutes(1);; back *= 4) {
      auto const from = missed_until - back;
      if (from <= plan_.decided_until) return;
      auto const tick = timetable_.recurrence.next(from);
      if (tick && *tick <= missed_until) return pass_over(from);
    }
  }

  std::vector<Tick> take_due() {
    bool const forgives = timetable_.catch_up != CatchUp::none;
    auto const window =
        forgives ? std::max(timetable_.catch_up_within, tick_late_max) : tick_late_max;
    auto const oldest = now_ - window - timetable_.jitter;
    if (oldest > plan_.decided_until) pass_over(oldest);
    if (timetable_.catch_up == CatchUp::latest)
      pass_over_all_but_latest(now_ - tick_late_max - timetable_.jitter);
    std::vector<Tick> out;
    std::optional<Tick> latest_missed;
    for (auto at = next(); at; at = next()) {
      Tick const tick{*at, *at + jitter_of(timetable_.name, *at, timetable_.jitter)};
      bool const is_full = out.size() >= ticks_planned_max;
      if (is_full || tick.due > now_) {
        plan_.look_at = is_full ? now_ : tick.due;
        break;
      }
      plan_.decided_until = tick.at;
      bool const is_missed = lateness(tick) > tick_late_max;
      if (lateness(tick) > window) {
        skip(SkipReason::missed, tick.at);
      } else if (!is_missed || timetable_.catch_up == CatchUp::all) {
        out.push_back(tick);
      } else {  // latest
        if (latest_missed) skip(SkipReason::missed, latest_missed->at);
        latest_missed = tick;
      }
    }
    if (latest_missed && out.empty())
      out.push_back(*latest_missed);
    else if (latest_missed)
      skip(SkipReason::missed, latest_missed->at);
    return out;
  }

  std::optional<Instant> next() const { return timetable_.recurrence.next(plan_.decided_until); }

  void start_unless_active(Tick const& tick) {
    if (state_.has_active) return skip(SkipReason::overlap, tick.at);
    plan_.start.push_back(tick);
    state_.has_active = true;
  }

  void start_or_queue(Tick const& tick) {
    if (!state_.has_active && state_.queued_count == 0) {
      plan_.start.push_back(tick);
      state_.has_active = true;
    } else if (state_.queued_count < ticks_queued_max) {
      plan_.queue.push_back(tick);
      ++state_.queued_count;
    } else {
      skip(SkipReason::queue_full, tick.at);
    }
  }

  /// The last one takes the place of all before it.
  void replace(std::vector<Tick> const& ticks) {
    for (std::size_t i = 0; i + 1 < ticks.size(); ++i) skip(SkipReason::superseded, ticks[i].at);
    plan_.drop_queued = state_.queued_count > 0;
    plan_.cancel_active = state_.has_active;
    (state_.has_active ? plan_.queue : plan_.start).push_back(ticks.back());
  }

  Timetable const& timetable_;
  TimetableState state_;
  Instant now_;
  TickPlan plan_;
};

}  // namespace

std::string_view to_string(SkipReason reason) {
  switch (reason) {
    case SkipReason::missed:
      return "missed";
    case SkipReason::overlap:
      return "overlap";
    case SkipReason::queue_full:
      return "queueFull";
    case SkipReason::superseded:
      return "superseded";
  }
  return "missed";
}

TickPlan plan_ticks(Timetable const& timetable, TimetableState const& state, Instant now) {
  return Planner(timetable, state, now).run();
}

std::vector<Instant> next_runs(
    Timetable const& timetable, Instant decided_until, Instant now, std::size_t count
) {
  std::vector<Instant> out;
  auto at = timetable.recurrence.next(std::max(decided_until, now - timetable.jitter));
  while (at && out.size() < count) {
    auto const due = *at + jitter_of(timetable.name, *at, timetable.jitter);
    if (due > now) out.push_back(due);
    at = timetable.recurrence.next(*at);
  }
  return out;
}

}  // namespace ropewalk
