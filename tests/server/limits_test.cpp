// The HTTP front over real sockets. Method: raw bytes to a loopback port; each bound at and past
// its value.
#include "engine/async/deadline.hpp"
#include "tests/engine/async/run_coro.hpp"
#include "tests/server/test_server.hpp"

#include <gtest/gtest.h>

namespace ropewalk::server {
namespace {

std::string get(std::string const& target, std::string const& extra = {}) {
  return "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + extra + "\r\n";
}
std::string post(
    std::string const& target, std::string const& body, std::string const& extra = {}
) {
  return "POST " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n" +
         extra + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

Async<std::string> one(TestServer& server, std::string request) {
  TestClient client(server.shard.executor());
  co_await client.connect(server.address);
  auto asking = client.ask(std::move(request));
  co_return co_await std::move(asking);
}

/// The answer to one request on a connection of its own.
std::string answer_to(TestServer& server, std::string request) {
  std::string out;
  auto ask = [](TestServer& target, std::string text, std::string& into) -> Async<> {
    auto asking = one(target, std::move(text));
    into = co_await std::move(asking);
  };
  server.run([&](TestServer& target) { return ask(target, request, out); });
  return out;
}

bool has_status(std::string const& answer, int status) {
  return answer.starts_with("HTTP/1.1 " + std::to_string(status) + " ");
}

TEST(Front, AnswersWithSecurityHeaders) {
  TestServer server;
  auto const answer = answer_to(server, get("/healthz"));
  EXPECT_TRUE(has_status(answer, 200)) << answer;
  EXPECT_NE(answer.find("X-Content-Type-Options: nosniff"), std::string::npos);
  EXPECT_EQ(answer.find("Access-Control"), std::string::npos);
}

TEST(Front, KeepsConnectionsAndAnswersPipelinedRequestsInOrder) {
  TestServer server;
  auto body = [](TestServer& target) -> Async<> {
    TestClient client(target.shard.executor());
    co_await client.connect(target.address);
    auto sending = client.send(get("/healthz") + get("/nowhere") + get("/readyz"));
    co_await std::move(sending);
    auto const first = co_await client.ask("");
    auto const second = co_await client.ask("");
    auto const third = co_await client.ask("");
    EXPECT_TRUE(has_status(first, 200));
    EXPECT_TRUE(has_status(second, 404));
    EXPECT_NE(third.find("\"ready\""), std::string::npos);
  };
  server.run(body);
}

TEST(Front, MalformedRequestsAreAnsweredAndTheConnectionEnds) {
  TestServer server;
  auto body = [](TestServer& target) -> Async<> {
    TestClient client(target.shard.executor());
    co_await client.connect(target.address);
    co_await client.send("rubbish\r\n\r\n");
    auto const all = co_await client.read_all();
    EXPECT_TRUE(has_status(all, 400)) << all;
    EXPECT_NE(all.find("Connection: close"), std::string::npos);
  };
  server.run(body);
}

TEST(Front, NothingAfterARequestInDoubtIsServed) {
  std::string const smuggled = get("/healthz");
  for (std::string const& doubtful :
       {"POST /v1/prune HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: xchunked\r\n\r\n" +
            smuggled,
        "POST /v1/prune HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n"
        "Content-Length: 0\r\n\r\n" +
            smuggled,
        get("/healthz", "X: a\r\n b\r\n") + smuggled,
        "GET http://127.0.0.1/healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" + smuggled,
        "OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" + smuggled}) {
    TestServer server;
    auto body = [&doubtful](TestServer& target) -> Async<> {
      TestClient client(target.shard.executor());
      co_await client.connect(target.address);
      auto sending = client.send(doubtful);
      co_await std::move(sending);
      auto const all = co_await client.read_all();
      EXPECT_TRUE(has_status(all, 400)) << doubtful << all;
      EXPECT_NE(all.find("Connection: close"), std::string::npos) << all;
      EXPECT_EQ(all.find("HTTP/1.1 200"), std::string::npos) << doubtful << all;
    };
    server.run(body);
  }
}

TEST(Front, ForeignHostsAndOriginsAreRefused) {
  {
    TestServer server;
    auto const answer = answer_to(server, "GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n");
    EXPECT_TRUE(has_status(answer, 421)) << answer;
  }
  TestServer server;
  auto const answer = answer_to(server, get("/v1/executions", "Origin: http://evil.example\r\n"));
  EXPECT_TRUE(has_status(answer, 403)) << answer;
}

TEST(Front, WebSocketsOfOtherPagesAreRefused) {
  TestServer server;
  auto const answer = answer_to(
      server,
      get("/v1/stream",
          "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://evil.example\r\n")
  );
  EXPECT_TRUE(has_status(answer, 403)) << answer;
}

TEST(Front, SlowHeadersAreGivenUpOn) {
  Limits limits;
  limits.header_timeout = std::chrono::milliseconds(100);
  TestServer server(limits);
  auto body = [](TestServer& target) -> Async<> {
    TestClient client(target.shard.executor());
    co_await client.connect(target.address);
    co_await client.send("GET / HT");
    auto const all = co_await client.read_all();
    EXPECT_TRUE(has_status(all, 408)) << all;
  };
  server.run(body);
}

TEST(Front, IdleConnectionsAreClosed) {
  Limits limits;
  limits.idle_timeout = std::chrono::milliseconds(100);
  TestServer server(limits);
  auto body = [](TestServer& target) -> Async<> {
    TestClient client(target.shard.executor());
    co_await client.connect(target.address);
    auto const all = co_await client.read_all();
    EXPECT_EQ(all, "");
  };
  server.run(body);
}

TEST(Front, ConnectionsAtAndPastTheirLimit) {
  Limits limits;
  limits.connections = 2;
  TestServer server(limits);
  auto body = [](TestServer& target) -> Async<> {
    TestClient first(target.shard.executor());
    TestClient second(target.shard.executor());
    TestClient third(target.shard.executor());
    co_await first.connect(target.address);
    co_await second.connect(target.address);
    auto const one = co_await first.ask(get("/healthz"));
    auto const two = co_await second.ask(get("/healthz"));
    EXPECT_TRUE(has_status(one, 200));
    EXPECT_TRUE(has_status(two, 200));
    co_await third.connect(target.address);
    auto const refused = co_await third.read_all();
    EXPECT_TRUE(has_status(refused, 503)) << refused;
  };
  server.run(body);
}

TEST(Front, BodyLimitAtAndPastItsValue) {
  Limits limits;
  limits.request_bytes = 2048;
  std::string const head = R"({"workflow":"x","inputs":{"a":")";
  auto const body = [&](std::size_t size) {
    return head + std::string(size - head.size() - 3, 'x') + "\"}}";
  };
  {
    TestServer server(limits);
    EXPECT_TRUE(has_status(answer_to(server, post("/v1/executions", body(2048))), 201));
  }
  TestServer server(limits);
  EXPECT_TRUE(has_status(answer_to(server, post("/v1/executions", body(2049))), 413));
}

TEST(Front, LargeBodiesShareABound) {
  Limits limits;
  limits.bodies_bytes = 200 * 1024;
  auto const body = [](std::size_t size) {
    std::string const head = R"({"workflow":"x","inputs":{"a":")";
    return head + std::string(size - head.size() - 3, 'x') + "\"}}";
  };
  TestServer server(limits);
  auto several = [&body](TestServer& target) -> Async<> {
    auto const small = body(100 * 1024);
    TestClient first(target.shard.executor());
    co_await first.connect(target.address);
    auto begun = post("/v1/executions", small);
    begun.pop_back();
    auto sending = first.send(begun);
    co_await std::move(sending);
    auto const has_come = co_await ropewalk::test::eventually([&] {
      return target.connections.body_bytes.load() >= small.size() - 1;
    });
    EXPECT_TRUE(has_come);
    TestClient second(target.shard.executor());
    co_await second.connect(target.address);
    auto asking = second.ask(post("/v1/executions", body(150 * 1024)));
    auto const refused = co_await std::move(asking);
    EXPECT_TRUE(has_status(refused, 503)) << refused;
    auto ending = first.ask("}");
    auto const done = co_await std::move(ending);
    EXPECT_TRUE(has_status(done, 201)) << done;
    auto again = first.ask(post("/v1/executions", body(150 * 1024)));
    auto const later = co_await std::move(again);
    EXPECT_TRUE(has_status(later, 201)) << later;
  };
  server.run(several);
  EXPECT_EQ(server.connections.body_bytes.load(), 0U);
}

TEST(Api, StartsExecutions) {
  TestServer server;
  auto const answer = answer_to(
      server,
      post("/v1/executions", R"({"workflow":"x@2","priority":7})", "Idempotency-Key: k1\r\n")
  );
  EXPECT_TRUE(has_status(answer, 201)) << answer;
  EXPECT_NE(answer.find("Location: /v1/executions/"), std::string::npos);
  ASSERT_EQ(server.backend.started.size(), 1U);
  EXPECT_EQ(server.backend.started[0].idempotency_key, "k1");
  EXPECT_EQ(server.backend.started[0].body_hash.size(), 64U);
  EXPECT_EQ(server.backend.started[0].priority, 7);
}

TEST(Api, PreferWaitAnswersWithTheExecution) {
  TestServer server;
  auto const answer =
      answer_to(server, post("/v1/executions", R"({"workflow":"x"})", "Prefer: wait=5\r\n"));
  EXPECT_TRUE(has_status(answer, 200)) << answer;
  EXPECT_NE(answer.find("Preference-Applied: wait=5"), std::string::npos);
}

TEST(Api, PagesHaveCursorsAndLinks) {
  TestServer server;
  auto const answer = answer_to(server, get("/v1/executions?status=FAILED&limit=1"));
  EXPECT_NE(answer.find("\"next\":\"cursor x\""), std::string::npos) << answer;
  EXPECT_NE(
      answer.find("Link: </v1/executions?status=FAILED&limit=1&after=cursor%20x>; rel=\"next\""),
      std::string::npos
  );
}

TEST(Api, QueriesAreReadStrictly) {
  for (auto const* query : {"status=DONE", "limit=x", "limit=501", "colour=red", "label=x"}) {
    TestServer server;
    auto const answer = answer_to(server, get(std::string("/v1/executions?") + query));
    EXPECT_TRUE(has_status(answer, 400)) << query << answer;
  }
}

TEST(Api, EventsComeInPages) {
  TestServer server;
  auto const id = FakeBackend::id(0);
  for (int i = 0; i < 5; ++i) server.publish(id);
  auto const target = "/v1/executions/" + id.to_string() + "/events?after=1&limit=2";
  auto const answer = answer_to(server, get(target));
  EXPECT_NE(answer.find("\"items\":[{\"seq\":2,"), std::string::npos) << answer;
  EXPECT_NE(answer.find("\"next\":3}"), std::string::npos) << answer;
}

TEST(Api, NotReadyWhileTheDatabaseIsAway) {
  TestServer server;
  server.backend.is_ready = false;
  auto const answer = answer_to(server, get("/readyz"));
  EXPECT_TRUE(has_status(answer, 503)) << answer;
  EXPECT_NE(answer.find("Retry-After: 1"), std::string::npos);
}

TEST(Api, HeadHasTheLengthAndNoBody) {
  TestServer server;
  auto body = [](TestServer& target) -> Async<> {
    TestClient client(target.shard.executor());
    co_await client.connect(target.address);
    co_await client.send("HEAD /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    auto const all = co_await client.read_all();
    EXPECT_TRUE(all.ends_with("\r\n\r\n")) << all;
    EXPECT_NE(all.find("Content-Length: 15"), std::string::npos) << all;
  };
  server.run(body);
}

}  // namespace
}  // namespace ropewalk::server
