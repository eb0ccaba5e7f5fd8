// When cron expressions are due. Method: expressions beside the times that follow on a stated one,
// as the clocks of a zone show them; changes of clocks of 2026 (New York: 8 March, 1 November).
#include "engine/model/cron.hpp"

#include "engine/base/time.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ropewalk {
namespace {

namespace chrono = std::chrono;
using Texts = std::vector<std::string>;

chrono::sys_seconds at(std::string const& text) {
  return chrono::floor<chrono::seconds>(parse_instant(text).value());
}

/// The next `count` times as "2026-03-08 03:30-04" in the zone.
Texts next(
    std::string const& expression,
    std::string const& after,
    std::string const& zone_name = "UTC",
    int count = 3
) {
  auto const cron = Cron::parse(expression).value();
  auto const zone = TimeZone::find(zone_name).value();
  Texts out;
  auto time = at(after);
  for (int i = 0; i < count; ++i) {
    auto const found = cron.next(time, zone);
    if (!found) return out;
    time = *found;
    auto const local = chrono::sys_seconds(zone.to_local(time).time_since_epoch());
    auto const hours = chrono::duration_cast<chrono::hours>(zone.offset(time)).count();
    auto text = format_instant(local).substr(0, 16);
    text[10] = ' ';
    out.push_back(text + (zone_name == "UTC" ? "" : std::to_string(hours)));
  }
  return out;
}

TEST(Cron, IsDueToTheMinuteAndAfterTheTimeGiven) {
  EXPECT_EQ(
      next("*/20 * * * *", "2026-01-31T23:20:00Z"),
      (Texts{"2026-01-31 23:40", "2026-02-01 00:00", "2026-02-01 00:20"})
  );
  EXPECT_EQ(next("5 4 * * *", "2026-01-31T04:04:59Z", "UTC", 1), Texts{"2026-01-31 04:05"});
}

TEST(Cron, ReadsNamesRangesStepsAndLists) {
  EXPECT_EQ(
      next("30 6 * * mon-fri", "2026-11-20T12:00:00Z"),
      (Texts{"2026-11-23 06:30", "2026-11-24 06:30", "2026-11-25 06:30"})
  );
  EXPECT_EQ(
      next("0 12 1 JAN,jul *", "2026-01-01T12:00:00Z", "UTC", 2),
      (Texts{"2026-07-01 12:00", "2027-01-01 12:00"})
  );
  EXPECT_EQ(
      next("10-50/20 8 * * *", "2026-01-01T00:00:00Z"),
      (Texts{"2026-01-01 08:10", "2026-01-01 08:30", "2026-01-01 08:50"})
  );
  EXPECT_EQ(
      next("40/10 8 * * *", "2026-01-01T00:00:00Z"),
      (Texts{"2026-01-01 08:40", "2026-01-01 08:50", "2026-01-02 08:40"})
  );
  EXPECT_EQ(next("0 0 * * 7", "2026-11-23T00:00:00Z", "UTC", 1), Texts{"2026-11-29 00:00"});
  EXPECT_EQ(next("@weekly", "2026-11-23T00:00:00Z", "UTC", 1), Texts{"2026-11-29 00:00"});
}

TEST(Cron, OneKindOfDayIsEnoughWhereBothAreGiven) {
  EXPECT_EQ(
      next("0 0 13 * fri", "2026-02-01T00:00:00Z"),
      (Texts{"2026-02-06 00:00", "2026-02-13 00:00", "2026-02-20 00:00"})
  );
  EXPECT_EQ(next("0 0 13 * *", "2026-02-01T00:00:00Z", "UTC", 1), Texts{"2026-02-13 00:00"});
  EXPECT_EQ(next("0 0 31 4 mon", "2026-04-01T00:00:00Z", "UTC", 1), Texts{"2026-04-06 00:00"});
}

TEST(Cron, LeapDaysAreWaitedFor) {
  EXPECT_EQ(
      next("0 0 29 2 *", "2096-03-01T00:00:00Z", "UTC", 2),
      (Texts{"2104-02-29 00:00", "2108-02-29 00:00"})
  );
}

TEST(Cron, WhatClocksJumpOverComesAsLongAfterTheJump) {
  EXPECT_EQ(
      next("30 2 * * *", "2026-03-07T00:00:00Z", "America/New_York"),
      (Texts{"2026-03-07 02:30-5", "2026-03-08 03:30-4", "2026-03-09 02:30-4"})
  );
  EXPECT_EQ(
      next("30 2,3 * * *", "2026-03-08T05:00:00Z", "America/New_York", 2),
      (Texts{"2026-03-08 03:30-4", "2026-03-09 02:30-4"})
  ) << "once, though both name it";
}

TEST(Cron, WhatClocksShowTwiceComesOnce) {
  EXPECT_EQ(
      next("30 1 * * *", "2026-11-01T00:00:00Z", "America/New_York", 2),
      (Texts{"2026-11-01 01:30-4", "2026-11-02 01:30-5"})
  );
}

TEST(Cron, EveryHourFollowsRealTime) {
  EXPECT_EQ(
      next("30 * * * *", "2026-11-01T05:00:00Z", "America/New_York"),
      (Texts{"2026-11-01 01:30-4", "2026-11-01 01:30-5", "2026-11-01 02:30-5"})
  );
  EXPECT_EQ(
      next("0 * * * *", "2026-03-08T06:00:00Z", "America/New_York", 2),
      (Texts{"2026-03-08 03:00-4", "2026-03-08 04:00-4"})
  );
}

TEST(Cron, DaysThatBeginLateBeginLate) {
  // Santiago's clocks jump from 24:00 to 01:00 on 6 September 2026.
  EXPECT_EQ(
      next("0 0 * * *", "2026-09-05T12:00:00Z", "America/Santiago", 2),
      (Texts{"2026-09-06 01:00-3", "2026-09-07 00:00-3"})
  );
  EXPECT_EQ(
      next("*/30 * * * *", "2026-09-06T03:30:00Z", "America/Santiago", 2),
      (Texts{"2026-09-06 01:00-3", "2026-09-06 01:30-3"})
  );
}

TEST(Cron, SaysWhatItCannotRead) {
  struct Case {
    char const* text;
    char const* message;
  };
  for (auto const& [text, message] : std::vector<Case>{
           {"* * * *", "has 4 fields, not 5"},
           {"0 * * * * *", "has 6 fields, not 5"},
           {"60 * * * *", "`60` is no minute"},
           {"* 24 * * *", "`24` is no hour"},
           {"* * 0 * *", "`0` is no day of the month"},
           {"* * * foo *", "`foo` is no month"},
           {"* * * * 8", "`8` is no day of the week"},
           {"*/0 * * * *", "`*/0` is no minute"},
           {"-5 * * * *", "`` is no minute"},
           {"1,,2 * * * *", "`` is no minute"},
           {"* * * * fri-mon", "ends before it begins"},
           {"0 0 31 4,6 *", "never comes"},
           {"@reboot", "has 1 fields, not 5"}}) {
    auto const cron = Cron::parse(text);
    ASSERT_FALSE(cron) << text;
    EXPECT_EQ(cron.error().code, "invalid_cron");
    EXPECT_NE(cron.error().message.find(message), std::string::npos) << cron.error().message;
  }
  EXPECT_FALSE(Cron::parse(std::string(1000, '*')));
}

}  // namespace
}  // namespace ropewalk
