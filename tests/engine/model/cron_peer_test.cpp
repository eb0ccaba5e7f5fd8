// Cron against an independent implementation, the package cron-parser from npm. Method: random
// expressions in five zones, begun shortly before their clocks change; both give the same runs.
// Skipped where the package is not installed (scripts/setup.sh --peers).
#include "engine/base/json.hpp"
#include "engine/model/cron.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

namespace ropewalk {
namespace {

namespace chrono = std::chrono;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::int64_t runs_count = 8;

struct Question {
  std::string cron{};
  std::string zone{};
  std::int64_t after = 0;
};

class Random {
 public:
  unsigned below(unsigned n) { return static_cast<unsigned>(engine_() % n); }

  std::string field(unsigned min, unsigned max) {
    switch (below(6)) {
      case 0:
      case 1:
        return "*";
      case 2:
        return "*/" + std::to_string(1 + below(max / 2));
      case 3: {
        unsigned const first = min + below(max - min);
        return std::to_string(first) + "-" + std::to_string(first + 1 + below(max - first)) +
               (below(2) == 0 ? "" : "/" + std::to_string(1 + below(4)));
      }
      case 4: {  // it refuses to be told the same twice
        unsigned const first = min + below(max - min);
        return std::to_string(first) + "," + std::to_string(first + 1 + below(max - first));
      }
      default:
        return std::to_string(min + below(max - min + 1));
    }
  }

 private:
  std::mt19937 engine_{20261123};
};

/// Three days before a change of clocks of the zone, in 2025 to 2028; any time where it has none.
std::int64_t before_a_change(std::string const& name, Random& random) {
  auto const zone = TimeZone::find(name).value();
  chrono::sys_seconds at = chrono::sys_days(2025y / 1 / 1) + chrono::hours(random.below(3 * 8766));
  for (int day = 0; day < 400; ++day, at += chrono::days(1)) {
    if (zone.offset(at) == zone.offset(at + chrono::days(1))) continue;
    at -= chrono::days(3);
    break;
  }
  return (at + chrono::minutes(random.below(4320))).time_since_epoch().count();
}

std::vector<Question> make_questions() {
  std::array<std::string, 5> const zones{
      "America/New_York", "Europe/London", "Europe/Berlin", "Australia/Sydney", "Asia/Kolkata"};
  std::vector<Question> out;
  Random random;
  for (int i = 0; i < 500; ++i) {
    std::string const cron = random.field(0, 59) + " " + random.field(0, 23) + " " +
                             random.field(1, 31) + " " + random.field(1, 12) + " " +
                             random.field(0, 6);
    for (auto const& zone : zones) out.push_back({cron, zone, before_a_change(zone, random)});
  }
  return out;
}

std::string to_line(Question const& question) {
  return to_text(json::object{
      {"cron", question.cron},
      {"zone", question.zone},
      {"after", question.after},
      {"count", runs_count}});
}

json::value our_answer(Question const& question) {
  auto const cron = Cron::parse(question.cron);
  if (!cron) return nullptr;
  auto const zone = TimeZone::find(question.zone).value();
  json::array out;
  chrono::sys_seconds at{chrono::seconds(question.after)};
  for (int i = 0; i < runs_count; ++i) {
    at = cron->next(at, zone).value();
    out.emplace_back(at.time_since_epoch().count());
  }
  return out;
}

TEST(CronPeer, GivesTheSameRuns) {
  if (!fs::exists(ROPEWALK_PEER_FOLDER "/node_modules/cron-parser"))
    GTEST_SKIP() << "cron-parser is not installed: scripts/setup.sh --peers needs npm";
  auto const questions = make_questions();
  auto const folder = fs::path(testing::TempDir());
  auto const asked = folder / ("cron_asked_" + std::to_string(::getpid()));
  auto const answered = folder / ("cron_answered_" + std::to_string(::getpid()));
  {
    std::ofstream out(asked);
    for (auto const& question : questions) out << to_line(question) << '\n';
  }
  std::string const command = "node " ROPEWALK_PEER_SCRIPTS "/next_runs.mjs " ROPEWALK_PEER_FOLDER
                              " <" +
                              asked.string() + " >" + answered.string();
  ASSERT_EQ(std::system(command.c_str()), 0) << command;  // NOLINT(*-env33-c): fixed words
  std::ifstream in(answered);
  int compared = 0;
  for (auto const& question : questions) {
    std::string line;
    ASSERT_TRUE(std::getline(in, line));
    auto const theirs = parse_json(line).value();
    if (theirs.is_array()) ++compared;
    EXPECT_EQ(our_answer(question), theirs) << to_line(question);
  }
  EXPECT_GT(compared, 2000) << "both refuse too much to mean anything";
  fs::remove(asked);
  fs::remove(answered);
}

}  // namespace
}  // namespace ropewalk
