// Goal: durations and instants survive being written and read, and what is not one is refused.

#include "engine/base/time.hpp"

#include <gtest/gtest.h>

namespace ropewalk {
namespace {

using namespace std::chrono_literals;

TEST(Duration, reads) {
  std::pair<char const*, Duration> const cases[]{
      {"500ms", 500ms},
      {"1s", 1s},
      {"5m", 5min},
      {"2h", 2h},
      {"1d", 24h},
      {"1.5s", 1500ms},
      {"0s", 0s},
      {"1h30m", 90min},
      {"10us", 10us},
      {"0.0000005s", 1us},
  };
  for (auto const& [text, duration] : cases) {
    auto const parsed = parse_duration(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(*parsed, duration) << text;
  }
}

TEST(Duration, refuses) {
  for (char const* text :
       {"", "5", "s", "-1s", "1 s", "1w", "1e3s", ".5s", "1s ", "900000d", "inf", "nan"}) {
    auto const parsed = parse_duration(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, "invalid_duration");
    EXPECT_FALSE(parsed.error().hint.empty());
  }
}

TEST(Duration, writes_what_it_reads) {
  for (char const* text : {"0s", "1s", "1h30m", "250ms", "10us", "1d2h3m4s5ms6us"})
    EXPECT_EQ(format_duration(*parse_duration(text)), text);
  EXPECT_EQ(format_duration(-1500ms), "-1s500ms");
}

TEST(Instant, reads_and_writes) {
  std::pair<char const*, char const*> const cases[]{
      {"2026-01-31T08:15:00Z", "2026-01-31T08:15:00.000000Z"},
      {"2026-01-31T08:15:00.00025Z", "2026-01-31T08:15:00.000250Z"},
      {"2026-01-31T08:15:00.123456789Z", "2026-01-31T08:15:00.123456Z"},
      {"2026-01-31T01:15:00+02:30", "2026-01-30T22:45:00.000000Z"},
      {"1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500000Z"},
      {"2024-02-29t00:00:00z", "2024-02-29T00:00:00.000000Z"},
  };
  for (auto const& [text, canonical] : cases) {
    auto const parsed = parse_instant(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(format_instant(*parsed), canonical);
    EXPECT_EQ(*parse_instant(canonical), *parsed);
  }
}

TEST(Instant, refuses) {
  for (char const* text :
       {"",
        "2026-01-31",
        "2026-02-30T00:00:00Z",
        "2026-01-31T24:00:00Z",
        "2026-01-31T08:15:00",
        "2026-01-31T08:15:00.Z",
        "2026-01-31T08:15:00Zx",
        "2026-01-31T08:15:00+2:00",
        "2026-01-31T08:15:00+02:"})
    EXPECT_FALSE(parse_instant(text)) << text;
}

}  // namespace
}  // namespace ropewalk
