// API calls and webhooks as people use them: the real binary, a workflow file, and a server on
// loopback that keeps what it was sent.
#include "providers/http/webhook_signature.hpp"
#include "tests/providers/support/scripted_server.hpp"
#include "tests/system/support/executions.hpp"
#include "tests/system/support/server.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

namespace ropewalk::system_test {
namespace {

using ropewalk::test::RepliesInTurn;
using ropewalk::test::ScriptedConnection;
using ropewalk::test::ScriptedServer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char const* hook_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

std::string reply(unsigned status, std::string const& body, std::string const& more = {}) {
  return "HTTP/1.1 " + std::to_string(status) +
         " Words\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n" + more + "\r\n" + body;
}

/// The execution that `run --json` printed last.
json::object printed(Finished const& done) {
  auto const line = done.out.rfind('\n', done.out.size() - 2);
  return json::parse(done.out.substr(line == std::string::npos ? 0 : line + 1)).as_object();
}

/// A server that may call loopback, with two secrets: one in a file, one in its environment.
class HttpTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    files = std::make_unique<TempDirectory>();
    files->write("hook", std::string(hook_secret) + "\n");
    auto const config = files->write(
        "ropewalk.yaml",
        "http: { allow: [127.0.0.0/8] }\nsecrets:\n  TOKEN: { env: SYSTEM_TEST_SECRET }\n  HOOK: { "
        "file: " +
            files->path("hook") + " }\n"
    );
    server = std::make_unique<Server>(std::vector<std::string>{"--config", config});
  }
  static void TearDownTestSuite() {
    server.reset();
    files.reset();
  }

  /// Runs a workflow file with these tasks.
  static json::object run(std::string const& tasks) {
    auto const file = files->write("flow.yaml", "name: flow\ntasks:\n" + tasks);
    return printed(server->cli({"run", file, "--json"}));
  }

  static std::unique_ptr<TempDirectory> files;
  static std::unique_ptr<Server> server;
};
std::unique_ptr<TempDirectory> HttpTest::files;
std::unique_ptr<Server> HttpTest::server;

TEST_F(HttpTest, AnAnswerIsSentOnSavedAndRetried) {
  RepliesInTurn replies({
      reply(200, R"({"id": 7})"),
      reply(503, "{}", "Retry-After: 1\r\n"),
      reply(200, R"({"sent": "hidden"})"),
      reply(200, std::string(300'000, '7')),
  });
  ScriptedServer api(replies.script());
  files->write("data.csv", "1,2\n");
  auto const execution =
      run("  ask: { type: http, url: '" + api.url("/ask") + "', query: { q: 'a b' } }\n" +
          "  tell:\n    type: http\n    needs: [ask]\n    url: '" + api.url("/tell") +
          "/${{ tasks.ask.output.body.id }}'\n    auth: { bearer: { secret: TOKEN } }\n"
          "    retry: { initialDelay: 10ms }\n"
          "    body: { multipart: [{ name: data, file: data.csv }] }\n" +
          "  save: { type: http, needs: [tell], url: '" + api.url("/save") +
          "', saveTo: out/sevens.txt }\n");
  EXPECT_EQ(text_of(execution, "status"), "COMPLETED") << json::serialize(execution);
  auto const requests = replies.requests();
  ASSERT_EQ(requests.size(), 4U);
  EXPECT_EQ(requests[0].target, "/ask?q=a%20b");
  EXPECT_EQ(requests[1].target, "/tell/7");
  EXPECT_EQ(requests[1].header("authorization"), "Bearer hidden");
  EXPECT_THAT(requests[1].body, HasSubstr("filename=\"data.csv\""));
  auto const key = requests[1].header("idempotency-key");
  EXPECT_EQ(key, text_of(execution, "id") + "/tell/1");
  EXPECT_EQ(requests[2].header("idempotency-key"), key) << "the same for every try";
  EXPECT_EQ(task_of(execution, "tell").at("output").at("body").at("sent"), "***");
  EXPECT_EQ(read_text(files->path("out/sevens.txt")), std::string(300'000, '7'));
  EXPECT_THAT(
      server->database().value("SELECT string_agg(t::text, ' ') FROM tasks t"),
      Not(HasSubstr("hidden"))
  );
}

TEST_F(HttpTest, FilesStayInTheirFolder) {
  ScriptedServer api([](ScriptedConnection&) {});
  auto const execution =
      run("  up: { type: http, url: '" + api.url() +
          "', body: { file: ../../etc/passwd } }\n"
          "  link: { type: http, url: '" +
          api.url() + "', body: { file: /etc/passwd } }\n");
  for (auto const* task : {"up", "link"}) {
    auto const code = text_of(task_of(execution, task).at("error").as_object(), "code");
    EXPECT_TRUE(code == "file_refused" || code == "file_not_found") << code;
  }
  RepliesInTurn replies({reply(200, "1")});
  ScriptedServer other(replies.script());
  auto const saved =
      run("  up: { type: http, url: '" + other.url() + "', saveTo: ../escaped.txt }\n");
  EXPECT_EQ(text_of(task_of(saved, "up").at("error").as_object(), "code"), "file_refused");
  EXPECT_EQ(api.connections_count(), 0U);
}

TEST_F(HttpTest, AWebhookArrivesSignedAndIsRecorded) {
  RepliesInTurn replies({reply(500, "{}"), reply(204, "")});
  ScriptedServer receiver(replies.script());
  auto const execution =
      run("  hook:\n    type: webhook\n    url: '" + receiver.url("/hook") +
          "'\n    secret: HOOK\n    payload: { type: built, data: { n: 7 } }\n"
          "    retry: { initialDelay: 10ms }\n");
  EXPECT_EQ(text_of(execution, "status"), "COMPLETED") << json::serialize(execution);
  auto const requests = replies.requests();
  ASSERT_EQ(requests.size(), 2U);
  std::vector<std::string> const keys{http::webhook_key(hook_secret).value()};
  auto const now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  for (auto const& request : requests) {
    http::WebhookHeaders const headers{
        request.header("webhook-id"),
        request.header("webhook-timestamp"),
        request.header("webhook-signature")};
    EXPECT_EQ(headers.id, text_of(execution, "id") + "/hook/1");
    EXPECT_TRUE(http::verify_webhook(keys, headers, request.body, now));
  }
  auto const detail =
      json::parse(server->database().value("SELECT detail FROM tasks WHERE task = 'hook'"));
  EXPECT_EQ(detail.at("delivery").at("status").to_number<int>(), 204);
}

TEST_F(HttpTest, WithoutPermissionLoopbackIsRefused) {
  ScriptedServer inside([](ScriptedConnection&) {});
  Server strict;
  auto const port = std::to_string(inside.port());
  for (auto const& url :
       {inside.url(),
        "http://localhost:" + port + "/",
        "http://[::ffff:127.0.0.1]:" + port + "/"}) {
    auto const execution = strict.wait_for_end(strict.run(
        definition("{'name': 'x', 'tasks': {'call': {'type': 'http', 'url': '" + url + "'}}}")
    ));
    auto const error = task_of(execution, "call").at("error").as_object();
    EXPECT_EQ(text_of(error, "code"), "address_refused") << url;
    EXPECT_EQ(text_of(error, "class"), "permanent");
    EXPECT_THAT(text_of(error, "hint"), HasSubstr("http: { allow:"));
  }
  EXPECT_EQ(inside.connections_count(), 0U);
}

}  // namespace
}  // namespace ropewalk::system_test
