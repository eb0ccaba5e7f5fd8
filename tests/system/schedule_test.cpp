// Schedules as people have them: the real binary, the real clock, several servers on one database.
//
// Method: ticks every second; what was started is read from the database, where each execution has
// the tick in its key. Servers are killed in between.
#include "tests/system/support/outside_database.hpp"
#include "tests/system/support/requests.hpp"
#include "tests/system/support/server.hpp"

#include <boost/json/serialize.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

namespace ropewalk::system_test {
namespace {

using ::testing::HasSubstr;

HttpReply put(Server const& server, std::string const& target, json::value const& body) {
  Headers const headers{{"Content-Type", "application/json"}};
  return http(server.port(), HttpRequest{"PUT", target, json::serialize(body), headers});
}

/// `fields` with ' for ".
void set_schedule(Server const& server, std::string const& name, std::string const& fields) {
  auto const reply = put(server, "/v1/schedules/" + name, definition("{" + fields + "}"));
  ASSERT_TRUE(reply.status == 200 || reply.status == 201) << reply.body;
}

void store(Server const& server, std::string const& workflow) {
  auto const reply = server.post("/v1/workflows", definition(workflow));
  ASSERT_EQ(reply.status, 201U) << reply.body;
}

void store_waiting(Server const& server, std::string const& name, std::string const& time) {
  store(
      server,
      "{'name': '" + name + "', 'tasks': {'a': {'type': 'wait', 'duration': '" + time + "'}}}"
  );
}

json::object show(Server const& server, std::string const& name) {
  return server.get("/v1/schedules/" + name).object();
}

std::int64_t skipped_count(Server const& server, std::string const& name) {
  auto const schedule = show(server, name);
  auto const* skipped = schedule.if_contains("skipped");
  return skipped == nullptr ? 0 : skipped->at("count").to_number<std::int64_t>();
}

int count(Database const& database, std::string const& condition) {
  return std::stoi(database.value("SELECT count(*) FROM executions WHERE " + condition));
}

/// Ticks from the keys of executions: "missing 0, doubled 0" when it is each second once.
std::string ticks_report(Database const& database) {
  return database.value(
      "SELECT 'missing ' || (extract(epoch FROM max(t) - min(t)) + 1 - count(DISTINCT t))::integer"
      " || ', doubled ' || count(*) - count(DISTINCT t)"
      " FROM (SELECT substring(idempotency_key FROM '[^ ]+$')::timestamptz AS t FROM executions"
      " WHERE idempotency_key LIKE 'schedule %') ticks"
  );
}

TEST(SchedulesOfTwoServers, EachTickOnceWhileOneIsKilledAgainAndAgain) {
  OutsideDatabase const outside;
  std::vector<std::string> const flags{
      "--database", outside.conninfo(), "--lease", "1s", "--grace", "1s"};
  Server first(flags);
  Server second(flags);
  Database const database(outside.conninfo());
  store(first, "{'name': 'tick', 'tasks': {'a': {'type': 'pass', 'value': '${{ inputs.at }}'}}}");
  set_schedule(
      first,
      "seconds",
      "'workflow': 'tick', 'every': '1s', 'overlap': 'allow', 'catchUp': 'all',"
      "'inputs': {'at': '${{ schedule.tick }}'}"
  );
  for (int round = 1; round <= 3; ++round) {
    auto const wanted = round * 4;
    ASSERT_TRUE(eventually([&] { return count(database, "true") >= wanted; }));
    auto& victim = round % 2 == 1 ? first : second;
    victim.kill();
    ASSERT_TRUE(eventually([&] { return count(database, "true") >= wanted + 2; }))
        << "the other one does not go on";
    victim.start();
  }
  EXPECT_EQ(first.post("/v1/schedules/seconds/pause", json::object()).status, 200U);
  ASSERT_TRUE(eventually([&] {
    return database.value("SELECT count(*) FROM schedule_starts WHERE state < 3") == "0";
  }));
  EXPECT_EQ(ticks_report(database), "missing 0, doubled 0");
  EXPECT_EQ(count(database, "status <> 3"), 0);
  auto const started = first.get("/metrics").body + second.get("/metrics").body;
  EXPECT_THAT(started, HasSubstr("ropewalk_schedule_starts_total{result=\"started\"}"));
  EXPECT_THAT(started, HasSubstr("ropewalk_schedule_lag_seconds_count"));
  EXPECT_EQ(gaps_in_events(database), "");
}

class SchedulesTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    server = std::make_unique<Server>();
    store(*server, "{'name': 'quick', 'tasks': {'a': {'type': 'pass', 'value': '${{ inputs }}'}}}");
  }
  static void TearDownTestSuite() { server.reset(); }

  static std::string of(std::string const& schedule) {
    return "labels @> '{\"schedule\": \"" + schedule + "\"}'";
  }
  static int started(std::string const& schedule, std::string const& status = "true") {
    return count(server->database(), of(schedule) + " AND " + status);
  }
  static void remove(std::string const& schedule) {
    auto const reply = http(server->port(), HttpRequest{"DELETE", "/v1/schedules/" + schedule});
    EXPECT_EQ(reply.status, 204U) << reply.body;
  }

  static std::unique_ptr<Server> server;
};
std::unique_ptr<Server> SchedulesTest::server;

TEST_F(SchedulesTest, WhatAKilledServerHadDecidedOnIsStartedByAnother) {
  set_schedule(*server, "left", "'workflow': 'quick', 'every': '1d', 'paused': true");
  server->database().query(
      "INSERT INTO schedule_starts (schedule, tick, due_at, state, claimed_by, claimed_until)"
      " SELECT id, now(), now(), 1, 999999, now() + interval '1 hour' FROM schedules"
      " WHERE name = 'left'"
  );
  ASSERT_TRUE(eventually([] { return started("left", "status = 3") == 1; }));
  remove("left");
}

TEST_F(SchedulesTest, OneRunsAtATimeUnlessItIsAllowed) {
  store_waiting(*server, "slow", "2500ms");
  set_schedule(*server, "skipping", "'workflow': 'slow', 'every': '1s'");
  ASSERT_TRUE(eventually([] { return started("skipping", "status >= 3") >= 2; }));
  remove("skipping");
  auto const ticks = server->database().query(
      "SELECT a.id FROM executions a JOIN executions b ON b.created_at > a.created_at"
      " AND b.created_at < a.finished_at WHERE a." +
      of("skipping") + " AND b." + of("skipping")
  );
  EXPECT_TRUE(ticks.empty()) << "two ran at once";
}

TEST_F(SchedulesTest, WhatIsSkippedIsCountedWithItsReason) {
  store_waiting(*server, "long", "1h");
  set_schedule(*server, "counting", "'workflow': 'long', 'every': '1s'");
  ASSERT_TRUE(eventually([] { return skipped_count(*server, "counting") >= 2; }));
  EXPECT_EQ(started("counting"), 1);
  auto const schedule = show(*server, "counting");
  EXPECT_EQ(schedule.at("skipped").at("reason"), "overlap");
  EXPECT_EQ(schedule.at("starts").at(0).at("status"), "RUNNING");
  EXPECT_EQ(schedule.at("nextRuns").as_array().size(), 5U);
  remove("counting");
}

TEST_F(SchedulesTest, QueuedOnesFollowInOrder) {
  store_waiting(*server, "second", "1300ms");
  set_schedule(*server, "queueing", "'workflow': 'second', 'every': '1s', 'overlap': 'queue'");
  ASSERT_TRUE(eventually([] { return started("queueing", "status = 3") >= 4; }));
  remove("queueing");
  EXPECT_EQ(
      server->database().value(
          "SELECT count(*) FROM executions a JOIN executions b ON b.created_at > a.created_at"
          " AND b.created_at < a.finished_at WHERE a." +
          of("queueing") + " AND b." + of("queueing")
      ),
      "0"
  ) << "two ran at once";
  EXPECT_EQ(
      server->database().value(
          "SELECT bool_and(t >= before) FROM (SELECT t, lag(t) OVER (ORDER BY created_at) AS before"
          " FROM (SELECT created_at, substring(idempotency_key FROM '[^ ]+$') AS t FROM executions"
          " WHERE " +
          of("queueing") + ") keys) pairs"
      ),
      "t"
  );
}

TEST_F(SchedulesTest, TheNewestTakesThePlaceOfWhatRuns) {
  store_waiting(*server, "endless", "1h");
  set_schedule(
      *server, "replacing", "'workflow': 'endless', 'every': '2s', 'overlap': 'cancelOldest'"
  );
  ASSERT_TRUE(eventually([] { return started("replacing", "status = 6") >= 2; }));
  EXPECT_LE(started("replacing", "status < 3"), 1);
  remove("replacing");
}

TEST_F(SchedulesTest, PausedItStartsNothingAndGoesOnWhenResumed) {
  set_schedule(*server, "paused", "'workflow': 'quick', 'every': '1s'");
  ASSERT_TRUE(eventually([] { return started("paused") >= 1; }));
  auto const paused = server->post("/v1/schedules/paused/pause", json::object()).object();
  EXPECT_TRUE(paused.at("paused").as_bool());
  EXPECT_TRUE(paused.at("nextRuns").as_array().empty());
  ASSERT_TRUE(eventually([] {
    return server->database().value("SELECT count(*) FROM schedule_starts WHERE state IN (0, 1)") ==
           "0";
  }));
  auto const before = started("paused");
  auto const seconds_of_database = [] {
    return std::stol(server->database().value("SELECT floor(extract(epoch FROM now()))"));
  };
  auto const since = seconds_of_database();
  ASSERT_TRUE(eventually([&] { return seconds_of_database() >= since + 3; }));
  EXPECT_EQ(started("paused"), before);
  EXPECT_EQ(server->post("/v1/schedules/paused/resume", json::object()).status, 200U);
  ASSERT_TRUE(eventually([&] { return started("paused") > before; }));
  EXPECT_EQ(skipped_count(*server, "paused"), 0);
  remove("paused");
}

TEST_F(SchedulesTest, MissedTicksAreMadeUpForAsTheySay) {
  for (std::string const catch_up : {"none", "latest", "all"}) {
    set_schedule(
        *server,
        catch_up,
        "'workflow': 'quick', 'every': '10m', 'overlap': 'allow', 'catchUp': '" + catch_up + "'"
    );
    // As if no server had been there for 55 minutes.
    server->database().query(
        "UPDATE schedules SET decided_until = to_timestamp(floor(extract(epoch FROM now()) / 600)"
        " * 600) - interval '41 minutes', next_at = now(), version = version + 1 WHERE name = '" +
        catch_up + "'"
    );
  }
  ASSERT_TRUE(eventually([] { return started("all") == 5; })) << started("all");
  ASSERT_TRUE(eventually([] { return started("latest") == 1; }));
  ASSERT_TRUE(eventually([] { return skipped_count(*server, "none") >= 4; }));
  EXPECT_LE(started("none"), 1) << "one is on time when the test begins at a full ten minutes";
  for (auto const* name : {"none", "latest", "all"}) remove(name);
}

TEST_F(SchedulesTest, AreSetShownAndRemovedFromTheCommandLine) {
  auto const soon = server->database().value(
      "SELECT to_char((now() + interval '1500 ms') AT TIME ZONE 'UTC',"
      " 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
  );
  auto const set = server->cli(
      {"schedule",
       "set",
       "once",
       "--workflow",
       "quick",
       "--at",
       soon,
       "--input",
       "n=7",
       "--input",
       "at=${{ schedule.tick }}",
       "--label",
       "team=x",
       "--priority",
       "80"}
  );
  ASSERT_EQ(set.status, 0) << set.error;
  EXPECT_THAT(set.out, HasSubstr("at " + soon));
  ASSERT_TRUE(eventually([] { return started("once", "status = 3") == 1; }));
  EXPECT_EQ(started("once", "priority = 80 AND labels @> '{\"team\": \"x\"}'"), 1);
  EXPECT_EQ(
      server->database().value("SELECT inputs->>'n' FROM executions WHERE " + of("once")), "7"
  );
  EXPECT_THAT(server->cli({"schedule", "list"}).out, HasSubstr("once"));
  EXPECT_THAT(server->cli({"schedule", "show", "once"}).out, HasSubstr("COMPLETED"));
  auto const shown = server->cli({"schedule", "show", "once", "--json"});
  EXPECT_TRUE(json::value(show(*server, "once")).at("nextRuns").as_array().empty());
  EXPECT_THAT(shown.out, HasSubstr("\"nextRuns\":[]"));
  auto const again = server->cli({"schedule", "trigger", "once"});
  EXPECT_EQ(again.status, 0) << again.error;
  EXPECT_THAT(again.out, HasSubstr("started: "));
  ASSERT_TRUE(eventually([] { return started("once", "status = 3") == 2; }));
  EXPECT_EQ(server->cli({"schedule", "rm", "once"}).status, 0);
  auto const gone = server->cli({"schedule", "show", "once"});
  EXPECT_EQ(gone.status, 2);
  EXPECT_THAT(gone.error, HasSubstr("there is no schedule"));
}

TEST_F(SchedulesTest, WhatCannotBeStartedIsSaidAndGoesAwayWithASuccess) {
  set_schedule(*server, "early", "'workflow': 'later', 'every': '1s'");
  ASSERT_TRUE(eventually([] { return show(*server, "early").contains("lastError"); }));
  auto const schedule = show(*server, "early");
  EXPECT_EQ(schedule.at("lastError").at("code"), "not_found");
  EXPECT_EQ(schedule.at("starts").at(0).at("state"), "failed");
  EXPECT_THAT(server->cli({"schedule", "list"}).out, HasSubstr("workflow later does not exist"));
  store(*server, "{'name': 'later', 'tasks': {'a': {'type': 'pass'}}}");
  ASSERT_TRUE(eventually([] { return started("early", "status = 3") >= 1; }));
  EXPECT_TRUE(eventually([] { return !show(*server, "early").contains("lastError"); }));
  remove("early");
}

TEST_F(SchedulesTest, MistakesAreToldAllAtOnce) {
  auto const reply = put(
      *server,
      "/v1/schedules/wrong",
      definition("{'workflow': 'quick', 'cron': '61 * * * *', 'timezone': 'Mars', 'overlap': 'x'}")
  );
  expect_problem(reply, 400, "invalid_argument");
  EXPECT_EQ(reply.object().at("errors").as_array().size(), 3U);
  expect_problem(
      put(*server,
          "/v1/schedules/past",
          definition("{'workflow': 'quick', 'at': '2020-01-01T00:00:00Z'}")),
      400,
      "invalid_argument"
  );
  expect_problem(server->get("/v1/schedules/none-such"), 404, "not_found");
  expect_problem(server->post("/v1/schedules/none-such/trigger", json::object()), 404, "not_found");
  auto const cli =
      server->cli({"schedule", "set", "x", "--workflow", "quick", "--cron", "* * * *"});
  EXPECT_EQ(cli.status, 2);
  EXPECT_THAT(cli.error, HasSubstr("cron"));
  auto const two = server->cli({"schedule", "set", "x", "--workflow", "a b", "--every", "1ms"});
  EXPECT_THAT(two.error, HasSubstr("workflow: "));
  EXPECT_THAT(two.error, HasSubstr("every: "));
}

TEST_F(SchedulesTest, ListsComeInPages) {
  for (auto const* name : {"page-a", "page-b", "page-c"})
    set_schedule(*server, name, "'workflow': 'quick', 'cron': '@yearly'");
  auto const first = server->get("/v1/schedules?limit=2&after=page-").object();
  EXPECT_EQ(first.at("items").as_array().size(), 2U);
  auto const next = text_of(first, "next");
  auto const second = server->get("/v1/schedules?limit=2&after=" + next).object();
  ASSERT_EQ(second.at("items").as_array().size(), 1U) << json::serialize(second);
  EXPECT_EQ(second.at("items").at(0).at("name"), "page-c");
  EXPECT_EQ(second.at("items").at(0).at("nextRuns").as_array().size(), 1U);
  for (auto const* name : {"page-a", "page-b", "page-c"}) remove(name);
}

}  // namespace
}  // namespace ropewalk::system_test
