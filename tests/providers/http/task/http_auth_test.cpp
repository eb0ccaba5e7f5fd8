// Goal: each kind of credentials is sent as its standard says, and to nobody else; tokens are
// fetched once, kept, and renewed.
#include "engine/base/json.hpp"
#include "engine/model/cel/base64.hpp"
#include "tests/providers/http/task/runner_fixture.hpp"

#include <gmock/gmock.h>

#include <atomic>

namespace ropewalk::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class HttpAuth : public testing::Test {
 protected:
  json::value task(std::string const& auth) const {
    return js("{'url': '" + api_.url("/me?a=1") + "', 'auth': " + auth + "}");
  }
  json::value oauth_task(ScriptedServer const& tokens, std::string const& more = {}) const {
    return task(
        "{'oauth2': {'tokenUrl': '" + tokens.url("/token") +
        "', 'clientId': 'my app', 'clientSecret': {'secret': 'CLIENT'}, 'scope': 'read write'" +
        more + "}}"
    );
  }
  std::vector<std::string> sent() const {
    std::vector<std::string> out;
    for (auto const& request : replies_.requests()) out.push_back(request.header("authorization"));
    return out;
  }

  World world_{};
  RepliesInTurn replies_{{reply(200, "{}")}};
  ScriptedServer api_{replies_.script()};
};

TEST_F(HttpAuth, BasicBearerAndKeys) {
  world_.secrets.values = {{"PASS", "pa:ss w\xC3\xB6rd"}, {"TOKEN", "tok-en"}};
  world_.output(task("{'basic': {'user': 'me', 'password': {'secret': 'PASS'}}}"));
  world_.output(task("{'bearer': {'secret': 'TOKEN'}}"));
  world_.output(task("{'bearer': 'plain'}"));
  world_.output(task("{'apiKey': {'header': 'X-Api-Key', 'value': {'secret': 'TOKEN'}}}"));
  auto const output =
      world_.output(task("{'apiKey': {'query': 'api key', 'value': {'secret': 'TOKEN'}}}"));
  EXPECT_THAT(
      sent(),
      ElementsAre(
          "Basic " + cel::to_base64("me:pa:ss w\xC3\xB6rd"), "Bearer tok-en", "Bearer plain", "", ""
      )
  );
  EXPECT_EQ(replies_.requests().at(3).header("x-api-key"), "tok-en");
  EXPECT_EQ(replies_.requests().at(4).target, "/me?a=1&api%20key=tok-en");
  EXPECT_EQ(output.at("url"), json::value(api_.url("/me?a=1&api%20key=***")));
}

TEST_F(HttpAuth, AHeaderOfTheTaskGivesWay) {
  auto config = task("{'bearer': 'new'}").get_object();
  config["headers"] = js("{'authorization': 'old'}");
  world_.output(config);
  EXPECT_THAT(sent(), ElementsAre("Bearer new"));
}

std::string token(std::string const& value, int expires = 3600) {
  return reply(
      200,
      R"({"access_token":")" + value + R"(","token_type":"Bearer","expires_in":)" +
          std::to_string(expires) + "}"
  );
}

TEST_F(HttpAuth, ATokenIsFetchedOnceAndKept) {
  world_.secrets.values["CLIENT"] = "client secret";
  RepliesInTurn issued({token("first-token"), token("second-token")});
  ScriptedServer tokens(issued.script());
  auto const one = oauth_task(tokens);
  world_.run_all({one, one, one});
  EXPECT_THAT(
      sent(), ElementsAre("Bearer first-token", "Bearer first-token", "Bearer first-token")
  );
  ASSERT_EQ(issued.requests().size(), 1U);
  auto const request = issued.requests().front();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.body, "grant_type=client_credentials&scope=read%20write");
  EXPECT_EQ(request.header("authorization"), "Basic " + cel::to_base64("my%20app:client%20secret"));
}

TEST_F(HttpAuth, ATokenIsForItsScopeAndItsSecretOnly) {
  world_.secrets.values = {{"CLIENT", "client secret"}, {"OTHER", "other secret"}};
  RepliesInTurn issued({token("first-token"), token("second-token"), token("third-token")});
  ScriptedServer tokens(issued.script());
  auto other_scope = oauth_task(tokens).get_object();
  other_scope["auth"].get_object()["oauth2"].get_object()["scope"] = "read";
  auto other_secret = oauth_task(tokens).get_object();
  other_secret["auth"].get_object()["oauth2"].get_object()["clientSecret"] =
      js("{'secret': 'OTHER'}");
  world_.run_all({oauth_task(tokens), other_scope, other_secret, oauth_task(tokens)});
  EXPECT_THAT(
      sent(),
      ElementsAre(
          "Bearer first-token", "Bearer second-token", "Bearer third-token", "Bearer first-token"
      )
  );
}

TEST_F(HttpAuth, AnExpiredTokenIsRenewed) {
  world_.secrets.values["CLIENT"] = "client secret";
  RepliesInTurn issued({token("first-token", 0), token("second-token")});
  ScriptedServer tokens(issued.script());
  auto const one = oauth_task(tokens);
  world_.run_all({one, one});
  EXPECT_THAT(sent(), ElementsAre("Bearer first-token", "Bearer second-token"));
}

TEST_F(HttpAuth, ARefusedTokenIsRenewedOnce) {
  world_.secrets.values["CLIENT"] = "client secret";
  RepliesInTurn issued({token("first-token"), token("second-token"), token("third-token")});
  ScriptedServer tokens(issued.script());
  RepliesInTurn answers({reply(401, "stale"), reply(200, "{}"), reply(401, "stale")});
  ScriptedServer picky(answers.script());
  auto one = oauth_task(tokens).get_object();
  one["url"] = picky.url("/");
  auto const outcomes = world_.run_all({one, one});
  EXPECT_TRUE(outcomes[0].output);
  ASSERT_FALSE(outcomes[1].output);
  EXPECT_EQ(outcomes[1].output.error().code, "auth");
  std::vector<std::string> used;
  for (auto const& request : answers.requests()) used.push_back(request.header("authorization"));
  EXPECT_THAT(
      used,
      ElementsAre(
          "Bearer first-token", "Bearer second-token", "Bearer second-token", "Bearer third-token"
      )
  );
}

TEST_F(HttpAuth, TheClientInTheBody) {
  world_.secrets.values["CLIENT"] = "client secret";
  RepliesInTurn issued({token("first-token")});
  ScriptedServer tokens(issued.script());
  world_.output(oauth_task(tokens, ", 'authStyle': 'body', 'audience': 'https://api'"));
  EXPECT_EQ(
      issued.requests().front().body,
      "grant_type=client_credentials&scope=read%20write&audience=https%3A%2F%2Fapi&client_id=my%"
      "20app&"
      "client_secret=client%20secret"
  );
  EXPECT_EQ(issued.requests().front().header("authorization"), "");
}

TEST_F(HttpAuth, WhatATokenEndpointSaysInsteadOfAToken) {
  world_.secrets.values["CLIENT"] = "client secret";
  struct Row {
    std::string answer;
    ErrorClass error_class;
    std::string code;
    std::string words;
  };
  std::vector<Row> const rows{
      {reply(401, R"({"error":"invalid_client","error_description":"client secret"})"),
       ErrorClass::permanent,
       "auth",
       "invalid_client"},
      {reply(400, R"({"error":"invalid_scope"})"), ErrorClass::permanent, "auth", "invalid_scope"},
      {reply(503, "busy", "text/plain"), ErrorClass::transient, "server_error", "503"},
      {reply(429, "slow down", "text/plain"), ErrorClass::resource, "rate_limited", "429"},
      {reply(200, "<html>", "text/html"),
       ErrorClass::transient,
       "malformed_response",
       "access_token"},
      {reply(200, R"({"access_token":7})"),
       ErrorClass::transient,
       "malformed_response",
       "access_token"},
      {reply(302, "", "text/plain", "Location: http://x/\r\n"),
       ErrorClass::permanent,
       "unexpected_status",
       "302"},
  };
  for (auto const& row : rows) {
    RepliesInTurn issued({row.answer});
    ScriptedServer tokens(issued.script());
    auto const error = world_.error(oauth_task(tokens));
    EXPECT_EQ(error.code, row.code) << error.message;
    EXPECT_EQ(error.error_class, row.error_class) << error.message;
    EXPECT_THAT(error.message, HasSubstr(row.words));
    EXPECT_THAT(to_text(to_json(error)), Not(HasSubstr("client secret")));
  }
  EXPECT_TRUE(replies_.requests().empty()) << "nothing was asked without a token";
}

TEST_F(HttpAuth, TheTokenEndpointIsGuardedAsWell) {
  world_.secrets.values["CLIENT"] = "client secret";
  world_.allow = {"127.0.0.1"};
  test::ScriptedOptions options;
  options.address = "::1";
  ScriptedServer tokens([](ScriptedConnection&) {}, options);
  auto one = oauth_task(tokens).get_object();
  one["auth"].get_object()["oauth2"].get_object()["tokenUrl"] =
      "http://[::1]:" + std::to_string(tokens.port()) + "/";
  EXPECT_EQ(world_.error(one).code, "address_refused");
  EXPECT_EQ(tokens.connections_count(), 0U);
}

}  // namespace
}  // namespace ropewalk::http
