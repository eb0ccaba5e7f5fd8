// REST as clients use it. Method: requests over a plain socket to one server; what it answers.
#include "tests/system/support/requests.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace ropewalk::system_test {
namespace {

using ::testing::HasSubstr;

/// One server for all tests of a suite: they only add to it.
class ApiTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { shared = std::make_unique<Server>(); }
  static void TearDownTestSuite() { shared.reset(); }

  static json::object start_request(json::object inputs = {}) {
    json::object out;
    out["workflow"] = pass_workflow();
    out["inputs"] = std::move(inputs);
    return out;
  }

  static std::unique_ptr<Server> shared;
  Server const& server_ = *shared;
};
std::unique_ptr<Server> ApiTest::shared;

TEST_F(ApiTest, WorkflowsHaveVersions) {
  auto const first = server_.post("/v1/workflows", pass_workflow("versioned"));
  EXPECT_EQ(first.status, 201U) << first.body;
  EXPECT_EQ(server_.post("/v1/workflows", pass_workflow("versioned")).status, 200U) << "the same";
  auto changed = pass_workflow("versioned").as_object();
  changed["description"] = "another";
  EXPECT_EQ(server_.post("/v1/workflows", changed).status, 201U);
  auto const latest = server_.get("/v1/workflows/versioned").object();
  EXPECT_EQ(latest.at("version").to_number<int>(), 2);
  EXPECT_EQ(server_.get("/v1/workflows/versioned/versions/1").status, 200U);
  auto const id = server_.run("versioned@1");
  EXPECT_EQ(server_.wait_for_end(id).at("version").to_number<int>(), 1);
  expect_problem(
      server_.post("/v1/executions", json::object{{"workflow", "nowhere"}}), 404, "not_found"
  );
}

TEST_F(ApiTest, YamlIsTakenAndAllProblemsAreTold) {
  HttpRequest request{
      "POST",
      "/v1/workflows",
      "name: yaml\ntasks:\n  a: {type: pass, needs: [b]}\n  c: {typ: pass}\n",
      {{"Content-Type", "application/yaml"}}};
  auto const refused = send(server_, request);
  expect_problem(refused, 422, "invalid_workflow");
  EXPECT_GE(refused.object().at("errors").as_array().size(), 2U);
  request.body = "name: yaml\ntasks:\n  a: {type: pass}\n";
  EXPECT_EQ(send(server_, request).status, 201U);
}

TEST_F(ApiTest, AKeyMakesARepeatReturnTheFirst) {
  Headers const key{{"Idempotency-Key", "order-17"}};
  auto const first = server_.post("/v1/executions", start_request(), key);
  EXPECT_EQ(first.status, 201U);
  auto const repeat = server_.post("/v1/executions", start_request(), key);
  EXPECT_EQ(repeat.status, 200U);
  EXPECT_EQ(text_of(repeat.object(), "id"), text_of(first.object(), "id"));
  auto const other = server_.post("/v1/executions", start_request({{"n", 1}}), key);
  expect_problem(other, 422, "idempotency_mismatch");
}

/// The same request from several clients at once.
std::vector<HttpReply> post_at_once(
    Server const& server, std::string const& target, json::value const& body, Headers const& headers
) {
  std::vector<HttpReply> replies(6);
  std::vector<std::thread> clients;
  clients.reserve(replies.size());
  for (auto& reply : replies)
    clients.emplace_back([&] { reply = server.post(target, body, headers); });
  for (auto& client : clients) client.join();
  return replies;
}

TEST_F(ApiTest, RepeatsAtOnceAllGetTheFirst) {
  json::object request;
  request["workflow"] = definition(
      "{'name': 'alone', 'concurrency': {'limit': 1}, 'tasks': {'a': {'type': 'wait',"
      " 'duration': '10ms'}}}"
  );
  for (int round = 0; round < 10; ++round) {
    Headers const key{{"Idempotency-Key", "at-once-" + std::to_string(round)}};
    std::set<std::string> ids;
    int created = 0;
    for (auto const& reply : post_at_once(server_, "/v1/executions", request, key)) {
      EXPECT_TRUE(reply.status == 201 || reply.status == 200) << reply.body;
      created += reply.status == 201 ? 1 : 0;
      ids.insert(text_of(reply.object(), "id"));
    }
    EXPECT_EQ(ids.size(), 1U);
    EXPECT_EQ(created, 1);
    EXPECT_EQ(text_of(server_.wait_for_end(*ids.begin()), "status"), "COMPLETED");
  }
  EXPECT_EQ(server_.metric("ropewalk_executions_broken_total"), 0);
}

TEST_F(ApiTest, ARepeatNeedsNotBeAcceptedAgain) {
  ASSERT_EQ(server_.post("/v1/workflows", pass_workflow("strict")).status, 201U);
  Headers const key{{"Idempotency-Key", "before-the-change"}};
  json::object request;
  request["workflow"] = "strict";
  auto const first = server_.post("/v1/executions", request, key);
  ASSERT_EQ(first.status, 201U) << first.body;
  auto changed = pass_workflow("strict").as_object();
  changed["inputs"] = json::parse(R"({"type": "object", "required": ["n"]})");
  ASSERT_EQ(server_.post("/v1/workflows", changed).status, 201U);
  EXPECT_EQ(server_.post("/v1/executions", request).status, 422U);
  auto const repeat = server_.post("/v1/executions", request, key);
  EXPECT_EQ(repeat.status, 200U) << repeat.body;
  EXPECT_EQ(text_of(repeat.object(), "id"), text_of(first.object(), "id"));
}

TEST_F(ApiTest, OfRetriesAtOnceOneIsTaken) {
  auto const broken = definition(
      "{'name': 'broken', 'tasks': {'a': {'type': 'command', 'command': ['sh', '-c',"
      " 'sleep 0.05; exit 1']}}}"
  );
  auto const id = server_.run(broken);
  auto const target = "/v1/executions/" + id + "/retry";
  for (int round = 0; round < 5; ++round) {
    EXPECT_EQ(text_of(server_.wait_for_end(id), "status"), "FAILED");
    int taken = 0;
    for (auto const& reply : post_at_once(server_, target, json::object(), {})) {
      EXPECT_TRUE(reply.status == 202 || reply.status == 409) << reply.body;
      taken += reply.status == 202 ? 1 : 0;
    }
    EXPECT_GE(taken, 1);
  }
  EXPECT_EQ(text_of(server_.wait_for_end(id), "status"), "FAILED");
  EXPECT_EQ(gaps_in_events(server_.database()), "");
  EXPECT_EQ(server_.metric("ropewalk_executions_broken_total"), 0);
}

TEST_F(ApiTest, APageOfNothingIsRefused) {
  auto const id = server_.run(pass_workflow());
  for (auto const* list : {"events", "logs"})
    expect_problem(
        server_.get("/v1/executions/" + id + "/" + list + "?limit=0&after=3"),
        400,
        "invalid_argument"
    );
}

TEST_F(ApiTest, PreferWaitAnswersWithTheEnd) {
  auto const done = server_.post("/v1/executions", start_request(), {{"Prefer", "wait=20"}});
  EXPECT_EQ(done.status, 200U);
  EXPECT_EQ(text_of(done.object(), "status"), "COMPLETED");
  json::object slow;
  slow["workflow"] =
      definition("{'name': 'slow', 'tasks': {'a': {'type': 'wait', 'duration': '60s'}}}");
  auto const later = server_.post("/v1/executions", slow, {{"Prefer", "wait=1"}});
  EXPECT_EQ(later.status, 202U) << later.body;
  EXPECT_EQ(text_of(later.object(), "status"), "RUNNING");
  auto const id = text_of(later.object(), "id");
  EXPECT_EQ(server_.post("/v1/executions/" + id + "/cancel", json::object()).status, 202U);
}

TEST_F(ApiTest, PagesMeetWithoutGapOrRepeat) {
  std::set<std::string> started;
  for (int i = 0; i < 7; ++i) {
    auto request = start_request();
    request["labels"] = json::object{{"page", "yes"}};
    started.insert(text_of(server_.post("/v1/executions", request).object(), "id"));
  }
  std::vector<std::string> listed;
  std::string after;
  do {
    auto const query = "?label=page%3Dyes&limit=3" + (after.empty() ? "" : "&after=" + after);
    auto const page = server_.get("/v1/executions" + query).object();
    for (auto const& item : page.at("items").as_array())
      listed.push_back(text_of(item.as_object(), "id"));
    after = text_of(page, "next");
  } while (!after.empty());
  EXPECT_EQ(listed.size(), 7U);
  EXPECT_EQ(std::set<std::string>(listed.begin(), listed.end()), started);
}

TEST_F(ApiTest, WhatIsNotThereIsAProblem) {
  expect_problem(server_.get("/v1/nothing"), 404, "not_found");
  expect_problem(server_.get("/v1/executions/what"), 400, "invalid_id");
  auto const unknown = "/v1/executions/01a20992-bd69-7ec8-a5f4-9759f19984c6";
  expect_problem(server_.get(unknown), 404, "not_found");
  expect_problem(server_.get("/v1/executions?colour=red"), 400, "invalid_argument");
  HttpRequest const wrong_method{"DELETE", "/v1/executions", "", {}};
  expect_problem(send(server_, wrong_method), 405, "method_not_allowed");
  HttpRequest const no_json{"POST", "/v1/executions", "{", {{"Content-Type", "application/json"}}};
  expect_problem(send(server_, no_json), 400, "invalid_json");
}

TEST_F(ApiTest, OtherHostsAndOriginsAreRefused) {
  HttpRequest request{"GET", "/v1/executions", "", {{"Host", "evil.example"}}};
  expect_problem(send(server_, request), 421, "misdirected_host");
  request.headers = {{"Origin", "http://evil.example"}};
  expect_problem(send(server_, request), 403, "forbidden_origin");
  request.headers = {{"Host", "localhost:8400"}, {"Origin", "http://localhost:8400"}};
  EXPECT_EQ(send(server_, request).status, 200U);
}

TEST_F(ApiTest, CoresAreCountedInCores) {
  auto const set = [&](json::value const& capacity) {
    HttpRequest request{
        "PATCH",
        "/v1/pools/cpu",
        boost::json::serialize(json::object{{"capacity", capacity}}),
        {{"Content-Type", "application/json"}}};
    return send(server_, request);
  };
  auto const changed = set(2.5);
  EXPECT_EQ(changed.status, 200U) << changed.body;
  EXPECT_EQ(changed.object().at("capacity").to_number<double>(), 2.5);
  auto const pools = server_.get("/v1/pools").object();
  for (auto const& pool : pools.at("items").as_array()) {
    if (pool.at("name").as_string() != "cpu") continue;
    EXPECT_EQ(pool.at("capacity").to_number<double>(), 2.5);
  }
  expect_problem(set(-1), 400, "invalid_argument");
  EXPECT_EQ(set(4).status, 200U);
}

TEST_F(ApiTest, ATaskThatIsNotThereIsNotFound) {
  auto const id = server_.run(pass_workflow());
  auto const ended = server_.wait_for_end(id);
  auto const task = std::string(ended.at("tasks").as_array().at(0).at("id").as_string());
  for (std::string const what : {"/logs", "/why"}) {
    auto const target = "/v1/executions/" + id + what + "?task=";
    EXPECT_EQ(server_.get(target + task).status, 200U);
    expect_problem(server_.get(target + "zz"), 404, "not_found");
  }
}

TEST_F(ApiTest, SeveralStatusesCanBeAskedFor) {
  auto const ended = server_.run(pass_workflow());
  server_.wait_for_end(ended);
  auto const live =
      server_.run(definition("{'name': 'nap', 'tasks': {'a': {'type': 'wait', 'duration': '1h'}}}")
      );
  auto const listed = [&](std::string const& query) {
    return server_.get("/v1/executions?limit=500&" + query).body;
  };
  auto const both = listed("status=PENDING&status=RUNNING&status=RETRYING");
  EXPECT_THAT(both, HasSubstr(live));
  EXPECT_EQ(both.find(ended), std::string::npos);
  EXPECT_THAT(listed("status=RUNNING&status=COMPLETED"), HasSubstr(ended));
  expect_problem(server_.get("/v1/executions?status=RUNNING&status=DONE"), 400, "invalid_argument");
  // What runs is shown, however much has ended since.
  for (int i = 0; i < 5; ++i) server_.wait_for_end(server_.run(pass_workflow()));
  auto const shown = server_.cli({"ps", "--limit", "1", "--json"});
  EXPECT_THAT(shown.out, HasSubstr(live)) << shown.error;
  EXPECT_EQ(server_.post("/v1/executions/" + live + "/cancel", json::object()).status, 202U);
}

TEST_F(ApiTest, TellsAboutItself) {
  auto const says =
      definition("{'name': 'says', 'tasks': {'a': {'type': 'command', 'command': ['echo', 'a']}}}");
  server_.wait_for_end(server_.run(says));
  auto const metrics = server_.get("/metrics").body;
  for (std::string const name :
       {"ropewalk_executions_total",
        "ropewalk_tasks_total",
        "ropewalk_task_duration_seconds",
        "ropewalk_task_queue_seconds",
        "ropewalk_attempts_total",
        "ropewalk_running",
        "ropewalk_waiting",
        "ropewalk_ws_connections",
        "ropewalk_ws_frames_total",
        "ropewalk_journal_commit_seconds",
        "ropewalk_journal_batch_size",
        "ropewalk_fenced_writes_total"})
    EXPECT_THAT(metrics, HasSubstr("# TYPE " + name + " ")) << name;
  EXPECT_EQ(text_of(server_.get("/openapi.json").object(), "openapi").substr(0, 3), "3.1");
  EXPECT_EQ(server_.get("/healthz").status, 200U);
  EXPECT_EQ(server_.get("/readyz").status, 200U);
  EXPECT_EQ(server_.get("/v1/nodes").object().at("items").as_array().size(), 1U);
  EXPECT_EQ(server_.get("/v1/pools").status, 200U);
}

}  // namespace
}  // namespace ropewalk::system_test
