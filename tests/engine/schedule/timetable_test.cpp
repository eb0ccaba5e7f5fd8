// What is done about ticks: on time, late, missed, while the one before runs. Method: a timetable,
// a state and a time in, a plan out; then days of virtual time with servers that are away now and
// then.
#include "engine/schedule/timetable.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace ropewalk {
namespace {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

Instant at(std::string const& text) {
  return parse_instant(text).value();
}
Instant const noon = at("2026-01-31T12:00:00Z");

std::string clock(Instant time) {
  return format_instant(time).substr(11, 8);
}
Texts clocks(std::vector<Tick> const& ticks) {
  Texts out;
  for (auto const& tick : ticks) out.push_back(clock(tick.at));
  return out;
}
Texts skips(TickPlan const& plan) {
  Texts out;
  for (auto const& skip : plan.skipped)
    out.push_back(std::string(to_string(skip.reason)) + " " + clock(skip.at));
  return out;
}

Timetable every(Duration interval, Overlap overlap = Overlap::allow) {
  Timetable out;
  out.name = "t";
  out.recurrence = Recurrence::every(interval, Instant());
  out.overlap = overlap;
  return out;
}

TimetableState decided(Instant until, bool has_active = false, std::size_t queued = 0) {
  return TimetableState{until, has_active, queued};
}

TEST(Timetable, NothingIsDueBeforeItsTime) {
  auto const plan = plan_ticks(every(5min), decided(noon), noon + 299s);
  EXPECT_TRUE(plan.start.empty());
  EXPECT_EQ(plan.decided_until, noon);
  EXPECT_EQ(plan.look_at, noon + 5min);
}

TEST(Timetable, ATickIsStartedOnceAndTheNextIsLookedFor) {
  auto const plan = plan_ticks(every(5min), decided(noon), noon + 5min);
  EXPECT_EQ(clocks(plan.start), Texts{"12:05:00"});
  EXPECT_EQ(plan.decided_until, noon + 5min);
  EXPECT_EQ(plan.look_at, noon + 10min);
  auto const again = plan_ticks(every(5min), decided(plan.decided_until), noon + 5min);
  EXPECT_TRUE(again.start.empty());
}

TEST(Timetable, ALittleLateIsOnTime) {
  for (auto const catch_up : {CatchUp::none, CatchUp::latest, CatchUp::all}) {
    auto timetable = every(10s);
    timetable.catch_up = catch_up;
    auto const plan = plan_ticks(timetable, decided(noon), noon + 35s);
    EXPECT_EQ(clocks(plan.start), (Texts{"12:00:10", "12:00:20", "12:00:30"}));
    EXPECT_TRUE(plan.skipped.empty());
  }
}

TEST(Timetable, WhatWasMissedIsMadeUpForAsItSays) {
  auto timetable = every(10min);
  auto const now = noon + 45min;
  timetable.catch_up = CatchUp::none;
  auto none = plan_ticks(timetable, decided(noon), now);
  EXPECT_TRUE(none.start.empty());
  EXPECT_EQ(skips(none).size(), 4U);
  EXPECT_EQ(none.look_at, noon + 50min);

  timetable.catch_up = CatchUp::latest;
  auto latest = plan_ticks(timetable, decided(noon), now);
  EXPECT_EQ(clocks(latest.start), Texts{"12:40:00"});
  EXPECT_EQ(skips(latest), (Texts{"missed 12:10:00", "missed 12:20:00", "missed 12:30:00"}));

  timetable.catch_up = CatchUp::all;
  auto all = plan_ticks(timetable, decided(noon), now);
  EXPECT_EQ(clocks(all.start), (Texts{"12:10:00", "12:20:00", "12:30:00", "12:40:00"}));

  timetable.catch_up_within = 20min;
  auto bounded = plan_ticks(timetable, decided(noon), now);
  EXPECT_EQ(clocks(bounded.start), (Texts{"12:30:00", "12:40:00"}));
  EXPECT_EQ(skips(bounded), (Texts{"missed 12:10:00", "missed 12:20:00"}));
  for (auto const& plan : {none, latest, all, bounded}) EXPECT_GE(plan.decided_until, noon + 40min);
}

TEST(Timetable, OneThatIsOnTimeMakesUpForTheMissedOnes) {
  auto timetable = every(1min);
  auto const plan = plan_ticks(timetable, decided(noon), noon + 5min + 10s);
  EXPECT_EQ(clocks(plan.start), Texts{"12:05:00"});
  EXPECT_EQ(skips(plan).size(), 4U);
}

TEST(Timetable, OnceIsMadeUpForWithinItsBound) {
  auto timetable = every(1s);
  timetable.recurrence = Recurrence::once(noon);
  auto const started = plan_ticks(timetable, decided(noon - 1h), noon + 59min);
  EXPECT_EQ(clocks(started.start), Texts{"12:00:00"});
  EXPECT_FALSE(started.look_at);
  auto const missed = plan_ticks(timetable, decided(noon - 1h), noon + 61min);
  EXPECT_TRUE(missed.start.empty());
  EXPECT_EQ(skips(missed), Texts{"missed 12:00:00"});
}

TEST(Timetable, ALongTimeAwayCostsLittle) {
  auto timetable = every(1s);
  timetable.catch_up_within = 24h * 31;
  auto const year_ago = noon - 24h * 365;
  auto const latest = plan_ticks(timetable, decided(year_ago), noon + 500ms);
  EXPECT_EQ(latest.start.size(), 30U) << "those that are on time";
  EXPECT_LE(latest.skipped.size(), 2 * ticks_planned_max + 100);
  timetable.catch_up = CatchUp::all;
  auto const all = plan_ticks(timetable, decided(year_ago), noon + 500ms);
  EXPECT_EQ(all.start.size(), ticks_planned_max);
  EXPECT_EQ(all.look_at, noon + 500ms) << "there is more: at once";
  EXPECT_EQ(all.start.back().at, all.decided_until);
  EXPECT_EQ(all.start.front().at, noon - 24h * 31 + 1s);
}

TEST(Timetable, WhileOneRunsItSkips) {
  auto const timetable = every(10s, Overlap::skip);
  auto const running = plan_ticks(timetable, decided(noon, true), noon + 10s);
  EXPECT_TRUE(running.start.empty());
  EXPECT_EQ(skips(running), Texts{"overlap 12:00:10"});
  auto const free = plan_ticks(timetable, decided(noon), noon + 20s);
  EXPECT_EQ(clocks(free.start), Texts{"12:00:10"});
  EXPECT_EQ(skips(free), Texts{"overlap 12:00:20"});
}

TEST(Timetable, WhileOneRunsItQueuesUpToABound) {
  auto const timetable = every(10s, Overlap::queue);
  auto const running = plan_ticks(timetable, decided(noon, true, 9), noon + 20s);
  EXPECT_EQ(clocks(running.queue), Texts{"12:00:10"});
  EXPECT_EQ(skips(running), Texts{"queueFull 12:00:20"});
  EXPECT_FALSE(running.promote);
  auto const ended = plan_ticks(timetable, decided(noon, false, 2), noon + 10s);
  EXPECT_TRUE(ended.promote) << "in the order of the ticks";
  EXPECT_TRUE(ended.start.empty());
  EXPECT_EQ(clocks(ended.queue), Texts{"12:00:10"});
  auto const free = plan_ticks(timetable, decided(noon), noon + 20s);
  EXPECT_EQ(clocks(free.start), Texts{"12:00:10"});
  EXPECT_EQ(clocks(free.queue), Texts{"12:00:20"});
}

TEST(Timetable, TheNewestTakesThePlaceOfWhatRuns) {
  auto const timetable = every(10s, Overlap::cancel_oldest);
  auto const running = plan_ticks(timetable, decided(noon, true, 1), noon + 20s);
  EXPECT_TRUE(running.cancel_active);
  EXPECT_TRUE(running.drop_queued);
  EXPECT_EQ(clocks(running.queue), Texts{"12:00:20"});
  EXPECT_EQ(skips(running), Texts{"superseded 12:00:10"});
  auto const ended = plan_ticks(timetable, decided(noon, false, 1), noon + 5s);
  EXPECT_TRUE(ended.promote);
  EXPECT_FALSE(ended.drop_queued);
  auto const late = plan_ticks(timetable, decided(noon, false, 1), noon + 10s);
  EXPECT_EQ(clocks(late.start), Texts{"12:00:10"});
  EXPECT_TRUE(late.drop_queued);
  EXPECT_FALSE(late.promote);
}

TEST(Timetable, JitterMovesTheStartNotTheTick) {
  auto timetable = every(1h);
  timetable.jitter = 30min;
  auto const delay = jitter_of("t", noon + 1h, 30min);
  ASSERT_GT(delay, 0s);
  auto const before = plan_ticks(timetable, decided(noon), noon + 1h + delay - 1us);
  EXPECT_TRUE(before.start.empty());
  EXPECT_EQ(before.look_at, noon + 1h + delay);
  auto const then = plan_ticks(timetable, decided(noon), noon + 1h + delay);
  ASSERT_EQ(then.start.size(), 1U);
  EXPECT_EQ(then.start[0], (Tick{noon + 1h, noon + 1h + delay}));
}

TEST(Timetable, NextRunsAreThoseThatAreStillToCome) {
  auto timetable = every(1h);
  EXPECT_EQ(
      next_runs(timetable, noon, noon + 90min, 3),
      (std::vector<Instant>{noon + 2h, noon + 3h, noon + 4h})
  );
  timetable.recurrence = Recurrence::once(noon);
  EXPECT_EQ(next_runs(timetable, noon - 1h, noon - 1min, 5), std::vector<Instant>{noon});
  EXPECT_TRUE(next_runs(timetable, noon, noon + 1min, 5).empty());
}

/// Over both changes of clocks of a year: every day once, whenever servers look.
TEST(Timetable, EveryDayOfAYearOnceWhereClocksChange) {
  std::mt19937 random(7);
  Timetable timetable;
  timetable.name = "daily";
  timetable.recurrence = Recurrence::cron(
      Cron::parse("30 2 * * *").value(), TimeZone::find("America/New_York").value()
  );
  timetable.overlap = Overlap::allow;
  timetable.catch_up = CatchUp::all;
  timetable.catch_up_within = 24h;
  timetable.jitter = 10min;
  auto now = at("2026-01-01T00:00:00Z");
  auto state = decided(now);
  std::set<Instant> started;
  auto const end = at("2027-01-01T00:00:00Z");
  while (now < end) {
    auto const plan = plan_ticks(timetable, state, now);
    for (auto const& tick : plan.start) {
      EXPECT_TRUE(started.insert(tick.at).second) << format_instant(tick.at);
      EXPECT_LE(tick.due, now);
    }
    EXPECT_TRUE(plan.skipped.empty());
    EXPECT_GE(plan.decided_until, state.decided_until);
    state.decided_until = plan.decided_until;
    bool const is_away = random() % 10 == 0;
    now = is_away ? now + std::chrono::hours(random() % 20) + 1s : plan.look_at.value();
  }
  EXPECT_EQ(started.size(), 365U);
}

/// Seeded servers that are away at random: what is started at most once, in order, never early.
TEST(Timetable, NoTickTwiceAndNoneLostWithinTheBound) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    std::mt19937 random(seed);
    auto timetable = every(std::chrono::seconds(1 + random() % 100));
    timetable.catch_up = CatchUp::all;
    timetable.catch_up_within = 1h;
    auto now = noon;
    auto state = decided(now);
    std::map<Instant, int> seen;
    for (int step = 0; step < 300; ++step) {
      auto const plan = plan_ticks(timetable, state, now);
      for (auto const& tick : plan.start) ++seen[tick.at];
      state.decided_until = plan.decided_until;
      if (plan.look_at.value() > now)  // else there is more at once
        now = *plan.look_at + std::chrono::seconds(random() % 1200);
    }
    auto tick = timetable.recurrence.next(noon);
    while (*tick <= state.decided_until) {
      EXPECT_EQ(seen[*tick], 1) << "seed " << seed << " " << format_instant(*tick);
      tick = timetable.recurrence.next(*tick);
    }
  }
}

}  // namespace
}  // namespace ropewalk
