// Time zones. Method: offsets and the two odd hours of a year in known zones.
#include "engine/model/time_zone.hpp"

#include <gtest/gtest.h>

namespace ropewalk {
namespace {

using namespace std::chrono;

TEST(TimeZone, IsFoundByNameOrOffset) {
  auto const noon = sys_seconds(sys_days(2026y / July / 1d) + 12h);
  EXPECT_EQ(TimeZone::find("UTC")->offset(noon), 0s);
  EXPECT_EQ(TimeZone::find("+05:30")->offset(noon), 5h + 30min);
  EXPECT_EQ(TimeZone::find("-05:30")->offset(noon), -5h - 30min);
  EXPECT_EQ(TimeZone::find("Europe/Berlin")->offset(noon), 2h);
  for (auto const* name : {"", "Berlin", "../etc/passwd", "/etc/localtime", "localtime", "+25:00"})
    EXPECT_FALSE(TimeZone::find(name)) << name;
}

TEST(TimeZone, KnowsWhenClocksShowATime) {
  auto const berlin = *TimeZone::find("Europe/Berlin");
  auto const day = local_days(2026y / March / 29d);  // 02:00 becomes 03:00
  EXPECT_EQ(berlin.to_local(berlin.to_sys(day + 1h)), day + 1h);
  EXPECT_EQ(berlin.to_local(berlin.to_sys(day + 2h + 30min)), day + 3h + 30min);
  auto const autumn = local_days(2026y / October / 25d);  // 03:00 becomes 02:00
  auto const first = berlin.to_sys(autumn + 2h + 30min);
  EXPECT_EQ(berlin.offset(first), 2h) << "the first of the two";
  EXPECT_EQ(berlin.to_local(first + 1h), autumn + 2h + 30min);
}

}  // namespace
}  // namespace ropewalk
