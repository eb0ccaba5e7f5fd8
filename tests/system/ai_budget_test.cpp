// Budgets of an execution and of a workflow's day as people meet them, and where they see what was
// spent. The simulation is the model; how much a call of it takes is measured first.
#include "tests/system/support/executions.hpp"
#include "tests/system/support/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

namespace ropewalk::system_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

json::object error_of(json::object const& execution, std::string const& task) {
  return task_of(execution, task).at("error").as_object();
}

/// One that says the same in every workflow, so that it always takes the same.
std::string ask(std::string const& id, std::string const& more = "") {
  return "'" + id +
         "': {'type': 'ai', 'model': 'sim/echo', 'prompt': 'Say hello to the team.', "
         "'maxTokens': 60" +
         more + "}";
}

json::value workflow(std::string const& name, std::string const& budget, std::string const& tasks) {
  return definition("{'name': '" + name + "'" + budget + ", 'tasks': {" + tasks + "}}");
}

std::int64_t tokens_in(json::object const& spent) {
  auto const& tokens = spent.at("tokens").as_object();
  return tokens.at("input").to_number<std::int64_t>() +
         tokens.at("output").to_number<std::int64_t>();
}

class AiBudgetTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    server = std::make_unique<Server>();
    auto const measured = server->wait_for_end(server->run(workflow("measure", "", ask("one"))));
    one_call = tokens_in(measured);
  }
  static void TearDownTestSuite() { server.reset(); }

  static std::string enough_for_one() { return std::to_string(one_call + 1); }
  static json::object end_of(json::value const& definition) {
    return server->wait_for_end(server->run(definition));
  }

  static std::unique_ptr<Server> server;
  static std::int64_t one_call;
};
std::unique_ptr<Server> AiBudgetTest::server;
std::int64_t AiBudgetTest::one_call = 0;

TEST_F(AiBudgetTest, AnExecutionThatHasSpentItsBudgetFails) {
  ASSERT_GT(one_call, 0);
  auto const execution = end_of(workflow(
      "spender",
      ", 'budget': {'maxTokens': " + enough_for_one() + "}",
      ask("first") + "," + ask("second", ", 'needs': ['first']")
  ));
  EXPECT_EQ(text_of(execution, "status"), "FAILED");
  EXPECT_EQ(text_of(task_of(execution, "first"), "status"), "COMPLETED") << in_words(execution);
  auto const error = error_of(execution, "second");
  EXPECT_EQ(text_of(error, "code"), "budget_exceeded");
  EXPECT_EQ(text_of(error, "class"), "resource");
  EXPECT_EQ(text_of(error.at("detail").as_object(), "budget"), "execution");
  EXPECT_THAT(text_of(error, "message"), HasSubstr("the budget of the execution"));
  EXPECT_EQ(task_of(execution, "second").at("attempt").to_number<int>(), 1) << "not tried again";
}

TEST_F(AiBudgetTest, OrWaitsForAPersonAndThenGoesOn) {
  auto const id = server->run(workflow(
      "asker",
      ", 'budget': {'onExceeded': 'pause', 'maxTokens': " + enough_for_one() + "}",
      ask("first") + "," + ask("second", ", 'needs': ['first']") + "," +
          ask("third", ", 'needs': ['second']")
  ));
  for (auto const* task : {"second", "third"}) {
    std::string const named = "task \"" + std::string(task) + "\"";
    bool const is_held = eventually([&] {
      auto const now = server->execution(id);
      return now.contains("hold") &&
             text_of(now.at("hold").as_object(), "message").find(named) != std::string::npos;
    });
    ASSERT_TRUE(is_held) << in_words(server->execution(id));
    auto const hold = server->execution(id).at("hold").as_object();
    EXPECT_EQ(text_of(hold.at("detail").as_object(), "budget"), "execution");
    auto const why = server->cli({"why", id});
    EXPECT_THAT(why.out, AllOf(HasSubstr("waits for a person"), HasSubstr("of the execution")));
    auto const shown = server->cli({"show", id});
    EXPECT_THAT(shown.out, HasSubstr("the budget of the execution")) << shown.error;
    auto const resumed = server->cli({"resume", id});
    EXPECT_EQ(resumed.status, 0) << resumed.error;
  }
  auto const execution = server->wait_for_end(id);
  EXPECT_EQ(text_of(execution, "status"), "COMPLETED") << in_words(execution);
  auto const events = server->get("/v1/executions/" + id + "/events");
  EXPECT_THAT(events.body, HasSubstr("\"budget\":\"execution\""));
}

TEST_F(AiBudgetTest, ADayIsSharedByTheExecutionsOfAWorkflow) {
  auto const daily = workflow(
      "daily", ", 'budget': {'perDay': {'maxTokens': " + enough_for_one() + "}}", ask("one")
  );
  EXPECT_EQ(text_of(end_of(daily), "status"), "COMPLETED");
  auto const second = end_of(daily);
  EXPECT_EQ(text_of(second, "status"), "FAILED");
  auto const error = error_of(second, "one");
  EXPECT_EQ(text_of(error.at("detail").as_object(), "budget"), "perDay");
  EXPECT_THAT(text_of(error, "message"), HasSubstr("workflow \"daily\" for 20"));
  EXPECT_EQ(text_of(end_of(workflow("another", "", ask("one"))), "status"), "COMPLETED");

  ASSERT_EQ(server->stop(), 0);
  server->start();
  auto const third = end_of(daily);  // what was spent before is in the database
  EXPECT_EQ(text_of(third, "status"), "FAILED");
  EXPECT_EQ(text_of(error_of(third, "one"), "code"), "budget_exceeded");
}

TEST_F(AiBudgetTest, TasksAtOnceDoNotAllSeeTheSameEmptySheet) {
  std::string tasks;
  for (int i = 0; i < 20; ++i)
    tasks += (i == 0 ? "" : ",") + ask("t" + std::to_string(i), ", 'allowFailure': true");
  auto const most = one_call * 4;
  auto const execution =
      end_of(workflow("crowd", ", 'budget': {'maxTokens': " + std::to_string(most) + "}", tasks));
  int completed = 0;
  for (auto const& task : execution.at("tasks").as_array())
    if (text_of(task.as_object(), "status") == "COMPLETED") ++completed;
  EXPECT_EQ(completed, 4) << in_words(execution);
  EXPECT_LE(tokens_in(execution), most);
}

TEST_F(AiBudgetTest, WhatWasSpentIsSeenEverywhere) {
  auto const execution = end_of(workflow("seen", "", ask("one") + "," + ask("two")));
  EXPECT_EQ(tokens_in(execution), 2 * one_call);
  auto const id = text_of(execution, "id");
  auto const task = server->get("/v1/executions/" + id + "/tasks/one");
  EXPECT_EQ(task.status, 200U) << task.body;
  EXPECT_EQ(tokens_in(task.object()), one_call);
  EXPECT_EQ(server->get("/v1/executions/" + id + "/tasks/three").status, 404U);

  auto const costs_of = [](std::string const& by, std::string const& group) -> json::object {
    auto const costs = server->get("/v1/costs?by=" + by).object();
    for (auto const& item : costs.at("items").as_array())
      if (text_of(item.as_object(), "group") == group) return item.as_object();
    throw std::runtime_error("no costs of " + group);
  };
  auto const by_workflow = costs_of("workflow", "seen");
  EXPECT_EQ(tokens_in(by_workflow), 2 * one_call);
  EXPECT_EQ(by_workflow.at("calls").to_number<int>(), 2);
  EXPECT_EQ(by_workflow.at("costUsd").to_number<double>(), 0);
  EXPECT_FALSE(by_workflow.contains("unpricedCalls")) << "every call has a price";
  auto const by_model = costs_of("model", "sim/echo");
  EXPECT_GE(tokens_in(by_model), 2 * one_call);
  auto const days = server->get("/v1/costs?by=day").object().at("items").as_array();
  ASSERT_FALSE(days.empty());
  EXPECT_EQ(text_of(days[0].as_object(), "group").size(), 10U);
  EXPECT_THAT(
      server->get("/metrics").body,
      HasSubstr("ropewalk_llm_workflow_tokens_total{direction=\"output\",workflow=\"seen\"}")
  );
}

TEST_F(AiBudgetTest, ProvidersTellHowTheyStandAndNoSecrets) {
  end_of(workflow("asks", "", ask("one")));
  auto const reply = server->get("/v1/providers");
  ASSERT_EQ(reply.status, 200U) << reply.body;
  bool has_sim = false;
  auto const providers = reply.object();
  for (auto const& item : providers.at("items").as_array()) {
    auto const& provider = item.as_object();
    EXPECT_FALSE(provider.contains("apiKeyEnv")) << in_words(item);
    if (text_of(provider, "name") != "sim") continue;
    has_sim = true;
    EXPECT_TRUE(provider.at("simulated").as_bool());
    EXPECT_TRUE(provider.at("ready").as_bool());
    EXPECT_EQ(text_of(provider.at("circuit").as_object(), "state"), "closed");
    EXPECT_GE(provider.at("sinceStart").at("calls").to_number<int>(), 1);
    auto const& model = provider.at("models").at(0).as_object();
    EXPECT_EQ(text_of(model, "model"), "echo");
  }
  EXPECT_TRUE(has_sim);
  auto const live = server->cli({"providers", "--live"});
  EXPECT_EQ(live.status, 0) << live.error;
  EXPECT_THAT(live.out, AllOf(HasSubstr("sim/echo"), HasSubstr("simulation"), HasSubstr("CALLS")));
}

TEST_F(AiBudgetTest, CostsAreForgottenOnlyWhenTheirAgeIsNamed) {
  end_of(workflow("pruned", "", ask("one")));
  auto const kept = server->cli({"prune", "--older-than", "30d"});
  EXPECT_EQ(kept.status, 0) << kept.error;
  EXPECT_THAT(kept.out, Not(HasSubstr("costs")));
  EXPECT_THAT(server->get("/v1/costs?by=workflow").body, HasSubstr("pruned"));
  auto const wrong = server->cli({"prune", "--older-than", "30d", "--costs-older-than", "a year"});
  EXPECT_EQ(wrong.status, 2) << wrong.out;
  auto const both = server->cli({"prune", "--older-than", "30d", "--costs-older-than", "0s"});
  EXPECT_EQ(both.status, 0) << both.error;
  EXPECT_THAT(both.out, HasSubstr("forgotten records of costs: "));
  EXPECT_THAT(server->get("/v1/costs?by=workflow").body, Not(HasSubstr("pruned")));
}

}  // namespace
}  // namespace ropewalk::system_test
