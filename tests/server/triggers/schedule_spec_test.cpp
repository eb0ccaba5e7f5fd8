// Definitions of schedules. Method: JSON in; what they mean, or all their problems, out.
#include "server/triggers/schedule_spec.hpp"

#include "engine/base/json.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace ropewalk::server {
namespace {

using namespace std::chrono_literals;

Result<ScheduleSpec> read(std::string_view text) {
  return read_schedule("nightly", parse_json(text)->as_object());
}

/// "path code" of each problem.
std::vector<std::string> problems(std::string_view text) {
  std::vector<std::string> out;
  auto const spec = read(text);
  if (spec) return out;
  auto const error = spec.error();
  EXPECT_EQ(error.code, "invalid_argument");
  for (auto const& problem : error.detail.as_array())
    out.push_back(
        std::string(problem.at("path").as_string()) + " " +
        std::string(problem.at("code").as_string())
    );
  return out;
}
using Texts = std::vector<std::string>;

TEST(ScheduleSpec, ReadsEveryField) {
  auto const spec = read(R"({"workflow":"report@3","inputs":{"day":"${{ schedule.tick }}"},
    "labels":{"team":"x"},"priority":70,"cron":"30 6 * * mon-fri","timezone":"Europe/Berlin",
    "overlap":"cancelOldest","catchUp":"all","catchUpWithin":"2h","jitter":"30s","paused":true})");
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->start.workflow, "report@3");
  EXPECT_EQ(spec->start.labels.at("team"), "x");
  EXPECT_EQ(spec->start.priority, 70);
  EXPECT_EQ(spec->timetable.name, "nightly");
  EXPECT_EQ(spec->timetable.overlap, Overlap::cancel_oldest);
  EXPECT_EQ(spec->timetable.catch_up, CatchUp::all);
  EXPECT_EQ(spec->timetable.catch_up_within, 2h);
  EXPECT_EQ(spec->timetable.jitter, 30s);
  EXPECT_EQ(spec->paused, true);
  EXPECT_FALSE(spec->definition.contains("paused"));
  auto const monday = parse_instant("2026-11-23T00:00:00Z").value();
  EXPECT_EQ(spec->timetable.recurrence.next(monday), parse_instant("2026-11-23T05:30:00Z").value());
}

TEST(ScheduleSpec, SaysWhatHoldsWhereItSaysNothing) {
  auto const spec = read(R"({"workflow":"w","cron":"@daily"})");
  ASSERT_TRUE(spec);
  auto const shown = describe(*spec);
  EXPECT_EQ(shown.at("overlap"), "skip");
  EXPECT_EQ(shown.at("catchUp"), "latest");
  EXPECT_EQ(shown.at("catchUpWithin"), "1h");
  EXPECT_EQ(shown.at("timezone"), "UTC");
  EXPECT_FALSE(spec->paused);
}

TEST(ScheduleSpec, ExactlyOneKindOfTime) {
  EXPECT_EQ(problems(R"({"workflow":"w"})"), Texts{" missing_field"});
  EXPECT_EQ(
      problems(R"({"workflow":"w","every":"5m","cron":"@daily"})"), Texts{" conflicting_fields"}
  );
  EXPECT_EQ(
      problems(R"({"workflow":"w","every":"5m","timezone":"UTC"})"),
      Texts{"timezone conflicting_fields"}
  );
  EXPECT_EQ(
      problems(R"({"workflow":"w","at":"2026-12-01T09:00:00Z","start":"2026-01-01T00:00:00Z"})"),
      Texts{"start conflicting_fields"}
  );
}

TEST(ScheduleSpec, AllProblemsAtOnce) {
  auto const found = problems(R"({"workflow":"a b","inputs":{"x":"${{ inputs.y }}"},
    "labels":{"a":1},"priority":101,"cron":"61 * * * *","timezone":"Mars/Base","overlap":"skipp",
    "catchUp":"some","jitter":"2h","cronn":1})");
  EXPECT_EQ(
      std::set<std::string>(found.begin(), found.end()),
      (std::set<std::string>{
          "workflow invalid_name",
          "inputs unknown_name",
          "labels.a wrong_kind",
          "priority out_of_range",
          "cron invalid_cron",
          "timezone unknown_timezone",
          "overlap unknown_word",
          "catchUp unknown_word",
          "jitter out_of_range",
          "cronn unknown_field"})
  );
}

TEST(ScheduleSpec, WhatCanNeverBeDueIsRefused) {
  EXPECT_EQ(problems(R"({"workflow":"w","cron":"0 0 30 feb *"})"), Texts{"cron invalid_cron"});
  EXPECT_EQ(problems(R"({"workflow":"w","every":"10ms"})"), Texts{"every out_of_range"});
  EXPECT_EQ(problems(R"({"workflow":"w","at":"tomorrow"})"), Texts{"at invalid_timestamp"});
  EXPECT_EQ(
      problems(R"({"workflow":"w","every":"10s","jitter":"11s"})"), Texts{"jitter out_of_range"}
  );
}

TEST(ScheduleSpec, TheSameTicksHaveTheSameTiming) {
  auto const timing = [](std::string_view text) { return read(text).value().timing; };
  EXPECT_EQ(
      timing(R"({"workflow":"a","every":"60s"})"), timing(R"({"workflow":"b","every":"1m"})")
  );
  EXPECT_NE(
      timing(R"({"workflow":"a","cron":"@daily"})"),
      timing(R"({"workflow":"a","cron":"@daily","timezone":"Europe/Berlin"})")
  );
}

}  // namespace
}  // namespace ropewalk::server
