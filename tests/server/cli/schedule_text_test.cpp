// Schedules as text. Method: answers of a server in, lines out.
#include "server/cli/schedule_text.hpp"

#include "engine/base/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

json::object schedule(std::string const& more) {
  return parse_json(
             R"({"name":"nightly","workflow":"report","overlap":"skip","catchUp":"latest",)"
             R"("catchUpWithin":"1h","paused":false,)" +
             more + "}"
  )
      ->as_object();
}

std::string joined(std::vector<std::string> const& lines) {
  std::string out;
  for (auto const& line : lines) out += line + "\n";
  return out;
}

TEST(ScheduleText, SaysWhenInWords) {
  EXPECT_EQ(timing_text(schedule(R"("cron":"0 6 * * *","timezone":"UTC")")), "0 6 * * * (UTC)");
  EXPECT_EQ(timing_text(schedule(R"("every":"5m")")), "every 5m");
  EXPECT_EQ(timing_text(schedule(R"("at":"2026-12-01T09:00:00Z")")), "at 2026-12-01T09:00:00Z");
}

TEST(ScheduleText, ShowsRunsStartsAndWhatWentWrong) {
  auto const text = joined(schedule_lines(
      schedule(
          R"("every":"5m","nextRuns":["2026-01-31T12:00:00Z","2026-01-31T12:05:00Z"],)"
          R"("skipped":{"count":3,"lastTick":"2026-01-31T11:00:00Z","reason":"overlap"},)"
          R"("lastError":{"code":"not_found","message":"no \u001b[31mworkflow","hint":"store it"},)"
          R"("starts":[{"tick":"2026-01-31T11:55:00Z","state":"failed","error":{"message":"why"}},)"
          R"({"tick":"2026-01-31T11:50:00Z","state":"started","status":"RUNNING",)"
          R"("execution":"e1"}])"
      ),
      0,
      Style{}
  ));
  EXPECT_THAT(text, HasSubstr("latest within 1h"));
  EXPECT_THAT(text, HasSubstr("(overlap)"));
  EXPECT_THAT(text, HasSubstr("store it"));
  EXPECT_THAT(text, HasSubstr("RUNNING"));
  EXPECT_THAT(text, HasSubstr("e1"));
  EXPECT_THAT(text, HasSubstr("failed"));
  EXPECT_THAT(text, HasSubstr("why"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(ScheduleText, TheListSaysWhatIsPausedAndWhatFails) {
  json::array all;
  all.emplace_back(schedule(R"("every":"5m","nextRuns":[],"starts":[])"));
  all[0].as_object()["paused"] = true;
  all.emplace_back(schedule(R"("every":"5m","lastError":{"message":"gone"})"));
  auto const lines = schedules_table(all, 0, Style{});
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_THAT(lines[1], HasSubstr("paused"));
  EXPECT_THAT(lines[2], HasSubstr("gone"));
}

}  // namespace
}  // namespace ropewalk::cli
