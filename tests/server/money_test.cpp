// Costs, single tasks, providers and the pruning of costs over real sockets, and what the metrics
// count of calls to models. Method: raw requests to a front with a backend of rows.
#include "engine/base/json.hpp"
#include "server/observe/metrics.hpp"
#include "tests/server/test_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::server {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

struct Answer {
  int status = 0;
  json::object body{};
};

Answer read_answer(std::string const& text) {
  Answer out;
  out.status = std::stoi(text.substr(std::string_view("HTTP/1.1 ").size(), 3));
  auto const body = parse_json(text.substr(text.find("\r\n\r\n") + 4));
  EXPECT_TRUE(body && body->is_object()) << text;
  if (body && body->is_object()) out.body = body->get_object();
  return out;
}

Answer ask(TestServer& server, std::string request) {
  std::string text;
  auto talk = [](TestServer& target, std::string sent, std::string& into) -> Async<> {
    TestClient client(target.shard.executor());
    co_await client.connect(target.address);
    auto asking = client.ask(std::move(sent));
    into = co_await std::move(asking);
  };
  server.run([&](TestServer& target) { return talk(target, request, text); });
  return read_answer(text);
}

Answer get(TestServer& server, std::string const& target) {
  return ask(server, "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
}

Answer post(TestServer& server, std::string const& target, std::string const& body) {
  return ask(
      server,
      "POST " + target +
          " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: " +
          std::to_string(body.size()) + "\r\n\r\n" + body
  );
}

Instant day(unsigned number) {
  return Instant(std::chrono::sys_days(std::chrono::year(2026) / 1 / std::chrono::day(number)));
}

TEST(Costs, AreByDayUnlessAskedOtherwise) {
  TestServer server;
  server.backend.cost_items.emplace_back(json::object{{"group", "2026-01-31"}, {"costUsd", 0.5}});
  auto const answer = get(server, "/v1/costs");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body.at("items").at(0).at("group"), "2026-01-31");
  ASSERT_EQ(server.backend.cost_queries.size(), 1U);
  auto const& query = server.backend.cost_queries[0];
  EXPECT_EQ(query.by, sql::SpendGroup::day);
  EXPECT_EQ(query.from, Instant(std::chrono::sys_days(std::chrono::year(1970) / 1 / 1)));
  EXPECT_GT(query.to, day(31) + 24h * 365 * 1000);
  EXPECT_EQ(query.limit, 1000U);
}

TEST(Costs, ByWorkflowAndModelBetweenDaysAndInstants) {
  struct Case {
    std::string query;
    sql::SpendGroup by;
    Instant from;
    Instant to;
  };
  Case const cases[]{
      {"by=workflow&from=2026-01-30&to=2026-01-31", sql::SpendGroup::workflow, day(30), day(31)},
      {"by=model&from=2026-01-30T08:00:00Z&to=2026-01-31",
       sql::SpendGroup::model,
       day(30) + 8h,
       day(31)},
      {"by=day&from=2026-01-01&to=2026-01-30T23:59:59.5Z",
       sql::SpendGroup::day,
       day(1),
       day(31) - 500ms}};
  for (auto const& c : cases) {
    TestServer server;
    EXPECT_EQ(get(server, "/v1/costs?limit=7&" + c.query).status, 200) << c.query;
    ASSERT_EQ(server.backend.cost_queries.size(), 1U) << c.query;
    auto const& query = server.backend.cost_queries[0];
    EXPECT_EQ(query.by, c.by);
    EXPECT_EQ(query.from, c.from) << c.query;
    EXPECT_EQ(query.to, c.to) << c.query;
    EXPECT_EQ(query.limit, 7U);
  }
}

TEST(Costs, WhatCannotBeAskedIsRefusedInWords) {
  for (auto const* query :
       {"by=task",
        "by=",
        "from=yesterday",
        "to=2026-13-01",
        "limit=1001",
        "limit=x",
        "group=day",
        "from=2026-01-31T25:00:00Z"}) {
    TestServer server;
    auto const answer = get(server, std::string("/v1/costs?") + query);
    EXPECT_EQ(answer.status, 400) << query;
    EXPECT_FALSE(answer.body.at("detail").as_string().empty()) << query;
    EXPECT_TRUE(server.backend.cost_queries.empty()) << query;
  }
}

TEST(SingleTask, IsFoundByItsIdAlsoWhenItIsACall) {
  TestServer server;
  auto const id = FakeBackend::id(0);
  server.publish(id);
  auto const target = "/v1/executions/" + id.to_string() + "/tasks/";
  struct Case {
    std::string task;
    std::string id;
  };
  for (auto const& c : {Case{"classify", "classify"}, Case{"lookup%5B1%5D", "lookup[1]"}}) {
    TestServer another;
    another.publish(id);
    auto const answer = get(another, target + c.task);
    EXPECT_EQ(answer.status, 200) << c.task;
    EXPECT_EQ(answer.body.at("id").as_string(), c.id);
  }
  EXPECT_EQ(get(server, "/v1/executions/no-id/tasks/a").status, 400);
  TestServer empty;
  auto const missing = get(empty, target + "classify");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.body.at("code"), "not_found");
}

TEST(Providers, AreListed) {
  TestServer server;
  server.backend.providers_seen.emplace_back(json::object{{"name", "sim"}, {"simulated", true}});
  auto const answer = get(server, "/v1/providers");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body.at("items").at(0).at("name"), "sim");
  TestServer another;
  EXPECT_EQ(get(another, "/v1/providers?name=sim").status, 400);
}

TEST(Prune, ForgetsCostsOnlyWhenAskedTo) {
  TestServer server;
  auto const kept = post(server, "/v1/prune", R"({"olderThan":"30d"})");
  EXPECT_EQ(kept.status, 200);
  EXPECT_FALSE(kept.body.contains("costs"));
  TestServer another;
  auto const both = post(another, "/v1/prune", R"({"olderThan":"30d","costsOlderThan":"365d"})");
  EXPECT_EQ(both.body.at("costs"), 7);
  ASSERT_EQ(another.backend.prunes.size(), 1U);
  EXPECT_EQ(another.backend.prunes[0].first, Duration(24h * 30));
  EXPECT_EQ(another.backend.prunes[0].second, Duration(24h * 365));
  TestServer third;
  EXPECT_EQ(post(third, "/v1/prune", R"({"olderThan":"30d","costsOlderThan":1})").status, 400);
  EXPECT_TRUE(third.backend.prunes.empty());
}

ai::ModelCallSeen called(std::string_view model, std::string_view workflow) {
  ai::ModelCallSeen out;
  out.provider = "openai";
  out.model = model;
  out.workflow = workflow;
  out.usage.input = 100;
  out.usage.cached_input = 40;
  out.usage.output = 10;
  out.cost_usd = 0.25;
  return out;
}

TEST(Metrics, CountTokensAndCostByModelAndByWorkflow) {
  Metrics metrics;
  metrics.model_called(called("small", "triage"));
  metrics.model_called(called("small", "report"));
  auto const text = metrics.text();
  EXPECT_THAT(
      text,
      HasSubstr(
          R"(ropewalk_llm_tokens_total{direction="input",model="small",provider="openai"} 200)"
      )
  );
  EXPECT_THAT(
      text, HasSubstr(R"(ropewalk_llm_cost_usd_total{model="small",provider="openai"} 0.5)")
  );
  EXPECT_THAT(
      text,
      HasSubstr(
          R"(ropewalk_llm_workflow_tokens_total{direction="cached_input",workflow="triage"} 40)"
      )
  );
  EXPECT_THAT(text, HasSubstr(R"(ropewalk_llm_workflow_cost_usd_total{workflow="report"} 0.25)"));
}

TEST(Metrics, AnUnknownCostIsNoCost) {
  Metrics metrics;
  auto call = called("small", "triage");
  call.cost_usd.reset();
  metrics.model_called(call);
  EXPECT_THAT(metrics.text(), Not(HasSubstr("cost_usd_total{")));
}

TEST(Metrics, NamesThatNeverEndShareOneLabel) {
  Metrics metrics;
  for (int i = 0; i < 2000; ++i)
    metrics.model_called(called("m" + std::to_string(i), "w" + std::to_string(i)));
  metrics.model_called(called("m7", "w7"));
  auto const text = metrics.text();
  auto const lines = std::count(text.begin(), text.end(), '\n');
  EXPECT_LT(lines, 300 * 8 + 200) << "each known name has four lines in each of two families";
  EXPECT_THAT(
      text,
      HasSubstr(
          R"(ropewalk_llm_tokens_total{direction="output",model="other",provider="openai"} 17000)"
      )
  );
  EXPECT_THAT(text, HasSubstr(R"(ropewalk_llm_workflow_cost_usd_total{workflow="other"} 425)"));
  EXPECT_THAT(text, HasSubstr(R"(ropewalk_llm_workflow_cost_usd_total{workflow="w7"} 0.5)"));
}

}  // namespace
}  // namespace ropewalk::server
