// Replays and differences: the real binary. What ran is seen in a file that every task writes to.
#include "tests/system/support/requests.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace ropewalk::system_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ReplayTest : public ::testing::Test {
 protected:
  /// a → b → d, a → c → d; each writes its name down, c fails while inputs.fails says so.
  json::value flow(std::string const& greeting = "hello") const {
    auto const task = [&](std::string const& id, std::string const& needs, std::string const& more
                      ) {
      return "'" + id + "': {'type': 'command', 'needs': [" + needs + "], 'env': {'LEDGER': '" +
             ledger() +
             "', 'FAILS': '${{ string(inputs.fails) }}'}, "
             "'command': ['sh', '-c', 'echo " +
             id + " >> $LEDGER; " + more + "']}";
    };
    return definition(
        "{'name': 'flow', 'variables': {'v': 1}, 'tasks': {" + task("a", "", "echo " + greeting) +
        ", " + task("b", "'a'", "echo 1") + ", " +
        task("c", "'a'", "test $FAILS != true && echo 2") + ", " + task("d", "'b', 'c'", "echo 3") +
        "}}"
    );
  }
  std::string ledger() const { return server_.files().path("ledger"); }
  /// What has run since the last call, in order of the names.
  std::vector<std::string> ran() {
    std::vector<std::string> all;
    std::istringstream text(read_text(ledger()));
    for (std::string line; std::getline(text, line);) all.push_back(line);
    std::vector<std::string> out(all.begin() + static_cast<long>(seen_), all.end());
    seen_ = all.size();
    std::ranges::sort(out);
    return out;
  }
  std::string run(json::value const& workflow, bool fails) {
    auto const id = server_.run(workflow, json::object{{"fails", fails}});
    server_.wait_for_end(id);
    return id;
  }
  /// The new one, ended.
  json::object replay(std::string const& id, json::object const& body) {
    auto const reply = server_.post("/v1/executions/" + id + "/replay", body);
    EXPECT_EQ(reply.status, 201U) << reply.body;
    return server_.wait_for_end(text_of(reply.object(), "id"));
  }
  static json::object task_of(json::object const& execution, std::string const& id) {
    for (auto const& task : execution.at("tasks").as_array())
      if (text_of(task.as_object(), "id") == id) return task.as_object();
    throw std::runtime_error("no task " + id);
  }

  Server server_;
  std::size_t seen_ = 0;
};

TEST_F(ReplayTest, FromATaskOnWithOtherInputs) {
  auto const id = run(flow(), true);
  EXPECT_THAT(ran(), ElementsAre("a", "b", "c"));
  auto const again = replay(id, {{"from", "c"}, {"inputs", json::object{{"fails", false}}}});
  EXPECT_EQ(text_of(again, "status"), "COMPLETED");
  EXPECT_THAT(ran(), ElementsAre("c", "d"));
  EXPECT_EQ(text_of(again, "replayOf"), id);
  auto const taken = task_of(again, "a");
  EXPECT_EQ(text_of(taken, "reusedFrom"), id + "/a");
  EXPECT_EQ(taken.at("attempt"), 0);
  EXPECT_THAT(json::serialize(taken.at("output")), HasSubstr("hello"));
  EXPECT_FALSE(task_of(again, "c").contains("reusedFrom"));
  EXPECT_EQ(server_.execution(id).at("replays").at(0), json::value(text_of(again, "id")));
  auto const events = server_.get("/v1/executions/" + text_of(again, "id") + "/events").body;
  EXPECT_THAT(events, HasSubstr("\"reusedFrom\":\"" + id + "/b\""));
}

TEST_F(ReplayTest, WithoutFromTheFailedOnesRunOrAll) {
  auto const failed = run(flow(), true);
  ran();
  replay(failed, {});
  EXPECT_THAT(ran(), ElementsAre("c"));
  auto const good = run(flow(), false);
  ran();
  replay(good, {});
  EXPECT_THAT(ran(), ElementsAre("a", "b", "c", "d"));
}

TEST_F(ReplayTest, AnotherDefinitionRunsWhatIsWrittenOtherwise) {
  auto const id = run(flow(), false);
  ran();
  auto const same = replay(id, {{"from", "d"}, {"workflow", flow()}});
  EXPECT_THAT(ran(), ElementsAre("d"));
  auto const other = replay(id, {{"from", "d"}, {"workflow", flow("good day")}});
  EXPECT_THAT(ran(), ElementsAre("a", "b", "c", "d"));
  auto const variables = replay(id, {{"from", "d"}, {"variables", json::object{{"v", 2}}}});
  EXPECT_THAT(ran(), ElementsAre("d"));
  EXPECT_EQ(text_of(variables, "status"), "COMPLETED");
}

TEST_F(ReplayTest, WhatCannotBeIsRefused) {
  auto const id = run(flow(), false);
  auto const target = "/v1/executions/" + id + "/replay";
  auto const typo = server_.post(target, json::object{{"from", "bb"}});
  expect_problem(typo, 404, "unknown_task");
  EXPECT_THAT(typo.body, HasSubstr("did you mean"));
  expect_problem(server_.post(target, json::object{{"workflow", "nothing"}}), 404, "not_found");
  Headers const key{{"Idempotency-Key", "r1"}};
  auto const first = server_.post(target, json::object{{"from", "d"}}, key);
  auto const second = server_.post(target, json::object{{"from", "d"}}, key);
  EXPECT_EQ(second.status, 200U);
  EXPECT_EQ(text_of(first.object(), "id"), text_of(second.object(), "id"));
  expect_problem(
      server_.post(target, json::object{{"from", "c"}}, key), 422, "idempotency_mismatch"
  );
}

TEST_F(ReplayTest, AKillWhileItRunsForgetsNothing) {
  auto const workflow = definition(
      "{'name': 'slow', 'tasks': {'a': {'type': 'pass', 'value': 7}, "
      "'gate': {'type': 'wait', 'needs': ['a'], 'signal': 'go'}, "
      "'end': {'type': 'pass', 'needs': ['gate'], 'value': '${{ tasks.a.output }}'}}}"
  );
  auto const id = server_.run(workflow);
  auto const signal = [&](std::string const& execution) {
    return server_.post("/v1/executions/" + execution + "/signals/go", nullptr).status;
  };
  EXPECT_LT(signal(id), 300U);
  server_.wait_for_end(id);
  auto const begun =
      server_.post("/v1/executions/" + id + "/replay", json::object{{"from", "gate"}});
  auto const again = text_of(begun.object(), "id");
  server_.kill();
  server_.start();
  EXPECT_LT(signal(again), 300U);
  auto const ended = server_.wait_for_end(again);
  EXPECT_EQ(text_of(ended, "status"), "COMPLETED");
  EXPECT_EQ(text_of(task_of(ended, "a"), "reusedFrom"), id + "/a");
  EXPECT_EQ(task_of(ended, "end").at("output"), 7);
}

TEST_F(ReplayTest, TheCommandsShowIt) {
  auto const id = run(flow(), true);
  auto const done = server_.cli({"replay", id, "--from", "c", "--input", "fails=false", "--json"});
  ASSERT_EQ(done.status, 0) << done.error;
  auto const again = text_of(json::parse(done.out).as_object(), "id");
  server_.wait_for_end(again);
  auto const diff = server_.cli({"diff", id, again});
  EXPECT_EQ(diff.status, 1) << diff.error;
  EXPECT_THAT(diff.out, HasSubstr("first difference: inputs at /fails: true and false"));
  EXPECT_THAT(diff.out, HasSubstr("b took it over"));
  EXPECT_THAT(server_.cli({"show", again}).out, HasSubstr("taken over from " + id + "/a"));

  auto const raw = json::parse(server_.cli({"diff", id, again, "--json"}).out).as_object();
  EXPECT_EQ(raw.at("equal"), false);
  EXPECT_EQ(text_of(raw.at("first").as_object(), "pointer"), "/fails");
  std::string differing;
  for (auto const& task : raw.at("tasks").as_array())
    if (!task.at("differences").as_array().empty())
      differing += task.at("task").as_string().c_str();
  EXPECT_EQ(differing, "cd");

  auto const same = server_.cli({"replay", again, "--from", "d", "--json"});
  auto const third = text_of(json::parse(same.out).as_object(), "id");
  server_.wait_for_end(third);
  auto const equal = server_.cli({"diff", again, third});
  EXPECT_EQ(equal.status, 0) << equal.out;
  EXPECT_EQ(server_.cli({"diff", again}).status, 2);
}

}  // namespace
}  // namespace ropewalk::system_test
