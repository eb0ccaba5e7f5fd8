// When things come round, and how their starts are spread. Method: times beside those that follow.
#include "engine/model/recurrence.hpp"

#include <gtest/gtest.h>

#include <set>

namespace ropewalk {
namespace {

using namespace std::chrono_literals;

Instant at(std::string const& text) {
  return parse_instant(text).value();
}

std::string next(Recurrence const& recurrence, std::string const& after) {
  auto const found = recurrence.next(at(after));
  return found ? format_instant(*found).substr(0, 19) : "never";
}

TEST(Recurrence, AnIntervalIsCountedFromItsStart) {
  auto const every = Recurrence::every(90s, at("2026-01-01T00:00:10Z"));
  EXPECT_EQ(next(every, "2025-06-01T00:00:00Z"), "2026-01-01T00:00:10");
  EXPECT_EQ(next(every, "2026-01-01T00:00:10Z"), "2026-01-01T00:01:40");
  EXPECT_EQ(next(every, "2026-01-01T00:01:39.999999Z"), "2026-01-01T00:01:40");
  EXPECT_EQ(
      next(Recurrence::every(5min, Instant()), "2026-01-01T11:58:03Z"), "2026-01-01T12:00:00"
  );
}

TEST(Recurrence, OnceIsOnce) {
  auto const once = Recurrence::once(at("2026-12-01T09:00:00Z"));
  EXPECT_EQ(next(once, "2026-12-01T08:59:59.999999Z"), "2026-12-01T09:00:00");
  EXPECT_EQ(next(once, "2026-12-01T09:00:00Z"), "never");
  EXPECT_EQ(next(Recurrence(), "2026-12-01T09:00:00Z"), "never");
}

TEST(Recurrence, CronIsByTheClocksOfItsZone) {
  auto const berlin = TimeZone::find("Europe/Berlin").value();
  auto const daily = Recurrence::cron(Cron::parse("30 2 * * *").value(), berlin);
  EXPECT_EQ(next(daily, "2026-03-28T01:30:00Z"), "2026-03-29T01:30:00")
      << "the clocks jump over it";
  EXPECT_EQ(next(daily, "2026-03-29T01:30:00Z"), "2026-03-30T00:30:00") << "summer time";
  EXPECT_EQ(next(daily, "2026-10-25T00:29:59.5Z"), "2026-10-25T00:30:00");
  EXPECT_EQ(next(daily, "2026-10-25T00:30:00Z"), "2026-10-26T01:30:00")
      << "not at the second 02:30";
}

TEST(Jitter, IsTheSameForAllAndSpreadsOverItsSpan) {
  EXPECT_EQ(jitter_of("a", at("2026-01-01T00:00:00Z"), 0s), 0s);
  std::set<Duration> seen;
  Duration sum{};
  constexpr int count = 1000;
  for (int i = 0; i < count; ++i) {
    auto const tick = at("2026-01-01T00:00:00Z") + i * 60s;
    auto const delay = jitter_of("nightly", tick, 30s);
    EXPECT_EQ(delay, jitter_of("nightly", tick, 30s));
    EXPECT_GE(delay, 0s);
    EXPECT_LT(delay, 30s);
    seen.insert(delay);
    sum += delay;
  }
  EXPECT_GT(seen.size(), 990U);
  EXPECT_NEAR(static_cast<double>((sum / count).count()), 15e6, 1e6);
  EXPECT_NE(jitter_of("a", Instant(), 1h), jitter_of("b", Instant(), 1h));
}

}  // namespace
}  // namespace ropewalk
