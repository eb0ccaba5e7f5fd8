// Goal: connections are used again when that is safe, replaced when they were closed meanwhile, and
// neither kept too long nor too many.
//
// Method: the scripted server counts connections and closes them at chosen moments.

#include "providers/http/http_error.hpp"
#include "tests/providers/http/http_fixture.hpp"

#include <atomic>

namespace ropewalk::test {
namespace {

void serve(ScriptedConnection& connection) {
  while (connection.read_request()) connection.respond(200, "hello");
}

Async<> fetch_in_turn(HttpClient& client, HttpRequest request, int times, std::size_t idle_after) {
  for (int i = 0; i < times; ++i) {
    Answer answer;
    co_await fetch(client, request, answer);
    EXPECT_EQ(answer.body, "hello") << answer.error.message;
  }
  EXPECT_EQ(client.idle_count(), idle_after);
}

TEST(HttpPool, UsesAConnectionAgain) {
  ScriptedServer server(serve);
  with_client({}, [&](HttpClient& client, AsyncScope&) {
    return fetch_in_turn(client, get(server.url()), 20, 1);
  });
  EXPECT_EQ(server.connections_count(), 1U);
  EXPECT_TRUE(server.wait_until_idle()) << "the client's end closes it";
}

TEST(HttpPool, DoesNotKeepWhatEnds) {
  ScriptedServer server([](ScriptedConnection& connection) {
    if (connection.read_request()) connection.respond(200, "hello", "Connection: close\r\n");
    connection.wait_for_close();
  });
  with_client({}, [&](HttpClient& client, AsyncScope&) {
    return fetch_in_turn(client, get(server.url()), 3, 0);
  });
  EXPECT_EQ(server.connections_count(), 3U);
}

TEST(HttpPool, DoesNotKeepWhatItWasAskedToClose) {
  ScriptedServer server(serve);
  HttpRequest request = get(server.url());
  request.headers = {{"Connection", "Close"}};
  with_client({}, [&](HttpClient& client, AsyncScope&) {
    return fetch_in_turn(client, request, 2, 0);
  });
  EXPECT_EQ(server.connections_count(), 2U);
}

TEST(HttpPool, KeepsConnectionsOfOtherTlsOptionsApart) {
  ScriptedServer server(serve);
  auto run = [](HttpClient& client, std::string url) -> Async<> {
    HttpRequest request = get(url);
    co_await fetch_in_turn(client, request, 1, 1);
    request.tls.verify = false;  // means nothing to http
    co_await fetch_in_turn(client, request, 1, 1);
  };
  with_client({}, [&](HttpClient& client, AsyncScope&) { return run(client, server.url()); });
  EXPECT_EQ(server.connections_count(), 1U);
}

/// The first connection answers once and ends at its second request, without an answer.
void end_at_second(ScriptedConnection& connection) {
  if (connection.index() > 0) return serve(connection);
  if (connection.read_request()) connection.respond(200, "hello");
  connection.read_request();
}

TEST(HttpPool, ReplacesAStaleConnectionOnce) {
  ScriptedServer server(end_at_second);
  with_client({}, [&](HttpClient& client, AsyncScope&) {
    return fetch_in_turn(client, get(server.url()), 2, 1);
  });
  EXPECT_EQ(server.connections_count(), 2U);
}

Async<> post_twice(HttpClient& client, HttpRequest request, std::string& code) {
  co_await fetch_in_turn(client, request, 1, 1);
  Answer answer;
  co_await fetch(client, request, answer);
  code = answer.error.code;
}

TEST(HttpPool, DoesNotSendARequestTwiceThatMayHaveBeenTaken) {
  ScriptedServer server(end_at_second);
  HttpRequest request = get(server.url());
  request.method = "POST";
  std::string code;
  with_client({}, [&](HttpClient& client, AsyncScope&) {
    return post_twice(client, request, code);
  });
  EXPECT_EQ(code, "connection_lost");
  ScriptedServer again(end_at_second);
  request.url = again.url();
  request.headers = {{"Idempotency-Key", "1"}};
  with_client({}, [&](HttpClient& client, AsyncScope&) {
    return post_twice(client, request, code);
  });
  EXPECT_EQ(code, "");
}

Async<> post_after_close(HttpClient& client, ScriptedServer& server, HttpRequest request) {
  co_await fetch_in_turn(client, request, 1, 1);
  bool const is_closed = co_await eventually([&] { return server.open_count() == 0; });
  EXPECT_TRUE(is_closed);
  co_await fetch_in_turn(client, request, 1, 1);
}

TEST(HttpPool, SeesThatAConnectionWasClosedMeanwhile) {
  ScriptedServer server([](ScriptedConnection& connection) {
    if (connection.read_request()) connection.respond(200, "hello");
  });
  HttpRequest request = get(server.url());
  request.method = "POST";
  with_client({}, [&](HttpClient& client, AsyncScope&) {
    return post_after_close(client, server, request);
  });
  EXPECT_EQ(server.connections_count(), 2U);
}

TEST(HttpPool, SeesBytesThatNobodyAskedFor) {
  std::atomic<bool> is_sent = false;
  ScriptedServer server([&](ScriptedConnection& connection) {
    if (connection.index() > 0) return serve(connection);
    if (connection.read_request()) connection.respond(200, "hello");
    connection.send_in_pieces("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", 1000);
    is_sent = true;
    EXPECT_TRUE(connection.wait_for_close());
  });
  auto run = [](HttpClient& client, HttpRequest request, std::atomic<bool>& sent) -> Async<> {
    Answer answer;
    co_await fetch(client, request, answer);
    bool const is_there = co_await eventually([&] { return sent.load(); });
    EXPECT_TRUE(is_there);
    co_await fetch_in_turn(client, request, 1, 1);
  };
  with_client({}, [&](HttpClient& client, AsyncScope&) {
    return run(client, get(server.url()), is_sent);
  });
  EXPECT_EQ(server.connections_count(), 2U);
}

Async<> fetch_at_once(HttpClient& client, AsyncScope& scope, HttpRequest request) {
  std::vector<Answer> answers(10);
  for (auto& answer : answers) scope.spawn(fetch(client, request, answer));
  co_await scope.join();
  EXPECT_EQ(client.idle_count(), 3U);
  bool const is_empty = co_await eventually([&] { return client.idle_count() == 0; });
  EXPECT_TRUE(is_empty) << "kept beyond idle_keep";
}

TEST(HttpPool, KeepsOnlySoManyAndOnlySoLong) {
  ScriptedServer server(serve);
  HttpClientOptions options;
  options.idle_per_host_max = 3;
  options.idle_keep = std::chrono::milliseconds(200);
  with_client(options, [&](HttpClient& client, AsyncScope& scope) {
    return fetch_at_once(client, scope, get(server.url()));
  });
  EXPECT_TRUE(server.wait_until_idle());
}

TEST(HttpPool, AsksAgainWhetherAKeptConnectionIsAllowed) {
  ScriptedServer server(serve);
  auto run = [](HttpClient& client, std::string url) -> Async<> {
    HttpRequest request = get(url);
    co_await fetch_in_turn(client, request, 1, 1);
    request.allow = [](asio::ip::address const&, std::uint16_t) -> Result<> {
      return http::http_error(ErrorClass::permanent, "x", "loopback is private");
    };
    Answer answer;
    co_await fetch(client, request, answer);
    EXPECT_EQ(answer.error.code, "address_refused");
  };
  with_client({}, [&](HttpClient& client, AsyncScope&) { return run(client, server.url()); });
  EXPECT_EQ(server.connections_count(), 1U);
}

}  // namespace
}  // namespace ropewalk::test
