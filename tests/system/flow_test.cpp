// The ways through a workflow as people use them: forEach, switch, finally, cache, child
// executions, and failures that wait for a person. The real binary and a real PostgreSQL.
#include "tests/system/support/executions.hpp"
#include "tests/system/support/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

namespace ropewalk::system_test {
namespace {

using ::testing::HasSubstr;

std::string status_of(json::object const& execution, std::string const& task) {
  return text_of(task_of(execution, task), "status");
}

json::value workflow(std::string const& name, std::string const& fields) {
  return definition("{'name': '" + name + "', " + fields + "}");
}

class FlowTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server = std::make_unique<Server>(); }
  static void TearDownTestSuite() { server.reset(); }

  static json::object end_of(json::value const& definition, json::object inputs = {}) {
    return server->wait_for_end(server->run(definition, std::move(inputs)));
  }
  static json::object shown(std::string const& id) { return server->execution(id); }
  /// Waits until the execution says what it waits for.
  static json::object wait_for_hold(std::string const& id) {
    json::object execution;
    EXPECT_TRUE(eventually([&] {
      execution = shown(id);
      return execution.contains("hold");
    })) << in_words(execution);
    return execution;
  }

  static std::unique_ptr<Server> server;
};
std::unique_ptr<Server> FlowTest::server;

TEST_F(FlowTest, ForEachRunsACommandForEachItemInOrder) {
  auto const execution = end_of(
      workflow(
          "each",
          "'tasks': {'a': {'type': 'command', 'command': ['echo', '${{ string(item * 2) }}'], "
          "'forEach': {'items': '${{ inputs.list }}', 'maxParallel': 3}}, "
          "'sum': {'type': 'pass', 'needs': ['a'], 'value': '${{ tasks.a.output }}'}}"
      ),
      {{"list", {1, 2, 3, 4, 5}}}
  );
  EXPECT_EQ(text_of(execution, "status"), "COMPLETED") << in_words(execution);
  EXPECT_EQ(output_of(execution, "sum"), json::value({2, 4, 6, 8, 10}));
  EXPECT_EQ(status_of(execution, "a[4]"), "COMPLETED");
}

TEST_F(FlowTest, ASwitchTakesOneWay) {
  auto const definition = workflow(
      "route",
      "'tasks': {'r': {'type': 'switch', 'cases': [{'name': 'big', 'when': 'inputs.n > 10', "
      "'then': ['a']}], 'otherwise': ['b']}, 'a': {'type': 'pass'}, 'b': {'type': 'pass'}}"
  );
  auto const big = end_of(definition, {{"n", 11}});
  EXPECT_EQ(status_of(big, "a"), "COMPLETED");
  EXPECT_EQ(status_of(big, "b"), "SKIPPED");
  auto const small = end_of(definition, {{"n", 1}});
  EXPECT_EQ(status_of(small, "a"), "SKIPPED");
  EXPECT_EQ(status_of(small, "b"), "COMPLETED");
  EXPECT_EQ(output_of(small, "r"), json::value({{"case", "otherwise"}}));
}

TEST_F(FlowTest, FinallyRunsAfterAFailureAndKnowsOfIt) {
  auto const execution = end_of(workflow(
      "cleaned",
      "'tasks': {'a': {'type': 'command', 'command': ['false']}}, 'finally': {'clean': {'type': "
      "'command', 'command': ['echo', '${{ execution.status }} ${{ execution.error.code }}']}}"
  ));
  EXPECT_EQ(text_of(execution, "status"), "FAILED");
  EXPECT_EQ(output_of(execution, "clean"), json::value({{"stdout", "FAILED exit_code"}}))
      << in_words(execution);
}

TEST_F(FlowTest, FinallyRunsAfterACancel) {
  auto const id = server->run(workflow(
      "cancelled",
      "'tasks': {'a': {'type': 'wait', 'duration': '1h'}}, 'finally': {'clean': {'type': "
      "'command', "
      "'command': ['echo', '${{ execution.status }}']}}"
  ));
  EXPECT_EQ(server->post("/v1/executions/" + id + "/cancel", json::object()).status, 202U);
  auto const execution = server->wait_for_end(id);
  EXPECT_EQ(text_of(execution, "status"), "CANCELLED");
  EXPECT_EQ(output_of(execution, "clean"), json::value({{"stdout", "CANCELLED"}}));
}

TEST_F(FlowTest, AResultFromTheCacheIsShownAsSuch) {
  auto const definition = workflow(
      "cached",
      "'tasks': {'a': {'type': 'command', 'command': ['sh', '-c', 'date +%N'], 'cache': {'key': "
      "'inputs.k', 'ttl': '1h'}}}"
  );
  auto const first = end_of(definition, {{"k", "one"}});
  auto const again = end_of(definition, {{"k", "one"}});
  auto const other = end_of(definition, {{"k", "two"}});
  EXPECT_EQ(output_of(first, "a"), output_of(again, "a"));
  EXPECT_NE(output_of(first, "a"), output_of(other, "a"));
  auto const task = server->get("/v1/executions/" + text_of(again, "id") + "/tasks/a").object();
  auto const& cache = task.at("detail").as_object().at("cache").as_object();
  EXPECT_EQ(cache.at("hit"), json::value(true));
  EXPECT_EQ(text_of(cache, "execution"), text_of(first, "id"));
}

constexpr char const* until_there =
    "'onFailure': 'pause', 'tasks': {'a': {'type': 'command', 'command': ['test', '-e', '${{ "
    "inputs.file }}']}, 'b': {'type': 'pass', 'needs': ['a'], 'value': 'went on'}}";

TEST_F(FlowTest, AFailureWaitsForAPersonWhoHasItTriedAgain) {
  TempDirectory files;
  auto const file = files.path("there");
  auto const id = server->run(workflow("patient", until_there), {{"file", file}});
  auto const held = wait_for_hold(id);
  EXPECT_EQ(text_of(held, "status"), "RUNNING");
  EXPECT_EQ(text_of(task_of(held, "a"), "hold"), "failed");
  auto const why = server->cli({"why", id});
  EXPECT_THAT(why.out, HasSubstr("waits for a person")) << why.error;
  files.write("there", "");
  auto const done = server->cli({"resolve", id, "a", "retry"});
  EXPECT_EQ(done.status, 0) << done.error;
  auto const execution = server->wait_for_end(id);
  EXPECT_EQ(text_of(execution, "status"), "COMPLETED") << in_words(execution);
  EXPECT_EQ(output_of(execution, "b"), json::value("went on"));
}

TEST_F(FlowTest, AFailureIsResolvedOnceAndWithAKnownWord) {
  auto const id = server->run(workflow("patient", until_there), {{"file", "/nowhere"}});
  wait_for_hold(id);
  auto const place = "/v1/executions/" + id + "/tasks/a/resolve";
  EXPECT_EQ(server->post(place, {{"action", "forget"}}).status, 400U);
  EXPECT_EQ(server->post(place, {{"action", "skip"}, {"output", 1}}).status, 400U);
  EXPECT_EQ(
      server->post("/v1/executions/" + id + "/tasks/none/resolve", {{"action", "skip"}}).status,
      404U
  );
  auto const done = server->cli({"resolve", id, "a", "complete", "--output", "{\"by\": \"hand\"}"});
  EXPECT_EQ(done.status, 0) << done.error;
  auto const execution = server->wait_for_end(id);
  EXPECT_EQ(text_of(execution, "status"), "COMPLETED");
  EXPECT_EQ(output_of(execution, "a"), json::value({{"by", "hand"}}));
  EXPECT_EQ(server->post(place, {{"action", "skip"}}).status, 409U);
}

class ChildTest : public FlowTest {
 protected:
  static void put(std::string const& name, std::string const& fields) {
    auto const reply = server->post("/v1/workflows", workflow(name, fields));
    ASSERT_LT(reply.status, 300U) << reply.body;
  }
};

TEST_F(ChildTest, AChildExecutionGivesItsOutputsAndIsLinkedBothWays) {
  put("child",
      "'tasks': {'a': {'type': 'pass', 'value': '${{ inputs.n * 2 }}'}, 'b': {'type': 'pass', "
      "'needs': ['a'], 'value': '${{ tasks.a.output + 1 }}'}}");
  auto const parent = end_of(workflow(
      "parent",
      "'tasks': {'c': {'type': 'workflow', 'workflow': 'child', 'inputs': {'n': 20}}, 'd': "
      "{'type': "
      "'pass', 'needs': ['c'], 'value': '${{ tasks.c.output.outputs.b }}'}}"
  ));
  EXPECT_EQ(text_of(parent, "status"), "COMPLETED") << in_words(parent);
  EXPECT_EQ(output_of(parent, "d"), json::value(41));
  auto const& child = parent.at("children").as_array().at(0).as_object();
  EXPECT_EQ(text_of(child, "task"), "c");
  auto const shown_child = shown(text_of(child, "execution"));
  EXPECT_EQ(text_of(shown_child.at("parent").as_object(), "execution"), text_of(parent, "id"));
}

TEST_F(ChildTest, AModelCallsAWorkflowAsItsTool) {
  put("lookup", "'tasks': {'a': {'type': 'pass', 'value': '${{ size(inputs) }} found'}}");
  auto const parent = end_of(workflow(
      "agent",
      "'tasks': {'help': {'type': 'workflow', 'workflow': 'lookup', 'inputs': '${{ args }}'}, "
      "'ask': "
      "{'type': 'ai', 'model': 'sim/prose', 'prompt': 'Use look_up for it.', 'tools': [{'name': "
      "'look_up', 'task': 'help', 'parameters': {'type': 'object'}}]}}"
  ));
  EXPECT_EQ(text_of(parent, "status"), "COMPLETED") << in_words(parent);
  EXPECT_EQ(status_of(parent, "help[1]"), "COMPLETED") << in_words(parent);
  auto const& child = parent.at("children").as_array().at(0).as_object();
  EXPECT_EQ(text_of(child, "task"), "help[1]");
}

TEST_F(ChildTest, AFailedChildFailsItsTask) {
  put("broken", "'tasks': {'a': {'type': 'command', 'command': ['false']}}");
  auto const parent =
      end_of(workflow("parent", "'tasks': {'c': {'type': 'workflow', 'workflow': 'broken'}}"));
  EXPECT_EQ(text_of(parent, "status"), "FAILED");
  auto const task = task_of(parent, "c");
  auto const& error = task.at("error").as_object();
  EXPECT_EQ(text_of(error, "code"), "child_failed");
  EXPECT_EQ(text_of(error, "class"), "dependency");
}

TEST_F(ChildTest, ACancelReachesTheChild) {
  put("slow", "'tasks': {'a': {'type': 'wait', 'duration': '1h'}}");
  auto const id =
      server->run(workflow("parent", "'tasks': {'c': {'type': 'workflow', 'workflow': 'slow'}}"));
  json::object parent;
  ASSERT_TRUE(eventually([&] {
    parent = shown(id);
    return parent.contains("children");
  }));
  auto const& link = parent.at("children").as_array().at(0).as_object();
  EXPECT_EQ(server->post("/v1/executions/" + id + "/cancel", json::object()).status, 202U);
  EXPECT_EQ(text_of(server->wait_for_end(id), "status"), "CANCELLED");
  EXPECT_EQ(text_of(server->wait_for_end(text_of(link, "execution")), "status"), "CANCELLED");
}

TEST_F(ChildTest, OneThatStartsItselfEndsAtABound) {
  put("self", "'tasks': {'c': {'type': 'workflow', 'workflow': 'self'}}");
  auto const reply = server->post("/v1/executions", {{"workflow", "self"}});
  auto const execution = server->wait_for_end(text_of(reply.object(), "id"));
  EXPECT_EQ(text_of(execution, "status"), "FAILED");
  EXPECT_THAT(in_words(execution), HasSubstr("no deeper than 16"));
}

TEST_F(ChildTest, AChildGoesOnAfterAKillAndIsWaitedForAgain) {
  Server own;
  auto const reply = own.post(
      "/v1/workflows",
      workflow(
          "nap",
          "'tasks': {'a': {'type': 'command', 'command': ['sleep', '1']}, 'b': {'type': 'pass', "
          "'needs': ['a'], 'value': 'rested'}}"
      )
  );
  ASSERT_LT(reply.status, 300U) << reply.body;
  auto const id =
      own.run(workflow("parent", "'tasks': {'c': {'type': 'workflow', 'workflow': 'nap'}}"));
  ASSERT_TRUE(eventually([&] { return own.execution(id).contains("children"); }));
  own.kill();
  own.start();
  auto const parent = own.wait_for_end(id);
  EXPECT_EQ(text_of(parent, "status"), "COMPLETED") << in_words(parent);
  EXPECT_EQ(parent.at("children").as_array().size(), 1U) << in_words(parent);
}

}  // namespace
}  // namespace ropewalk::system_test
