// Goal: a webhook arrives signed, with the same id for every try, and its delivery is recorded
// without what was secret.
#include "engine/base/json.hpp"
#include "engine/runtime/system_clock.hpp"
#include "providers/http/task/webhook_task.hpp"
#include "providers/http/webhook_signature.hpp"
#include "tests/providers/http/task/runner_fixture.hpp"

#include <gmock/gmock.h>

namespace ropewalk::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr char const* secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr char const* old_secret = "whsec_b2xkIG9sZCBvbGQgb2xkIG9sZCBvbGQ=";

class Webhook : public testing::Test {
 protected:
  void SetUp() override {
    world_.type = "webhook";
    world_.secrets.values = {{"HOOK", secret}, {"OLD", old_secret}, {"BAD", "not base64!"}};
  }
  static json::value task(ScriptedServer const& server, std::string const& more = {}) {
    return js(
        "{'url': '" + server.url("/hook?a=1") + "', 'payload': {'type': 'done', 'data': [1, 'x']}" +
        (more.empty() ? ", 'secret': 'HOOK'" : ", " + more) + "}"
    );
  }
  static std::string verdict(test::ReceivedRequest const& request, char const* with = secret) {
    std::vector<std::string> const keys{webhook_key(with).value()};
    WebhookHeaders const headers{
        request.header("webhook-id"),
        request.header("webhook-timestamp"),
        request.header("webhook-signature")};
    auto const verified = verify_webhook(keys, headers, request.body, SystemClock().now());
    return verified ? "good" : verified.error().code;
  }

  World world_{};
};

TEST_F(Webhook, ArrivesSigned) {
  RepliesInTurn replies({reply(202, "thanks", "text/plain")});
  ScriptedServer server(replies.script());
  auto const outcome = world_.run(task(server));
  ASSERT_TRUE(outcome.output) << outcome.output.error().message;
  auto const request = replies.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/hook?a=1");
  EXPECT_EQ(request.header("content-type"), "application/json");
  EXPECT_EQ(request.body, R"({"type":"done","data":[1,"x"]})");
  EXPECT_EQ(request.header("webhook-id"), "run/call/1");
  EXPECT_EQ(verdict(request), "good");
  auto const& delivery = outcome.detail.at("delivery").get_object();
  EXPECT_EQ(delivery.at("id"), "run/call/1");
  EXPECT_EQ(delivery.at("status"), 202);
  EXPECT_EQ(delivery.at("response"), "thanks");
  EXPECT_TRUE(delivery.contains("time") && delivery.contains("durationMs"));
  EXPECT_EQ(*outcome.output, outcome.detail.at("delivery"));
}

TEST_F(Webhook, EveryTryHasTheSameId) {
  RepliesInTurn replies({reply(500, "oops", "text/plain"), reply(200, "")});
  ScriptedServer server(replies.script());
  auto const outcomes = world_.run_all({task(server), task(server)});
  ASSERT_FALSE(outcomes[0].output);
  EXPECT_EQ(outcomes[0].output.error().code, "server_error");
  EXPECT_EQ(outcomes[0].output.error().error_class, ErrorClass::transient);
  EXPECT_EQ(outcomes[0].detail.at("delivery").at("status"), 500);
  EXPECT_EQ(outcomes[0].detail.at("delivery").at("error"), "server_error");
  EXPECT_TRUE(outcomes[1].output);
  std::vector<std::string> ids;
  for (auto const& request : replies.requests()) {
    ids.push_back(request.header("webhook-id"));
    EXPECT_EQ(verdict(request), "good");
  }
  EXPECT_THAT(ids, ElementsAre("run/call/1", "run/call/1"));
}

TEST_F(Webhook, SecretsMayChange) {
  RepliesInTurn replies({reply(200, "")});
  ScriptedServer server(replies.script());
  world_.output(task(server, "'secret': ['HOOK', 'OLD']"));
  EXPECT_EQ(verdict(replies.requests().at(0)), "good");
  EXPECT_EQ(verdict(replies.requests().at(0), old_secret), "good");
}

TEST_F(Webhook, WhatASecretMustBe) {
  ScriptedServer server([](ScriptedConnection&) {});
  EXPECT_EQ(world_.error(task(server, "'secret': 'NONE'")).code, "unknown_secret");
  auto const error = world_.error(task(server, "'secret': 'BAD'"));
  EXPECT_EQ(error.code, "invalid_secret");
  EXPECT_THAT(to_text(to_json(error)), Not(HasSubstr("not base64!")));
  EXPECT_EQ(server.connections_count(), 0U);
}

TEST_F(Webhook, GoesNowhereElse) {
  RepliesInTurn replies({reply(307, "", "text/plain", "Location: /other\r\n")});
  ScriptedServer server(replies.script());
  EXPECT_EQ(world_.error(task(server)).code, "unexpected_status");
  EXPECT_EQ(replies.requests().size(), 1U);
  world_.allow.clear();
  EXPECT_EQ(world_.error(task(server)).code, "address_refused");
  EXPECT_EQ(replies.requests().size(), 1U);
}

TEST_F(Webhook, AnEchoOfTheSecretIsMasked) {
  RepliesInTurn replies({reply(200, "I know " + std::string(secret), "text/plain")});
  ScriptedServer server(replies.script());
  auto const outcome = world_.run(task(server));
  EXPECT_EQ(outcome.detail.at("delivery").at("response"), "I know ***");
}

TEST_F(Webhook, AnAnswerThatBreaksOffWasStillAnAnswer) {
  ScriptedServer server([](ScriptedConnection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  });
  EXPECT_EQ(world_.output(task(server)).at("response"), "half");
}

TEST_F(Webhook, MistakesInTheFile) {
  auto const problems = [](std::string const& text) {
    std::vector<std::string> out;
    check_webhook_fields(
        js(text).get_object(),
        [&](std::string field, std::string code, std::string, std::string) {
          out.push_back(field + ": " + code);
        }
    );
    return out;
  };
  EXPECT_THAT(problems("{'url': 'x', 'payload': 1, 'secret': 'A'}"), ElementsAre());
  EXPECT_THAT(
      problems("{'url': 'x', 'payload': 1, 'secret': '${{ inputs.s }}'}"),
      ElementsAre("secret: interpolation_in_code")
  );
  EXPECT_THAT(
      problems("{'url': 'x', 'payload': 1, 'secret': 'whsec_/x'}"),
      ElementsAre("secret: invalid_name")
  );
  EXPECT_THAT(
      problems("{'url': 'x', 'payload': 1, 'secret': ['A', 7]}"),
      ElementsAre("secret[1]: invalid_name")
  );
}

}  // namespace
}  // namespace ropewalk::http
