// Goal: redirects are followed within their bound, judged by the guard at each step, and leave
// credentials behind.
#include "tests/providers/http/task/runner_fixture.hpp"

#include <gmock/gmock.h>

namespace ropewalk::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string send_to(unsigned status, std::string const& where) {
  return reply(status, "", "text/plain", "Location: " + where + "\r\n");
}

std::vector<std::string> requests_of(RepliesInTurn const& replies) {
  std::vector<std::string> out;
  for (auto const& request : replies.requests())
    out.push_back(request.method + " " + request.target + " " + request.body);
  return out;
}

TEST(HttpRedirect, IsFollowedToItsEnd) {
  RepliesInTurn replies(
      {send_to(307, "/b?x=1"), send_to(303, "c"), send_to(308, "/d"), reply(200, "7")}
  );
  ScriptedServer server(replies.script());
  World world;
  auto const output =
      world.output(js("{'url': '" + server.url("/a") + "', 'body': {'text': 'data'}}"));
  EXPECT_EQ(output.at("body"), 7);
  EXPECT_EQ(output.at("url"), json::value(server.url("/d")));
  EXPECT_THAT(
      requests_of(replies), ElementsAre("POST /a data", "POST /b?x=1 data", "GET /c ", "GET /d ")
  );
}

TEST(HttpRedirect, EndsAtTheBound) {
  RepliesInTurn replies({send_to(302, "/again")});
  ScriptedServer server(replies.script());
  World world;
  auto const url = "{'url': '" + server.url("/") + "'";
  auto const error = world.error(js(url + "}"));
  EXPECT_EQ(error.code, "too_many_redirects");
  EXPECT_EQ(error.error_class, ErrorClass::permanent);
  EXPECT_THAT(error.message, HasSubstr("after 5 redirects"));
  EXPECT_EQ(replies.requests().size(), 6U);
  EXPECT_EQ(world.error(js(url + ", 'maxRedirects': 0}")).code, "too_many_redirects");
  EXPECT_EQ(replies.requests().size(), 7U);
}

TEST(HttpRedirect, MayBeTheAnswer) {
  RepliesInTurn replies({send_to(302, "/b")});
  ScriptedServer server(replies.script());
  World world;
  auto const url = "{'url': '" + server.url("/") + "'";
  auto const wanted = world.output(js(url + ", 'expectedStatus': 302}"));
  EXPECT_EQ(wanted.at("headers").at("location"), "/b");
  EXPECT_EQ(world.error(js(url + ", 'followRedirects': false}")).code, "unexpected_status");
  EXPECT_EQ(replies.requests().size(), 2U);
}

TEST(HttpRedirect, LeavesCredentialsBehind) {
  RepliesInTurn second({reply(200, "{}")});
  ScriptedServer elsewhere(second.script());
  RepliesInTurn first({send_to(302, elsewhere.url("/there"))});
  ScriptedServer server(first.script());
  World world;
  world.secrets.values["KEY"] = "very-secret";
  world.output(
      js("{'url': '" + server.url("/") +
         "', 'auth': {'apiKey': {'header': 'X-Key', 'value': "
         "{'secret': 'KEY'}}}, 'headers': {'Cookie': 'c', 'X-Also': {'secret': 'KEY'}, 'X-Plain': "
         "'p'}}")
  );
  EXPECT_EQ(first.requests().at(0).header("x-key"), "very-secret");
  EXPECT_EQ(first.requests().at(0).header("cookie"), "c");
  auto const request = second.requests().at(0);
  EXPECT_EQ(request.header("x-key"), "");
  EXPECT_EQ(request.header("x-also"), "");
  EXPECT_EQ(request.header("cookie"), "");
  EXPECT_EQ(request.header("x-plain"), "p");
}

TEST(HttpRedirect, AnOAuthTokenStaysWithItsOrigin) {
  RepliesInTurn second({reply(401, "who?", "text/plain")});
  ScriptedServer elsewhere(second.script());
  RepliesInTurn first({send_to(307, elsewhere.url("/there"))});
  ScriptedServer server(first.script());
  RepliesInTurn issued({reply(200, R"({"access_token":"the-token"})")});
  ScriptedServer tokens(issued.script());
  World world;
  auto const error = world.error(
      js("{'url': '" + server.url("/") + "', 'auth': {'oauth2': {'tokenUrl': '" + tokens.url("/") +
         "', 'clientId': 'c', 'clientSecret': 'client-secret'}}}")
  );
  EXPECT_EQ(error.code, "auth");
  EXPECT_EQ(first.requests().at(0).header("authorization"), "Bearer the-token");
  EXPECT_EQ(second.requests().size(), 1U);
  EXPECT_EQ(second.requests().at(0).header("authorization"), "");
  EXPECT_EQ(issued.requests().size(), 1U);
}

/// The first host is allowed; where it sends to is not.
TEST(HttpRedirect, IsJudgedByTheGuard) {
  ScriptedServer inside([](ScriptedConnection&) {});
  auto const port = std::to_string(inside.port());
  for (auto const& where :
       {"http://127.0.0.2:" + port + "/",
        std::string("http://169.254.169.254/latest/meta-data/"),
        "http://[::1]:" + port + "/",
        "http://[::ffff:127.0.0.2]:" + port + "/",
        "http://inside.example:" + port + "/"}) {
    RepliesInTurn replies({send_to(302, where)});
    ScriptedServer server(replies.script());
    World world;
    world.allow = {"127.0.0.1"};
    world.client.lookup = [](std::string const&) -> Result<std::vector<boost::asio::ip::address>> {
      return std::vector{boost::asio::ip::make_address("127.0.0.2")};
    };
    auto const error = world.error(js("{'url': '" + server.url("/") + "'}"));
    EXPECT_EQ(error.code, "address_refused") << where << ": " << error.message;
  }
  EXPECT_EQ(inside.connections_count(), 0U);
  RepliesInTurn to_file({send_to(302, "file:///etc/passwd")});
  ScriptedServer server(to_file.script());
  World world;
  EXPECT_EQ(world.error(js("{'url': '" + server.url("/") + "'}")).code, "malformed_response");
}

TEST(HttpRedirect, WhatHoldsASecretStaysWithItsOrigin) {
  RepliesInTurn second({reply(200, "{}")});
  ScriptedServer elsewhere(second.script());
  RepliesInTurn first({send_to(307, elsewhere.url("/there"))});
  ScriptedServer server(first.script());
  World world;
  world.texts = {{"/headers/listed/X-Key", {}}};
  auto const task = "{'url': '" + server.url("/") +
                    "', 'headers': {'X-Key': 'very-secret', 'X-Key-Id': 'k'}, 'body': {'text': "
                    "'very-secret'}}";
  world.output(js(task));
  EXPECT_EQ(first.requests().at(0).header("x-key"), "very-secret");
  EXPECT_EQ(second.requests().at(0).header("x-key"), "");
  EXPECT_EQ(second.requests().at(0).header("x-key-id"), "k");
  world.texts = {{"/body/text", {}}};
  EXPECT_EQ(world.error(js(task)).code, "redirect_refused");
  EXPECT_EQ(second.requests().size(), 1U);
}

}  // namespace
}  // namespace ropewalk::http
