// Hooks as senders use them: the real binary, payloads of the real forms, signatures that openssl
// makes, and a git repository that calls its own hook.
#include "tests/system/support/requests.hpp"
#include "tests/system/support/server.hpp"

#include <boost/json/serialize.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>

namespace ropewalk::system_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char const* github_secret = "It's a Secret to Everybody";
constexpr char const* standard_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

std::string now_text(int ago = 0) {
  auto const now = std::chrono::system_clock::now().time_since_epoch();
  return std::to_string(std::chrono::duration_cast<seconds>(now).count() - ago);
}

class HooksTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    files = std::make_unique<TempDirectory>();
    std::string config = "secrets:\n";
    for (auto const& [name, secret] : std::map<std::string, std::string>{
             {"GITHUB", github_secret},
             {"STANDARD", standard_secret},
             {"STRIPE", "whsec_stripe"},
             {"SLACK", "8f742231b10e"},
             {"TOKEN", "s3cret-token"},
             {"OLD", "older-token"}})
      config += "  " + name + ": { file: " + files->write(name, secret + "\n") + " }\n";
    auto const path = files->write("ropewalk.yaml", config);
    server = std::make_unique<Server>(std::vector<std::string>{"--config", path});
    auto const echo = definition(
        "{'name': 'echo', 'tasks': {'first': {'type': 'pass', 'value': 1},"
        "'last': {'type': 'pass', 'needs': ['first'], 'value': '${{ inputs }}'}}}"
    );
    ASSERT_EQ(server->post("/v1/workflows", echo).status, 201U);
  }
  static void TearDownTestSuite() {
    server.reset();
    files.reset();
  }

  static HttpReply put(std::string const& name, std::string const& fields) {
    Headers const headers{{"Content-Type", "application/json"}};
    auto const body = json::serialize(definition("{" + fields + "}"));
    return http(server->port(), HttpRequest{"PUT", "/v1/hooks/" + name, body, headers});
  }
  static void set_hook(std::string const& name, std::string const& fields) {
    auto const reply = put(name, fields);
    ASSERT_TRUE(reply.status == 200 || reply.status == 201) << reply.body;
  }
  static HttpReply deliver(std::string const& name, std::string const& body, Headers headers) {
    return http(server->port(), HttpRequest{"POST", "/v1/hooks/" + name, body, std::move(headers)});
  }
  /// By openssl, not by us. `form`: "hex" or "base64"; `hex_key` is the key in hexadecimal.
  static std::string hmac(
      std::string const& hex_key, std::string const& content, std::string const& form = "hex"
  ) {
    auto const path = files->write("content", content);
    auto const sign = "openssl dgst -sha256 -mac HMAC -macopt hexkey:" + hex_key + " -binary '" +
                      path + "' | " +
                      (form == "hex" ? "od -An -tx1 -v | tr -d ' \\n'" : "base64 -w0");
    auto const done = run_program({"/bin/sh", "-c", sign});
    EXPECT_EQ(done.status, 0) << done.error;
    return done.out;
  }
  static std::string hex(std::string const& text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (char const c : text) {
      out += digits[static_cast<unsigned char>(c) >> 4U];
      out += digits[static_cast<unsigned char>(c) & 15U];
    }
    return out;
  }
  static json::array deliveries(std::string const& name) {
    return server->get("/v1/hooks/" + name + "/deliveries").object().at("items").as_array();
  }
  static json::value inputs_of(HttpReply const& reply) {
    auto const id = text_of(reply.object(), "execution");
    EXPECT_FALSE(id.empty()) << reply.body;
    return server->wait_for_end(id).at("inputs");
  }

  static std::unique_ptr<TempDirectory> files;
  static std::unique_ptr<Server> server;
};
std::unique_ptr<TempDirectory> HooksTest::files;
std::unique_ptr<Server> HooksTest::server;

TEST_F(HooksTest, GitHubPushesStartOneExecutionEach) {
  set_hook(
      "github",
      "'workflow': 'echo', 'verify': {'github': {'secret': 'GITHUB'}},"
      "'filter': 'body.ref == \\'refs/heads/main\\'',"
      "'inputs': {'commit': '${{ body.after }}', 'event': '${{ headers[\\'x-github-event\\'] }}'}"
  );
  std::string const push =
      R"({"ref":"refs/heads/main","before":"a10867b14bb761a232cd80139fbd4c0d33264240",)"
      R"("after":"b8da3eeb29b4c8b6e2a51b2fd1ea6a0d1ed8d1c9","pusher":{"name":"octocat"}})";
  auto const headers = [&](std::string const& body, std::string const& id) {
    return Headers{
        {"Content-Type", "application/json"},
        {"X-GitHub-Event", "push"},
        {"X-GitHub-Delivery", id},
        {"X-Hub-Signature-256", "sha256=" + hmac(hex(github_secret), body)}};
  };
  auto const first = deliver("github", push, headers(push, "72d3162e-cc78"));
  EXPECT_EQ(first.status, 201U) << first.body;
  auto const inputs = inputs_of(first);
  EXPECT_EQ(inputs.at("commit"), "b8da3eeb29b4c8b6e2a51b2fd1ea6a0d1ed8d1c9");
  EXPECT_EQ(inputs.at("event"), "push");
  auto const again = deliver("github", push, headers(push, "72d3162e-cc78"));
  EXPECT_EQ(again.status, 200U);
  EXPECT_EQ(text_of(again.object(), "execution"), text_of(first.object(), "execution"));

  std::string const other = R"({"ref":"refs/heads/topic"})";
  auto const filtered = deliver("github", other, headers(other, "72d3162e-cc79"));
  EXPECT_EQ(filtered.status, 202U);
  EXPECT_FALSE(filtered.object().at("started").as_bool());
  EXPECT_EQ(text_of(filtered.object(), "reason"), "the filter does not hold");

  auto ping = headers("{}", "72d3162e-cc80");
  ping[1].second = "ping";
  EXPECT_EQ(deliver("github", "{}", ping).status, 200U);
  auto const forged = deliver("github", push + " ", headers(push, "72d3162e-cc81"));
  expect_problem(forged, 401, "unauthorized");
  EXPECT_THAT(forged.body, Not(HasSubstr("signature")));

  // A form, as GitHub sends it unless told otherwise.
  std::string const form =
      "payload=%7B%22ref%22%3A%22refs%2Fheads%2Fmain%22%2C%22after%22%3A%22c0%22%7D";
  auto form_headers = headers(form, "72d3162e-cc82");
  form_headers[0].second = "application/x-www-form-urlencoded";
  EXPECT_EQ(inputs_of(deliver("github", form, form_headers)).at("commit"), "c0");

  std::vector<std::string> results;
  for (auto const& each : deliveries("github"))
    results.push_back(text_of(each.as_object(), "result"));
  EXPECT_EQ(
      results,
      (std::vector<std::string>{"started", "refused", "answered", "filtered", "repeated", "started"}
      )
  );
  EXPECT_EQ(
      server->database().value(
          "SELECT count(*) FROM executions WHERE labels @> '{\"hook\": \"github\"}'"
      ),
      "2"
  );
}

TEST_F(HooksTest, StandardWebhooksAreTakenOnceAndWithinTheirTime) {
  set_hook(
      "standard", "'workflow': 'echo', 'verify': {'standardWebhooks': {'secret': 'STANDARD'}}"
  );
  std::string const body = R"({"type":"user.created","data":{"id":7}})";
  auto const decoded = run_program(
      {"/bin/sh",
       "-c",
       "printf MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw | base64 -d | od -An -tx1 -v | tr -d ' \\n'"}
  );
  auto const headers = [&](std::string const& id, std::string const& time) {
    return Headers{
        {"Content-Type", "application/json"},
        {"webhook-id", id},
        {"webhook-timestamp", time},
        {"webhook-signature", "v1," + hmac(decoded.out, id + "." + time + "." + body, "base64")}};
  };
  auto const sent = headers("msg_1", now_text());
  auto const first = deliver("standard", body, sent);
  EXPECT_EQ(first.status, 201U) << first.body;
  EXPECT_EQ(inputs_of(first).at("data").at("id"), 7) << "the body is the inputs";
  EXPECT_EQ(deliver("standard", body, sent).status, 200U) << "the same again";
  EXPECT_EQ(deliver("standard", body, headers("msg_1", now_text(1))).status, 200U) << "a retry";
  expect_problem(deliver("standard", body, headers("msg_2", now_text(301))), 401, "unauthorized");
  expect_problem(deliver("standard", body, headers("msg_2", now_text(-301))), 401, "unauthorized");
  expect_problem(deliver("standard", body, {}), 401, "unauthorized");
  EXPECT_THAT(json::serialize(deliveries("standard")), HasSubstr("expired_signature"));
  EXPECT_EQ(
      server->database().value(
          "SELECT count(*) FROM executions WHERE labels @> '{\"hook\": \"standard\"}'"
      ),
      "1"
  );
}

TEST_F(HooksTest, StripeEventsAreVerifiedWithTheirTime) {
  set_hook(
      "stripe",
      "'workflow': 'echo', 'verify': {'stripe': {'secret': 'STRIPE'}}, 'tolerance': '1m',"
      "'inputs': {'amount': '${{ body.data.object.amount_paid }}', 'type': '${{ body.type }}'}"
  );
  std::string const body =
      R"({"id":"evt_1NG8Du2eZvKYlo2CUI79vXWy","object":"event","type":"invoice.paid",)"
      R"("data":{"object":{"id":"in_1","amount_paid":1099,"currency":"eur"}}})";
  auto const headers = [&](std::string const& time) {
    return Headers{
        {"Content-Type", "application/json; charset=utf-8"},
        {"Stripe-Signature",
         "t=" + time + ",v1=" + hmac(hex("whsec_stripe"), time + "." + body) + ",v0=6ffbb59b"}};
  };
  auto const first = deliver("stripe", body, headers(now_text()));
  EXPECT_EQ(first.status, 201U) << first.body;
  EXPECT_EQ(inputs_of(first).at("amount"), 1099);
  EXPECT_EQ(deliver("stripe", body, headers(now_text(3))).status, 200U) << "Stripe tries again";
  expect_problem(deliver("stripe", body, headers(now_text(61))), 401, "unauthorized");
  auto const log = deliveries("stripe");
  EXPECT_EQ(log.at(2).at("delivery"), "evt_1NG8Du2eZvKYlo2CUI79vXWy");
  EXPECT_EQ(log.at(2).at("event"), "invoice.paid");
  EXPECT_EQ(log.at(2).at("bytes"), body.size());
}

TEST_F(HooksTest, SlackCommandsEventsAndTheChallenge) {
  set_hook(
      "slack",
      "'workflow': 'echo', 'verify': {'slack': {'secret': 'SLACK'}},"
      "'inputs': {'text': '${{ has(body.text) ? body.text : body.event.text }}'}"
  );
  auto const headers = [&](std::string const& body, std::string const& type) {
    auto const time = now_text();
    return Headers{
        {"Content-Type", type},
        {"X-Slack-Request-Timestamp", time},
        {"X-Slack-Signature", "v0=" + hmac(hex("8f742231b10e"), "v0:" + time + ":" + body)}};
  };
  std::string const json_type = "application/json";
  std::string const challenge = R"({"type":"url_verification","challenge":"3eZbrw1aB10FEMAGAZd4"})";
  auto const answered = deliver("slack", challenge, headers(challenge, json_type));
  EXPECT_EQ(answered.status, 200U);
  EXPECT_EQ(answered.body, "3eZbrw1aB10FEMAGAZd4");
  expect_problem(deliver("slack", challenge, {{"Content-Type", json_type}}), 401, "unauthorized");

  std::string const command =
      "token=x&team_id=T1&command=%2Freport&text=last+week&user_name=roadrunner&response_url="
      "https%3A%2F%2Fhooks.slack.com%2Fcommands%2F1&trigger_id=398738663015.47445629121";
  auto const form = std::string("application/x-www-form-urlencoded");
  EXPECT_EQ(inputs_of(deliver("slack", command, headers(command, form))).at("text"), "last week");

  std::string const event =
      R"({"type":"event_callback","event_id":"Ev08","event":{"type":"message","text":"hi"}})";
  auto const first = deliver("slack", event, headers(event, json_type));
  EXPECT_EQ(inputs_of(first).at("text"), "hi");
  auto retry = headers(event, json_type);
  retry.emplace_back("X-Slack-Retry-Num", "1");
  EXPECT_EQ(deliver("slack", event, retry).status, 200U);
}

TEST_F(HooksTest, BearerTokensWaitForTheResult) {
  set_hook(
      "bearer",
      "'workflow': 'echo', 'verify': {'bearer': {'secret': ['TOKEN', 'OLD']}}, 'wait': '20s',"
      "'deliveryId': 'body.id'"
  );
  auto const call = [&](std::string const& token, std::string const& body) {
    return deliver("bearer", body, {{"Authorization", "Bearer " + token}});
  };
  auto const reply = call("s3cret-token", R"({"id":"a","x":[1,2]})");
  EXPECT_EQ(reply.status, 200U) << reply.body;
  auto const result = reply.object();
  EXPECT_EQ(text_of(result, "status"), "COMPLETED");
  EXPECT_EQ(json::serialize(result.at("outputs")), R"({"last":{"id":"a","x":[1,2]}})");
  EXPECT_EQ(call("older-token", R"({"id":"b"})").status, 200U) << "while the secret changes";
  auto const same = call("s3cret-token", R"({"id":"a"})");
  EXPECT_EQ(text_of(same.object(), "execution"), text_of(result, "execution"));
  expect_problem(call("s3cret-tokeN", R"({"id":"c"})"), 401, "unauthorized");
  expect_problem(call("s3cret-token", R"({"x":1})"), 422, "invalid_delivery");
  Headers const json{
      {"Authorization", "Bearer s3cret-token"}, {"Content-Type", "application/json"}};
  expect_problem(deliver("bearer", "{", json), 400, "invalid_json");
}

TEST_F(HooksTest, ALongExecutionIsNotWaitedForLongerThanAllowed) {
  auto const slow =
      definition("{'name': 'slow', 'tasks': {'a': {'type': 'wait', 'duration': '1h'}}}");
  ASSERT_EQ(server->post("/v1/workflows", slow).status, 201U);
  set_hook("slow", "'workflow': 'slow', 'verify': 'none', 'inputs': {}, 'wait': '1s'");
  auto const reply = deliver("slow", "", {});
  EXPECT_EQ(reply.status, 202U);
  EXPECT_FALSE(text_of(reply.object(), "execution").empty());
}

TEST_F(HooksTest, AreManagedByOtherMethodsThanTheyAreCalledBy) {
  auto const file = files->write(
      "hook.yaml",
      "workflow: echo\nverify: { github: { secret: GITHUB } }\nfilter: body.ref != ''\n"
  );
  auto const set = server->cli({"hook", "set", "managed", "--file", file});
  EXPECT_EQ(set.status, 0) << set.error;
  EXPECT_THAT(server->cli({"hook", "list"}).out, HasSubstr("managed"));
  EXPECT_THAT(server->cli({"hook", "show", "managed"}).out, HasSubstr("body.ref"));
  EXPECT_EQ(server->cli({"hook", "deliveries", "managed"}).status, 0);
  expect_problem(deliver("managed", "{}", {}), 401, "unauthorized");
  EXPECT_THAT(server->cli({"hook", "deliveries", "managed"}).out, HasSubstr("refused"));
  EXPECT_EQ(server->cli({"hook", "rm", "managed"}).status, 0);
  expect_problem(deliver("managed", "{}", {}), 404, "not_found");
  expect_problem(
      put("unknown", "'workflow': 'echo', 'verify': {'github': {'secret': 'GITHUP'}}"),
      422,
      "unknown_secret"
  );
  expect_problem(put("unsaid", "'workflow': 'echo'"), 400, "invalid_argument");
  EXPECT_THAT(server->get("/metrics").body, HasSubstr("ropewalk_hook_deliveries_total"));
}

TEST_F(HooksTest, AGitRepositoryCallsItsHook) {
  if (run_program({"/usr/bin/env", "git", "--version"}).status != 0) GTEST_SKIP() << "no git";
  set_hook(
      "git",
      "'workflow': 'echo', 'verify': {'bearer': {'secret': 'TOKEN'}},"
      "'deliveryId': 'body.ref + \\'@\\' + body.commit'"
  );
  files->write(
      "post-receive",
      "#!/bin/sh\nwhile read -r old new ref; do\n"
      "python3 - \"$new\" \"$ref\" <<'END'\n"
      "import json, sys, urllib.request\n"
      "body = json.dumps({'commit': sys.argv[1], 'ref': sys.argv[2]}).encode()\n"
      "request = urllib.request.Request('" +
          server->url() +
          "/v1/hooks/git', body, {'Content-Type': 'application/json',"
          " 'Authorization': 'Bearer s3cret-token'})\n"
          "print(urllib.request.urlopen(request).read().decode())\nEND\ndone\n"
  );
  auto const script =
      "set -e; cd '" + files->path() +
      "'; export HOME=$PWD GIT_CONFIG_NOSYSTEM=1\n"
      "git init -q --bare shared.git; cp post-receive shared.git/hooks/; chmod +x "
      "shared.git/hooks/post-receive\n"
      "git init -q work; cd work; git config user.email a@b.c; git config user.name a\n"
      "echo 1 > file; git add file; git commit -q -m one; git push -q ../shared.git "
      "HEAD:refs/heads/main\n"
      "git rev-parse HEAD\n";
  auto const pushed = run_program({"/bin/sh", "-c", script});
  ASSERT_EQ(pushed.status, 0) << pushed.error;
  EXPECT_THAT(pushed.error, HasSubstr("\"started\":true")) << "what the hook was answered";
  auto const commit = pushed.out.substr(0, 40);
  EXPECT_EQ(
      server->database().value("SELECT inputs->>'commit' FROM executions"
                               " WHERE labels @> '{\"hook\": \"git\"}'"),
      commit
  );
}

}  // namespace
}  // namespace ropewalk::system_test
