// rateLimit, debounce and singleton as people use them: the real binary with several shards, calls
// one after the other and at once, and a kill in between.
#include "tests/system/support/requests.hpp"
#include "tests/system/support/server.hpp"

#include <boost/json/serialize.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace ropewalk::system_test {
namespace {

using ::testing::HasSubstr;

json::value flow(std::string const& name, std::string const& limit, std::string const& command) {
  return definition(
      "{'name': '" + name + "', " + limit +
      ", 'tasks': {'a': {'type': 'command', 'command': ['sh', "
      "'-c', '" +
      command + "'], 'env': {'N': '${{ string(inputs.n) }}'}}}}"
  );
}

HttpReply call(Server const& server, std::string const& name, int n, std::string const& key = "k") {
  return server.post("/v1/executions", {{"workflow", name}, {"inputs", {{"n", n}, {"key", key}}}});
}

/// Throws when it was not started.
std::string started(HttpReply const& reply) {
  EXPECT_TRUE(reply.status == 201 || reply.status == 200) << reply.body;
  return text_of(reply.object(), "id");
}

std::string status_of(Server const& server, std::string const& id) {
  return text_of(server.execution(id), "status");
}

class StartsTest : public ::testing::Test {
 protected:
  StartsTest() : server_(std::vector<std::string>{"--shards", "3"}) {}
  void put(json::value const& workflow) {
    EXPECT_EQ(server_.post("/v1/workflows", workflow).status, 201);
  }
  Server server_;
};

TEST_F(StartsTest, ARateIsRefusedBeyondItsLimit) {
  put(flow("rated", "'rateLimit': {'limit': 3, 'per': '1h', 'key': '${{ inputs.key }}'}", "true"));
  std::vector<HttpReply> replies(12);
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < 12; ++i)
      callers.emplace_back([&, i] { replies[std::size_t(i)] = call(server_, "rated", i); });
  }
  int accepted = 0;
  for (auto const& reply : replies) {
    if (reply.status == 201) {
      ++accepted;
      continue;
    }
    expect_problem(reply, 429, "rate_limited");
    auto const wait = std::stoi(reply.header("retry-after"));
    EXPECT_GT(wait, 3500);
    EXPECT_LE(wait, 3600);
  }
  EXPECT_EQ(accepted, 3);
  EXPECT_EQ(call(server_, "rated", 1, "other").status, 201) << "another key has its own";
  server_.kill();
  server_.start();
  EXPECT_EQ(call(server_, "rated", 1).status, 429) << "it is counted after a crash as well";
}

TEST_F(StartsTest, ARateQueuesWhatBeginsLater) {
  put(flow("queued", "'rateLimit': {'limit': 1, 'per': '2s', 'onLimit': 'queue'}", "echo $N"));
  auto const first = started(call(server_, "queued", 1));
  auto const second = started(call(server_, "queued", 2));
  auto const third = started(call(server_, "queued", 3));
  server_.wait_for_end(first);
  EXPECT_EQ(status_of(server_, third), "PENDING");
  auto const why = server_.get("/v1/executions/" + third + "/why").body;
  EXPECT_THAT(why, HasSubstr("rateLimit lets it begin at"));
  EXPECT_THAT(server_.cli({"why", third}).out, HasSubstr("rateLimit"));
  server_.kill();
  server_.start();
  EXPECT_EQ(status_of(server_, third), "PENDING") << "a crash does not let it begin sooner";
  auto const ended = server_.wait_for_end(third);
  EXPECT_EQ(text_of(ended, "status"), "COMPLETED");
  server_.wait_for_end(second);
  EXPECT_EQ(
      server_.database().value(
          "SELECT min(started_at - lag) >= interval '1.9 seconds' FROM (SELECT "
          "started_at, lag(started_at) OVER (ORDER BY started_at) AS lag FROM "
          "executions) e"
      ),
      "t"
  );
  auto const held = started(call(server_, "queued", 4));
  EXPECT_EQ(server_.post("/v1/executions/" + held + "/cancel", json::object()).status, 202);
  EXPECT_EQ(status_of(server_, held), "CANCELLED");
}

TEST_F(StartsTest, OfCloseCallsTheLastOneRuns) {
  put(flow("close", "'debounce': {'delay': '1500ms', 'key': '${{ inputs.key }}'}", "echo $N"));
  std::vector<std::string> ids;
  for (int n = 1; n <= 3; ++n) ids.push_back(started(call(server_, "close", n)));
  auto const other = started(call(server_, "close", 9, "other"));
  for (std::size_t i = 0; i < 2; ++i) {
    auto const ended = server_.wait_for_end(ids[i]);
    EXPECT_EQ(text_of(ended, "status"), "CANCELLED");
    auto const error = ended.at("error").as_object();
    EXPECT_EQ(text_of(error, "code"), "debounced");
    EXPECT_EQ(text_of(error.at("detail").as_object(), "execution"), ids[i + 1]);
  }
  EXPECT_EQ(status_of(server_, ids[2]), "PENDING");
  EXPECT_THAT(
      server_.get("/v1/executions/" + ids[2] + "/why").body,
      HasSubstr("debounce waits for further calls until")
  );
  server_.kill();
  server_.start();
  auto const last = server_.wait_for_end(ids[2]);
  EXPECT_EQ(text_of(last, "status"), "COMPLETED");
  EXPECT_THAT(json::serialize(last), HasSubstr("\"output\":3"));
  EXPECT_EQ(text_of(server_.wait_for_end(other), "status"), "COMPLETED");
  auto const next = started(call(server_, "close", 4));
  EXPECT_EQ(text_of(server_.wait_for_end(next), "status"), "COMPLETED") << "a new time has begun";
}

TEST_F(StartsTest, CallsThatDoNotCeaseAreNotPutOffForEver) {
  put(flow("never", "'debounce': {'delay': '1s', 'maxWait': '2s'}", "echo $N"));
  auto const give_up = std::chrono::steady_clock::now() + seconds(20);
  std::set<std::string> ids;
  int ran = 0;
  while (ran == 0 && std::chrono::steady_clock::now() < give_up) {
    ids.insert(started(call(server_, "never", 1)));
    ran = std::stoi(
        server_.database().value("SELECT count(*) FROM executions WHERE started_at IS NOT NULL")
    );
  }
  EXPECT_EQ(ran, 1);
}

TEST_F(StartsTest, ASingletonRunsOnce) {
  put(flow("alone", "'singleton': {'key': '${{ inputs.key }}', 'onConflict': 'return'}", "sleep 60")
  );
  put(flow("only", "'singleton': {}", "sleep 60"));
  std::vector<HttpReply> replies(8);
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < 8; ++i)
      callers.emplace_back([&, i] { replies[std::size_t(i)] = call(server_, "alone", i); });
  }
  std::set<std::string> ids;
  int created = 0;
  for (auto const& reply : replies) {
    ids.insert(started(reply));
    created += reply.status == 201 ? 1 : 0;
  }
  EXPECT_EQ(ids.size(), 1U);
  EXPECT_EQ(created, 1) << "the others are told of it with 200";
  EXPECT_NE(started(call(server_, "alone", 1, "other")), *ids.begin());

  auto const only = started(call(server_, "only", 1));
  auto const refused = call(server_, "only", 2);
  expect_problem(refused, 409, "already_running");
  EXPECT_THAT(refused.body, HasSubstr(only));
  server_.kill();
  server_.start();
  expect_problem(call(server_, "only", 2), 409, "already_running");
  EXPECT_EQ(server_.post("/v1/executions/" + only + "/cancel", json::object()).status, 202);
  server_.wait_for_end(only);
  auto const next = started(call(server_, "only", 3));
  EXPECT_NE(next, only);
}

}  // namespace
}  // namespace ropewalk::system_test
