// Goal: an API call sends what its fields say, and gives what came back, whole, within its bounds,
// and without what was secret.
//
// Method: a runner against servers on loopback that keep what they were sent.
#include "engine/base/json.hpp"
#include "tests/providers/http/task/runner_fixture.hpp"

#include <gmock/gmock.h>

namespace ropewalk::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

json::value task_for(ScriptedServer const& server, std::string const& more = {}) {
  return js("{'url': '" + server.url("/things") + "'" + (more.empty() ? "" : ", " + more) + "}");
}

TEST(HttpAttempt, AnAnswerBecomesTheOutput) {
  RepliesInTurn replies({reply(200, R"({"id": 7})", "application/json", "X-Count: 3\r\n")});
  ScriptedServer server(replies.script());
  World world;
  auto const outcome = world.run(task_for(server, "'query': {'q': 'a b'}"));
  ASSERT_TRUE(outcome.output);
  auto const& output = outcome.output->get_object();
  EXPECT_EQ(output.at("status"), 200);
  EXPECT_EQ(output.at("url"), json::value(server.url("/things?q=a%20b")));
  EXPECT_EQ(output.at("headers").at("x-count"), "3");
  EXPECT_EQ(output.at("body").at("id"), 7);
  auto const request = replies.requests().at(0);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/things?q=a%20b");
  EXPECT_EQ(request.header("accept"), "*/*");
  EXPECT_EQ(request.header("idempotency-key"), "");
  auto const& record = outcome.detail.at("requests").at(0).get_object();
  EXPECT_EQ(record.at("url"), json::value(server.url("/things"))) << "parameters are not recorded";
  EXPECT_EQ(record.at("status"), 200);
}

TEST(HttpAttempt, BodiesOfEveryKind) {
  RepliesInTurn replies({reply(201, "")});
  ScriptedServer server(replies.script());
  World world;
  world.folder.files = {{"data/a.csv", "1,2\n"}, {"b.bin", std::string("\0\x01", 2)}};
  for (auto const* body :
       {"{'json': {'a': [1, 2.5, null]}}",
        "{'json': null}",
        "{'form': {'a': 'b c', 'd': [1, 2]}}",
        "{'text': 'plain'}",
        "{'file': 'data/a.csv'}",
        "{'text': '<x/>', 'contentType': 'application/xml'}",
        "{'multipart': [{'name': 'n', 'text': 5}, {'name': 'f', 'file': 'data/a.csv'}]}"})
    world.output(task_for(server, "'body': " + std::string(body)));
  std::vector<std::string> sent;
  for (auto const& request : replies.requests())
    sent.push_back(request.method + " " + request.header("content-type") + " " + request.body);
  ASSERT_EQ(sent.size(), 7U);
  EXPECT_EQ(sent[0], R"(POST application/json {"a":[1,2.5,null]})");
  EXPECT_EQ(sent[1], "POST application/json null");
  EXPECT_EQ(sent[2], "POST application/x-www-form-urlencoded a=b%20c&d=1&d=2");
  EXPECT_EQ(sent[3], "POST text/plain; charset=utf-8 plain");
  EXPECT_EQ(sent[4], "POST text/csv; charset=utf-8 1,2\n");
  EXPECT_EQ(sent[5], "POST application/xml <x/>");
  EXPECT_THAT(sent[6], StartsWith("POST multipart/form-data; boundary=ropewalk-"));
  EXPECT_THAT(sent[6], HasSubstr("name=\"n\"\r\n\r\n5\r\n"));
  EXPECT_THAT(
      sent[6],
      HasSubstr(
          "name=\"f\"; filename=\"a.csv\"\r\nContent-Type: text/csv; charset=utf-8\r\n\r\n1,2\n"
      )
  );
  EXPECT_EQ(world.error(task_for(server, "'body': {'file': 'none'}")).code, "file_not_found");
}

TEST(HttpAttempt, TheIdempotencyKeyIsThatOfTheRun) {
  RepliesInTurn replies({reply(200, "1")});
  ScriptedServer server(replies.script());
  World world;
  auto const post = task_for(server, "'body': {'json': 1}");
  world.run_all({post, post});
  world.output(task_for(server, "'body': {'json': 1}, 'idempotencyKey': false"));
  world.output(task_for(server, "'body': {'json': 1}, 'headers': {'idempotency-key': 'mine'}"));
  world.output(task_for(server, "'method': 'PUT', 'idempotencyKey': true"));
  std::vector<std::string> keys;
  for (auto const& request : replies.requests()) keys.push_back(request.header("idempotency-key"));
  EXPECT_THAT(keys, ElementsAre("run/call/1", "run/call/1", "", "mine", "run/call/1"));
}

TEST(HttpAttempt, AnUnexpectedStatusIsAnErrorWithWords) {
  RepliesInTurn replies(
      {reply(503, "{\"error\":\"busy\"}", "application/json", "Retry-After: 2\r\n")}
  );
  ScriptedServer server(replies.script());
  World world;
  auto const error = world.error(task_for(server, "'query': {'token': 'hidden'}"));
  EXPECT_EQ(error.error_class, ErrorClass::transient);
  EXPECT_EQ(error.code, "server_error");
  EXPECT_EQ(
      error.message, "task \"call\": GET " + server.url("/things") + ": 503: {\"error\":\"busy\"}"
  );
  EXPECT_EQ(error.detail.at("retryAfterMs"), 2000);
  auto const taken = world.output(task_for(server, "'expectedStatus': [200, 503]"));
  EXPECT_EQ(taken.at("body").at("error"), "busy");
}

TEST(HttpAttempt, AnAnswerHasBounds) {
  RepliesInTurn replies({reply(200, std::string(5000, 'x'), "text/plain")});
  ScriptedServer server(replies.script());
  World world;
  world.output_bytes_max = 4000;
  auto const error = world.error(task_for(server));
  EXPECT_EQ(error.code, "response_too_large");
  EXPECT_EQ(error.error_class, ErrorClass::permanent);
  EXPECT_EQ(
      world.output(task_for(server, "'maxBytes': 5000")).at("body").get_string().size(), 5000U
  );
  EXPECT_EQ(world.error(task_for(server, "'maxBytes': 10")).code, "response_too_large");
}

TEST(HttpAttempt, NothingSecretIsShown) {
  RepliesInTurn replies({
      reply(200, R"({"you": "sent token-12345 and cGFzc3dvcmQtNjc4OTA="})"),
      reply(400, "bad token-12345", "text/plain"),
  });
  ScriptedServer server(replies.script());
  World world;
  world.secrets.values = {{"TOKEN", "token-12345"}, {"PASS", "password-67890"}};
  auto const task =
      task_for(server, "'headers': {'X-Token': {'secret': 'TOKEN'}, 'X-Pass': {'secret': 'PASS'}}");
  auto const outcomes = world.run_all({task, task});
  EXPECT_EQ(replies.requests().at(0).header("x-token"), "token-12345");
  ASSERT_TRUE(outcomes[0].output);
  EXPECT_EQ(outcomes[0].output->at("body").at("you"), "sent *** and ***=");
  ASSERT_FALSE(outcomes[1].output);
  auto const shown = to_text(to_json(outcomes[1].output.error()));
  EXPECT_THAT(shown, Not(HasSubstr("token-12345")));
  EXPECT_THAT(shown, HasSubstr("bad ***"));
}

TEST(HttpAttempt, ASecretThatIsNotThereStopsIt) {
  ScriptedServer server([](ScriptedConnection&) {});
  World world;
  auto const error = world.error(task_for(server, "'headers': {'X-Token': {'secret': 'TOKEN'}}"));
  EXPECT_EQ(error.code, "unknown_secret");
  EXPECT_EQ(server.connections_count(), 0U);
}

TEST(HttpAttempt, PrivateAddressesAreRefused) {
  ScriptedServer server([](ScriptedConnection&) {});
  World world;
  world.allow.clear();
  auto const error = world.error(task_for(server));
  EXPECT_EQ(error.code, "address_refused");
  EXPECT_EQ(error.error_class, ErrorClass::permanent);
  EXPECT_THAT(error.message, HasSubstr("127.0.0.1 is a loopback address"));
  EXPECT_THAT(error.hint, HasSubstr("http: { allow: [\"127.0.0.1\"] }"));
  EXPECT_EQ(world.error(js("{'url': 'http+unix:///tmp/socket:/'}")).code, "address_refused");
  EXPECT_EQ(server.connections_count(), 0U);
}

TEST(HttpAttempt, BadFieldsAreAllNamed) {
  World world;
  auto const error = world.error(js("{'url': '', 'method': 'get'}"));
  EXPECT_EQ(error.code, "invalid_task");
  EXPECT_EQ(error.detail.at("problems").get_array().size(), 2U);
  EXPECT_EQ(world.error(js("{'url': 'ftp://h/'}")).code, "invalid_url");
  EXPECT_EQ(
      world.error(js("{'url': 'http://127.0.0.1:1/', 'headers': {'A': 'b\\r\\nC: d'}}")).code,
      "invalid_request"
  );
}

TEST(HttpAttempt, ABodyIsSavedToAFileWhole) {
  std::string const body(1'000'000, 'b');
  RepliesInTurn replies({reply(200, body, "image/png"), reply(404, "none", "text/plain")});
  ScriptedServer server(replies.script());
  World world;
  auto const outcomes = world.run_all(
      {task_for(server, "'saveTo': 'out/picture.png'"), task_for(server, "'saveTo': 'other'")}
  );
  ASSERT_TRUE(outcomes[0].output);
  auto const& output = outcomes[0].output->get_object();
  EXPECT_EQ(output.at("file"), "out/picture.png");
  EXPECT_EQ(output.at("bytes"), 1'000'000);
  EXPECT_FALSE(output.contains("body"));
  EXPECT_EQ(world.folder.files.at("out/picture.png"), body);
  EXPECT_LT(world.folder.largest_write, 400'000U) << "it is not gathered in memory";
  ASSERT_FALSE(outcomes[1].output);
  EXPECT_EQ(outcomes[1].output.error().code, "not_found");
  EXPECT_FALSE(world.folder.files.contains("other"));
}

TEST(HttpAttempt, WhatIsNotWholeIsNotSaved) {
  ScriptedServer server([](ScriptedConnection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nbeginning");
  });
  World world;
  EXPECT_EQ(world.error(task_for(server, "'saveTo': 'f'")).code, "connection_lost");
  EXPECT_EQ(world.folder.begun_count, 1U);
  EXPECT_EQ(world.folder.dropped_count, 1U);
  RepliesInTurn replies({reply(200, "0123456789")});
  ScriptedServer large(replies.script());
  EXPECT_EQ(
      world.error(task_for(large, "'saveTo': 'f', 'maxBytes': 9")).code, "response_too_large"
  );
  EXPECT_TRUE(world.folder.files.empty());
}

TEST(HttpAttempt, PollsUntilItHolds) {
  RepliesInTurn replies({
      reply(200, R"({"state": "queued"})"),
      reply(503, "busy", "text/plain"),
      reply(200, R"({"state": "done", "by": "me"})"),
  });
  ScriptedServer server(replies.script());
  World world;
  world.context = R"({"inputs": {"wanted": "done"}, "variables": {}, "dependencies": {}})";
  auto const outcome = world.run(task_for(
      server,
      "'body': {'json': 1}, 'poll': {'until': 'response.body.state == inputs.wanted', "
      "'interval': '10ms'}"
  ));
  ASSERT_TRUE(outcome.output) << outcome.output.error().message;
  EXPECT_EQ(outcome.output->at("body").at("by"), "me");
  EXPECT_EQ(outcome.detail.at("requests").get_array().size(), 3U);
  ASSERT_FALSE(world.sink.waits.empty());
  EXPECT_EQ(world.sink.waits.at(0), "polls again in 10ms: it did not hold");
  std::vector<std::string> keys;
  for (auto const& request : replies.requests()) keys.push_back(request.header("idempotency-key"));
  EXPECT_THAT(keys, ElementsAre("run/call/1", "run/call/1/2", "run/call/1/3"));
}

TEST(HttpAttempt, PollingEnds) {
  RepliesInTurn replies({reply(200, R"({"state": "queued"})")});
  ScriptedServer server(replies.script());
  World world;
  auto const late = world.error(task_for(
      server,
      "'poll': {'until': 'response.body.state == \\'x\\'', 'interval': '10ms', 'deadline': '45ms'}"
  ));
  EXPECT_EQ(late.code, "poll_deadline");
  EXPECT_EQ(late.detail.at("retryable"), false);
  auto const count = replies.requests().size();
  EXPECT_GE(count, 2U);
  EXPECT_LE(count, 5U);
  EXPECT_EQ(
      world.error(task_for(server, "'poll': {'until': 'response.body.none.such'}")).code,
      "expression_failed"
  );
  RepliesInTurn refusing({reply(401, "no", "text/plain")});
  ScriptedServer closed(refusing.script());
  EXPECT_EQ(world.error(task_for(closed, "'poll': {'until': 'true'}")).code, "auth");
  RepliesInTurn busy({reply(500, "oops", "text/plain")});
  ScriptedServer broken(busy.script());
  EXPECT_EQ(
      world.error(task_for(broken, "'poll': {'until': 'true', 'interval': '10ms'}")).code,
      "server_error"
  );
  EXPECT_EQ(busy.requests().size(), 4U) << "three failures in a row are waited over";
}

TEST(HttpAttempt, CancelledWhileItPolls) {
  RepliesInTurn replies({reply(200, "{}")});
  ScriptedServer server(replies.script());
  World world;
  world.cancel_after = std::chrono::milliseconds(50);
  auto const begun = Steady::now();
  EXPECT_EQ(
      world
          .error(task_for(server, "'poll': {'until': 'false', 'interval': '1h', 'deadline': '9h'}"))
          .code,
      "cancelled"
  );
  EXPECT_LT(Steady::now() - begun, std::chrono::seconds(10));
}

TEST(HttpAttempt, PagesAreTurned) {
  std::vector<std::string> answers;
  answers.push_back(reply(200, "[1,2]", "application/json", "Link: </things?p=2>; rel=\"next\"\r\n")
  );
  answers.push_back(reply(200, "[3]", "application/json", "Link: </things?p=3>; rel=\"next\"\r\n"));
  answers.push_back(reply(200, "[4]"));
  RepliesInTurn replies(answers);
  ScriptedServer server(replies.script());
  World world;
  auto const output = world.output(task_for(server, "'paginate': {'next': 'link'}"));
  EXPECT_EQ(to_text(output.at("body")), "[1,2,3,4]");
  EXPECT_EQ(output.at("pages"), 3);
  EXPECT_EQ(output.at("truncated"), false);
  EXPECT_EQ(replies.requests().at(2).target, "/things?p=3");
}

TEST(HttpAttempt, ANextPageElsewhereGetsNoCredentials) {
  RepliesInTurn second({reply(200, "[2]")});
  ScriptedServer elsewhere(second.script());
  RepliesInTurn first(
      {reply(200, "[1]", "application/json", "Link: <" + elsewhere.url("/2") + ">; rel=next\r\n")}
  );
  ScriptedServer server(first.script());
  World world;
  world.secrets.values = {{"KEY", "very-secret"}};
  world.output(task_for(
      server,
      "'paginate': {'next': 'link'}, 'auth': {'apiKey': {'query': 'key', 'value': {'secret': "
      "'KEY'}}}, 'headers': {'X-Key': {'secret': 'KEY'}, 'Authorization': 'Bearer x', 'X-Plain': "
      "'p'}"
  ));
  auto const to_first = first.requests().at(0);
  EXPECT_EQ(to_first.target, "/things?key=very-secret");
  EXPECT_EQ(to_first.header("x-key"), "very-secret");
  auto const to_second = second.requests().at(0);
  EXPECT_EQ(to_second.target, "/2");
  EXPECT_EQ(to_second.header("x-key"), "");
  EXPECT_EQ(to_second.header("authorization"), "");
  EXPECT_EQ(to_second.header("x-plain"), "p");
}

TEST(HttpAttempt, ASecretIsInNoPartOfAnError) {
  // Where the error shows the beginning of the body, it would cut the secret in two.
  std::string const secret = "/secret-path/hunter2";
  RepliesInTurn replies({reply(500, std::string(2040, 'x') + secret, "text/plain")});
  ScriptedServer server(replies.script());
  World world;
  world.texts = {{"/url", {}}};
  auto mask = std::make_shared<SecretMask>();
  mask->add(secret);
  world.mask = mask;
  auto const outcome = world.run(js("{'url': '" + server.url(secret + "?x=1") + "'}"));
  ASSERT_FALSE(outcome.output);
  auto const error = to_text(to_json(outcome.output.error())) + to_text(outcome.detail);
  EXPECT_EQ(error.find("secret-p"), std::string::npos) << error;
  EXPECT_EQ(error.find("/sec"), std::string::npos) << error;
}

}  // namespace
}  // namespace ropewalk::http
