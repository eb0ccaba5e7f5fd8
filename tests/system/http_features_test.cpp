// What `http` tasks can do beyond one request, each with the real binary and a server on loopback:
// pages, polling, tokens, redirects, bodies, TLS, and what the answer must be.
#include "tests/providers/support/scripted_server.hpp"
#include "tests/providers/support/test_certificates.hpp"
#include "tests/system/support/executions.hpp"
#include "tests/system/support/server.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <mutex>

namespace ropewalk::system_test {
namespace {

using ropewalk::test::ReceivedRequest;
using ropewalk::test::ScriptedConnection;
using ropewalk::test::ScriptedOptions;
using ropewalk::test::ScriptedServer;
using ropewalk::test::TestCertificates;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Reply {
  unsigned status = 200;
  std::string body = "{}";
  std::string headers{};
};

/// Answers by what is asked, and keeps it.
class Api {
 public:
  using Answer = std::function<Reply(ReceivedRequest const& request)>;
  explicit Api(Answer answer, ScriptedOptions options = {})
      : answer_(std::move(answer)),
        server_([this](ScriptedConnection& c) { serve(c); }, std::move(options)) {}

  std::string url(std::string_view target) const { return server_.url(target); }
  std::size_t connections_count() const { return server_.connections_count(); }
  std::vector<ReceivedRequest> requests() const {
    std::lock_guard const lock(mutex_);
    return requests_;
  }
  std::vector<std::string> targets() const {
    std::vector<std::string> out;
    for (auto const& request : requests()) out.push_back(request.target);
    return out;
  }

 private:
  void serve(ScriptedConnection& connection) {
    while (auto request = connection.read_request()) {
      Reply reply;
      {
        std::lock_guard const lock(mutex_);
        requests_.push_back(*request);
        reply = answer_(*request);
      }
      bool const is_sent = connection.respond(
          reply.status, reply.body, "Content-Type: application/json\r\n" + reply.headers
      );
      if (!is_sent) return;
    }
  }

  Answer answer_;
  mutable std::mutex mutex_;
  std::vector<ReceivedRequest> requests_;
  ScriptedServer server_;
};

class HttpFeaturesTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    files = std::make_unique<TempDirectory>();
    auto const config = files->write(
        "ropewalk.yaml",
        "http: { allow: [127.0.0.0/8] }\nsecrets:\n  TOKEN: { env: SYSTEM_TEST_SECRET }\n"
    );
    server = std::make_unique<Server>(std::vector<std::string>{"--config", config});
  }
  static void TearDownTestSuite() {
    server.reset();
    files.reset();
  }

  /// Runs a workflow of one task `call` with these fields of `type: http`.
  static json::object run(std::string const& url, std::string const& fields) {
    auto const file = files->write(
        "flow.yaml",
        "name: flow\ntasks:\n  call:\n    type: http\n    url: '" + url + "'\n" + fields
    );
    auto const done = server->cli({"run", file, "--json"});
    auto const line = done.out.rfind('\n', done.out.size() - 2);
    auto const execution =
        json::parse(done.out.substr(line == std::string::npos ? 0 : line + 1)).as_object();
    return task_of(execution, "call");
  }
  static json::value body_of(json::object const& task) {
    EXPECT_EQ(text_of(task, "status"), "COMPLETED") << in_words(task);
    auto const* output = task.if_contains("output");
    return output && output->is_object() ? output->at("body") : json::value();
  }
  static json::object error_of(json::object const& task) {
    EXPECT_EQ(text_of(task, "status"), "FAILED") << in_words(task);
    auto const* error = task.if_contains("error");
    return error && error->is_object() ? error->as_object() : json::object();
  }

  static std::unique_ptr<TempDirectory> files;
  static std::unique_ptr<Server> server;
};
std::unique_ptr<TempDirectory> HttpFeaturesTest::files;
std::unique_ptr<Server> HttpFeaturesTest::server;

TEST_F(HttpFeaturesTest, PagesAreFollowedByLinkCursorAndNumber) {
  Api api([](ReceivedRequest const& request) -> Reply {
    auto const& target = request.target;
    if (target == "/links") return {200, "[1,2]", "Link: </links?p=2>; rel=\"next\"\r\n"};
    if (target == "/links?p=2") return {200, "[3]"};
    if (target == "/cursors") return {200, R"({"items":["a"],"next":"x y"})"};
    if (target == "/cursors?after=x%20y") return {200, R"({"items":["b"],"next":null})"};
    if (target == "/numbers?page=3") return {200, "[]"};
    if (target.starts_with("/numbers?page=")) return {200, "[" + target.substr(14) + "]"};
    return {404, "{}"};
  });
  EXPECT_EQ(
      body_of(run(api.url("/links"), "    paginate: { next: link }\n")), json::parse("[1,2,3]")
  );
  EXPECT_EQ(
      body_of(run(
          api.url("/cursors"),
          "    paginate: { cursor: response.body.next, query: after, items: response.body.items }\n"
      )),
      json::parse(R"(["a","b"])")
  );
  EXPECT_EQ(body_of(run(api.url("/numbers"), "    paginate: { page: 1 }\n")), json::parse("[1,2]"));
  auto const cut = run(api.url("/links"), "    paginate: { next: link, maxPages: 1 }\n");
  EXPECT_EQ(cut.at("output").at("truncated"), true);
}

TEST_F(HttpFeaturesTest, PollsUntilTheConditionHolds) {
  int asked = 0;
  Api api([&asked](ReceivedRequest const&) -> Reply {
    return {200, ++asked < 3 ? R"({"state":"running"})" : R"({"state":"built"})"};
  });
  auto const task =
      run(api.url("/job"),
          "    poll: { until: \"response.body.state == 'built'\", interval: 20ms, deadline: 20s }\n"
      );
  EXPECT_EQ(body_of(task), json::parse(R"({"state":"built"})"));
  EXPECT_EQ(api.requests().size(), 3U);

  Api never([](ReceivedRequest const&) { return Reply{200, R"({"state":"running"})"}; });
  auto const error = error_of(run(
      never.url("/job"),
      "    poll: { until: \"response.body.state == 'built'\", interval: 20ms, deadline: 100ms }\n"
  ));
  EXPECT_EQ(text_of(error, "code"), "poll_deadline");
}

TEST_F(HttpFeaturesTest, ATokenIsFetchedOnceKeptAndRenewed) {
  int issued = 0;
  Api tokens([&issued](ReceivedRequest const&) -> Reply {
    return {200, R"({"access_token":"t)" + std::to_string(++issued) + R"(","expires_in":3600})"};
  });
  Api api([](ReceivedRequest const& request) -> Reply {
    bool const is_revoked =
        request.target == "/strict" && request.header("authorization") == "Bearer t1";
    return is_revoked ? Reply{401, "{}"} : Reply{200, "{}"};
  });
  auto const auth = "    auth: { oauth2: { tokenUrl: '" + tokens.url("/token") +
                    "', clientId: app, clientSecret: { secret: TOKEN } } }\n";
  // One execution, as each core keeps tokens of its own.
  auto const task =
      run(api.url("/${{ item }}"),
          auth + "    forEach: { items: [one, two, strict], maxParallel: 1 }\n");
  EXPECT_EQ(text_of(task, "status"), "COMPLETED") << in_words(task);
  std::vector<std::string> shown;
  for (auto const& request : api.requests()) shown.push_back(request.header("authorization"));
  EXPECT_THAT(shown, ElementsAre("Bearer t1", "Bearer t1", "Bearer t1", "Bearer t2"));
  auto const asked = tokens.requests();
  ASSERT_EQ(asked.size(), 2U);
  EXPECT_THAT(asked[0].body, HasSubstr("grant_type=client_credentials"));
  EXPECT_THAT(asked[0].header("authorization"), StartsWith("Basic "));
}

TEST_F(HttpFeaturesTest, BodiesAndCredentialsOfEachKind) {
  Api api([](ReceivedRequest const&) { return Reply{}; });
  files->write("note.txt", "from a file");
  struct Case {
    char const* fields;
    char const* content_type;
    std::string body;
  };
  for (auto const& [fields, content_type, body] : std::vector<Case>{
           {"    body: { json: { a: [1, true] } }\n", "application/json", R"({"a":[1,true]})"},
           {"    body: { form: { a: 'x y', b: '&' } }\n",
            "application/x-www-form-urlencoded",
            "a=x%20y&b=%26"},
           {"    body: { text: plain }\n", "text/plain", "plain"},
           {"    body: { file: note.txt }\n", "text/plain", "from a file"}}) {
    body_of(run(api.url("/"), fields));
    auto const request = api.requests().back();
    EXPECT_EQ(request.method, "POST");
    EXPECT_THAT(request.header("content-type"), StartsWith(content_type));
    EXPECT_EQ(request.body, body);
  }
  body_of(run(api.url("/"), "    auth: { basic: { user: me, password: { secret: TOKEN } } }\n"));
  EXPECT_EQ(api.requests().back().header("authorization"), "Basic bWU6aGlkZGVu");
  body_of(run(api.url("/"), "    auth: { apiKey: { header: X-Key, value: { secret: TOKEN } } }\n"));
  EXPECT_EQ(api.requests().back().header("x-key"), "hidden");
}

TEST_F(HttpFeaturesTest, RedirectsAreBoundedGuardedAndTakeNoCredentialsAlong) {
  Api other([](ReceivedRequest const&) { return Reply{200, R"({"here":true})"}; });
  Api api([&other](ReceivedRequest const& request) -> Reply {
    if (request.target == "/away") return {302, "", "Location: " + other.url("/") + "\r\n"};
    if (request.target == "/inside")
      return {302, "", "Location: http://169.254.169.254/latest/meta-data\r\n"};
    return {302, "", "Location: /again\r\n"};
  });
  auto const task = run(api.url("/away"), "    auth: { bearer: { secret: TOKEN } }\n");
  EXPECT_EQ(body_of(task), json::parse(R"({"here":true})"));
  EXPECT_EQ(api.requests().front().header("authorization"), "Bearer hidden");
  EXPECT_EQ(other.requests().front().header("authorization"), "");

  auto const inside = error_of(run(api.url("/inside"), ""));
  EXPECT_EQ(text_of(inside, "code"), "address_refused");
  EXPECT_THAT(text_of(inside, "message"), HasSubstr("169.254.169.254"));

  auto const before = api.requests().size();
  auto const endless = error_of(run(api.url("/again"), "    maxRedirects: 2\n"));
  EXPECT_EQ(text_of(endless, "class"), "permanent") << in_words(endless);
  EXPECT_EQ(api.requests().size() - before, 3U);
}

TEST_F(HttpFeaturesTest, TheAnswerMustBeAsExpected) {
  int tries = 0;
  Api api([&tries](ReceivedRequest const& request) -> Reply {
    if (request.target == "/made") return {404, R"({"absent":true})"};
    if (request.target == "/limited" && ++tries == 1) return {429, "{}", "Retry-After: 1\r\n"};
    if (request.target == "/text") return {200, "12"};
    if (request.target == "/broken") return {200, "no JSON"};
    return {};
  });
  EXPECT_EQ(
      body_of(run(api.url("/made"), "    expectedStatus: [200, 404]\n")),
      json::parse(R"({"absent":true})")
  );
  EXPECT_EQ(text_of(error_of(run(api.url("/made"), "")), "code"), "not_found");
  EXPECT_EQ(body_of(run(api.url("/text"), "    response: text\n")), json::value("12"));
  auto const broken =
      error_of(run(api.url("/broken"), "    response: json\n    retry: { maxAttempts: 1 }\n"));
  EXPECT_EQ(text_of(broken, "code"), "malformed_response") << in_words(broken);

  auto const limited = run(api.url("/limited"), "    retry: { initialDelay: 1ms }\n");
  body_of(limited);
  auto const& attempts = limited.at("attempts").as_array();
  ASSERT_EQ(attempts.size(), 1U);
  EXPECT_EQ(attempts[0].at("error").at("code"), "rate_limited");
  EXPECT_EQ(attempts[0].at("error").at("class"), "resource");
}

TEST_F(HttpFeaturesTest, TimesAreBounded) {
  ScriptedServer silent([](ScriptedConnection& connection) { connection.wait_for_close(); });
  auto const error = error_of(
      run(silent.url("/"), "    timeouts: { firstByte: 50ms }\n    retry: { maxAttempts: 1 }\n")
  );
  EXPECT_EQ(text_of(error, "class"), "transient");
  EXPECT_THAT(text_of(error, "code"), HasSubstr("timeout")) << in_words(error);
}

TEST_F(HttpFeaturesTest, OnlyKnownAuthoritiesAreTrusted) {
  TestCertificates const authority;
  Api api(
      [](ReceivedRequest const&) {
        return Reply{200, "[1]"};
      },
      ScriptedOptions{.tls = authority.issue()}
  );
  auto const refused = error_of(run(api.url("/"), "    retry: { maxAttempts: 1 }\n"));
  EXPECT_THAT(text_of(refused, "code"), StartsWith("tls")) << in_words(refused);
  EXPECT_EQ(
      body_of(run(api.url("/"), "    tls: { caFile: '" + authority.ca_file() + "' }\n")),
      json::parse("[1]")
  );
  EXPECT_EQ(body_of(run(api.url("/"), "    tls: { verify: false }\n")), json::parse("[1]"));
}

}  // namespace
}  // namespace ropewalk::system_test
