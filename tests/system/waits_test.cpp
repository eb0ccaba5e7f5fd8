// Tasks that wait for a time, a signal or a person: the real binary, its CLI and its HTTP
// interface, and kill -9 while they wait.
#include "tests/system/support/requests.hpp"

#include <boost/json/serialize.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::system_test {
namespace {

using ::testing::HasSubstr;

json::object task_of(Server const& server, std::string const& id, std::string const& task) {
  return server.get("/v1/executions/" + id + "/tasks/" + task).object();
}

std::string text_in(json::value const& value, std::string const& name) {
  return text_of(value.as_object(), name);
}

class WaitsTest : public ::testing::Test {
 protected:
  /// Starts it, and waits until the task waits.
  std::string start(std::string const& tasks, std::string const& waiting_task) {
    auto const id = server_.run(definition("{'name': 'waits', 'tasks': {" + tasks + "}}"));
    EXPECT_TRUE(waits(id, waiting_task)) << waiting_task;
    return id;
  }
  bool waits(std::string const& id, std::string const& task) {
    return eventually([&] { return task_of(server_, id, task).contains("waiting"); });
  }
  HttpReply signal(
      std::string const& id,
      std::string const& name,
      json::value const& payload,
      Headers headers = {}
  ) {
    return server_.post("/v1/executions/" + id + "/signals/" + name, payload, std::move(headers));
  }
  HttpReply answer(std::string const& id, std::string const& task, std::string const& word) {
    json::object body{{"answer", word}, {"by", "ada"}};
    return server_.post("/v1/executions/" + id + "/approvals/" + task, body);
  }

  Server server_;
};

constexpr char const* review =
    "'ask': {'type': 'wait', 'approval': {'message': 'Ship it?', 'deadline': '24h'}}, "
    "'ship': {'type': 'command', 'needs': ['ask'], "
    "'command': ['echo', '${{ tasks.ask.output.answer }} by ${{ tasks.ask.output.by }}']}";

TEST_F(WaitsTest, AnApprovalIsOpenOverAKillAndIsGivenOnce) {
  auto const id = start(review, "ask");
  auto const before = task_of(server_, id, "ask");
  server_.kill();
  server_.start();
  auto const asked = task_of(server_, id, "ask");
  EXPECT_EQ(asked.at("waiting"), before.at("waiting")) << "it goes on from its start";
  EXPECT_EQ(text_in(asked.at("waiting"), "message"), "Ship it?");
  EXPECT_EQ(asked.at("attempt"), 1);

  auto const open = server_.get("/v1/approvals").object();
  ASSERT_EQ(open.at("items").as_array().size(), 1U);
  EXPECT_EQ(text_in(open.at("items").at(0), "execution"), id);
  EXPECT_EQ(open.at("items").at(0).at("answers"), json::value({"approve", "reject"}));
  EXPECT_THAT(server_.cli({"why", id}).out, HasSubstr("waits for an answer (approve, reject)"));
  EXPECT_THAT(server_.cli({"approvals"}).out, HasSubstr("Ship it? (approve, reject)"));

  auto const wrong = answer(id, "ask", "maybe");
  expect_problem(wrong, 422, "invalid_answer");
  EXPECT_THAT(wrong.body, HasSubstr("approve, reject"));
  expect_problem(answer(id, "ship", "approve"), 409, "not_waiting");
  expect_problem(answer(id, "nothing", "approve"), 404, "unknown_task");

  auto const done = server_.cli(
      {"approve", id, "ask", "--answer", "approve", "--comment", "looks good", "--by", "bob"}
  );
  EXPECT_EQ(done.status, 0) << done.error;
  auto const ended = server_.wait_for_end(id);
  EXPECT_EQ(text_of(ended, "status"), "COMPLETED");
  auto const decided = task_of(server_, id, "ask");
  EXPECT_EQ(text_in(decided.at("output"), "comment"), "looks good");
  EXPECT_FALSE(decided.contains("waiting"));
  EXPECT_THAT(
      json::serialize(task_of(server_, id, "ship").at("output")), HasSubstr("approve by bob")
  );

  auto const second = answer(id, "ask", "reject");
  expect_problem(second, 409, "already_decided");
  EXPECT_THAT(second.body, HasSubstr("by bob: approve"));
  EXPECT_TRUE(server_.get("/v1/approvals").object().at("items").as_array().empty());
}

TEST_F(WaitsTest, TheEventSaysWhatIsAsked) {
  auto const id = start(review, "ask");
  auto const events = server_.get("/v1/executions/" + id + "/events").body;
  EXPECT_THAT(
      events, HasSubstr(R"("waiting":{"for":"approval","message":"Ship it?","answers":["approve")")
  );
}

TEST_F(WaitsTest, ADeadlineThatPassesWhileTheServerIsDeadCountsAtOnce) {
  auto const id = start(
      "'ask': {'type': 'wait', 'approval': {'message': '?', 'deadline': '3s', "
      "'onTimeout': 'reject'}}, 'late': {'type': 'wait', 'approval': {'message': '?', 'deadline': "
      "'1ms'}}",
      "ask"
  );
  server_.kill();
  server_.start();
  auto const ended = server_.wait_for_end(id);
  EXPECT_EQ(text_of(ended, "status"), "FAILED");
  auto const ask = task_of(server_, id, "ask");
  EXPECT_EQ(text_in(ask.at("output"), "answer"), "reject");
  EXPECT_EQ(ask.at("output").at("timedOut"), true);
  EXPECT_EQ(text_in(task_of(server_, id, "late").at("error"), "code"), "approval_timeout");
}

TEST_F(WaitsTest, SignalsAreTakenKeptCheckedAndCountedOnce) {
  auto const id = start(
      "'first': {'type': 'wait', 'signal': {'name': 'paid', 'schema': {'type': 'object', "
      "'required': ['amount'], 'properties': {'amount': {'type': 'integer', 'minimum': 1}, "
      "'currency': {'type': 'string'}}}}}, "
      "'second': {'type': 'wait', 'needs': ['first'], 'signal': 'go'}, "
      "'third': {'type': 'wait', 'needs': ['second'], 'signal': 'go'}",
      "first"
  );
  EXPECT_THAT(server_.cli({"why", id, "first"}).out, HasSubstr("waits for the signal \"paid\""));
  auto const wrong = signal(id, "paid", json::object{{"amount", 0}, {"currency", 7}});
  expect_problem(wrong, 422, "invalid_signal");
  EXPECT_GE(wrong.object().at("errors").at("violations").as_array().size(), 2U) << wrong.body;
  auto const typo = signal(id, "payd", 1);
  expect_problem(typo, 422, "unknown_signal");
  EXPECT_THAT(typo.body, HasSubstr("did you mean"));

  // Early ones are kept, over a kill as well, and a repeat is none.
  Headers const key{{"Idempotency-Key", "k1"}};
  EXPECT_EQ(signal(id, "go", 1, key).status, 202U);
  server_.kill();
  server_.start();
  EXPECT_EQ(signal(id, "go", 1, key).status, 202U);
  expect_problem(signal(id, "go", 2, key), 422, "idempotency_mismatch");
  EXPECT_EQ(server_.execution(id).at("signals").as_array().size(), 1U);
  EXPECT_EQ(signal(id, "paid", json::object{{"amount", 3}}).status, 204U);
  ASSERT_TRUE(waits(id, "third")) << "the second took the kept one";
  EXPECT_EQ(task_of(server_, id, "second").at("output"), 1);
  EXPECT_EQ(signal(id, "go", 1, key).status, 204U) << "it has been taken";
  EXPECT_TRUE(waits(id, "third"));

  auto const sent = server_.cli({"signal", id, "go", "--payload", "{\"n\": 2}", "--key", "k2"});
  EXPECT_EQ(sent.status, 0) << sent.error;
  EXPECT_THAT(sent.out, HasSubstr("taken"));
  EXPECT_EQ(text_of(server_.wait_for_end(id), "status"), "COMPLETED");
  EXPECT_EQ(task_of(server_, id, "third").at("output").at("n"), 2);
  EXPECT_EQ(signal(id, "go", json::object{{"n", 2}}, {{"Idempotency-Key", "k2"}}).status, 204U)
      << "a repeat is told the same after the end";
  expect_problem(signal(id, "go", 9), 409, "already_ended");
  expect_problem(signal("01900000-0000-7000-8000-000000000001", "go", 9), 404, "not_found");
}

TEST_F(WaitsTest, ItemsOfAListAskEachForItself) {
  auto const id = start(
      "'ask': {'type': 'wait', 'forEach': ['a', 'b'], "
      "'approval': {'message': 'Take ${{ item }}?', 'answers': ['yes', 'no']}}",
      "ask%5B1%5D"
  );
  EXPECT_EQ(server_.cli({"approve", id, "ask[1]", "--answer", "no"}).status, 0);
  EXPECT_EQ(answer(id, "ask%5B0%5D", "yes").status, 200U);
  auto const ended = server_.wait_for_end(id);
  EXPECT_EQ(text_of(ended, "status"), "COMPLETED");
  auto const output = task_of(server_, id, "ask").at("output");
  EXPECT_EQ(text_in(output.at(0), "answer"), "yes");
  EXPECT_EQ(text_in(output.at(1), "answer"), "no");
}

TEST_F(WaitsTest, UntilATimeAndNoSlotIsHeld) {
  std::string tasks;
  for (int i = 0; i < 200; ++i)  // more than the pool has slots
    tasks += "'w" + std::to_string(i) +
             "': {'type': 'wait', 'until': '${{ timestamp(execution.createdAt) + "
             "duration(\"300ms\") }}'}, ";
  auto const id = start(tasks + "'ask': {'type': 'wait', 'signal': 'go'}", "ask");
  EXPECT_EQ(text_of(server_.wait_for_end(server_.run(pass_workflow())), "status"), "COMPLETED");
  EXPECT_EQ(signal(id, "go", nullptr).status, 204U);
  EXPECT_EQ(text_of(server_.wait_for_end(id), "status"), "COMPLETED");
}

}  // namespace
}  // namespace ropewalk::system_test
