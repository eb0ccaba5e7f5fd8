// Goal: sound answers arrive whole, over every kind of connection, many at once, and no faster than
// they are read.
//
// Method: a scripted server on loopback; what it saw is compared with what was asked.

#include "tests/providers/http/http_fixture.hpp"

#include <unistd.h>

#include <atomic>
#include <filesystem>

namespace ropewalk::test {
namespace {

std::string const hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-One: 1\r\n\r\nhello";

TEST(HttpClient, SendsARequestAndReadsItsAnswer) {
  RepliesInTurn replies({hello});
  ScriptedServer server(replies.script());
  HttpRequest request = get(server.url("/path?query=1"));
  request.method = "POST";
  request.headers = {{"X-Two", "2"}};
  request.body = "the body";
  auto const answer = ask(request);
  EXPECT_EQ(answer.error.code, "") << answer.error.message;
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body, "hello");
  EXPECT_EQ(find_header(answer.headers, "x-ONE"), "1");
  auto const seen = replies.requests();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].method, "POST");
  EXPECT_EQ(seen[0].target, "/path?query=1");
  EXPECT_EQ(seen[0].body, "the body");
  EXPECT_EQ(seen[0].header("x-two"), "2");
  EXPECT_EQ(seen[0].header("accept-encoding"), "identity");
}

TEST(HttpClient, ReadsAnAnswerThatComesByteByByte) {
  RepliesInTurn replies(
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
       "5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n"},
      1
  );
  ScriptedServer server(replies.script());
  auto const answer = ask(get(server.url()));
  EXPECT_EQ(answer.error.code, "") << answer.error.message;
  EXPECT_EQ(answer.body, "hello world");
}

TEST(HttpClient, ReadsABodyThatEndsWithTheConnection) {
  ScriptedServer server(reply_once("HTTP/1.1 200 OK\r\n\r\nuntil the end"));
  EXPECT_EQ(ask(get(server.url())).body, "until the end");
}

TEST(HttpClient, SendsAndReadsLargeBodies) {
  ScriptedServer server([](ScriptedConnection& connection) {
    auto const request = connection.read_request();
    if (request) connection.respond(200, request->body);
  });
  HttpRequest request = get(server.url());
  request.method = "POST";
  request.body.assign(5'000'000, 'b');
  request.body[4'000'000] = 'c';
  auto const answer = ask(request);
  EXPECT_EQ(answer.error.code, "") << answer.error.message;
  EXPECT_TRUE(answer.body == request.body);
}

TEST(HttpClient, ExpectsNoBodyWhereThereIsNone) {
  RepliesInTurn replies(
      {"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n",
       "HTTP/1.1 204 No Content\r\n\r\n",
       "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n"}
  );
  ScriptedServer server(replies.script());
  HttpRequest request = get(server.url());
  for (auto const* const method : {"HEAD", "GET", "GET"}) {
    request.method = method;
    auto const answer = ask(request);
    EXPECT_EQ(answer.error.code, "") << answer.error.message;
    EXPECT_EQ(answer.body, "");
  }
}

TEST(HttpClient, TalksOverIpv6) {
  RepliesInTurn replies({hello});
  ScriptedOptions options;
  options.address = "::1";
  std::unique_ptr<ScriptedServer> server;
  try {
    server = std::make_unique<ScriptedServer>(replies.script(), options);
  } catch (std::runtime_error const& error) {
    GTEST_SKIP() << "no IPv6 loopback: " << error.what();
  }
  EXPECT_EQ(ask(get(server->url())).body, "hello");
  EXPECT_EQ(replies.requests()[0].header("host"), "[::1]:" + std::to_string(server->port()));
}

TEST(HttpClient, TalksOverAUnixSocket) {
  RepliesInTurn replies({hello});
  ScriptedOptions options;
  options.unix_path =
      std::filesystem::temp_directory_path() / ("ropewalk-http-" + std::to_string(::getpid()));
  ScriptedServer server(replies.script(), options);
  EXPECT_EQ(ask(get("http+unix://" + options.unix_path + ":/v1/x?y=1")).body, "hello");
  EXPECT_EQ(replies.requests()[0].target, "/v1/x?y=1");
  std::filesystem::remove(options.unix_path);
}

Async<> ask_many(HttpClient& client, AsyncScope& scope, std::string url, std::vector<Answer>& out) {
  for (auto& answer : out) {
    auto const request = get(url);
    scope.spawn(fetch(client, request, answer));
  }
  co_await scope.join();
}

TEST(HttpClient, CarriesTwoHundredRequestsAtOnce) {
  ScriptedServer server([](ScriptedConnection& connection) {
    while (auto const request = connection.read_request()) {
      connection.begin_chunks();
      for (int i = 0; i < 10; ++i) connection.send_chunk(std::string(1000, 'x'));
      connection.end_chunks();
    }
  });
  auto const before = descriptors_count();
  std::vector<Answer> answers(200);
  with_client({}, [&](HttpClient& client, AsyncScope& scope) {
    return ask_many(client, scope, server.url(), answers);
  });
  for (auto const& answer : answers) {
    EXPECT_EQ(answer.error.code, "") << answer.error.message;
    EXPECT_EQ(answer.body.size(), 10'000U);
  }
  EXPECT_TRUE(server.wait_until_idle());
  EXPECT_EQ(descriptors_count(), before);
}

Async<> hold_unread(HttpClient& client, std::string url, std::atomic<std::size_t> const& pushed) {
  HttpRequest const request = get(url);
  auto const response = co_await client.send(request);
  EXPECT_TRUE(response) << response.error().message;
  bool const is_stuck = co_await eventually([&] { return pushed > 0; });
  EXPECT_TRUE(is_stuck) << "the server could push on and on";
}

TEST(HttpClient, TakesNothingFromTheSocketThatIsNotRead) {
  constexpr std::size_t plenty = 256 * 1024 * 1024;
  std::atomic<std::size_t> pushed = 0;
  ScriptedOptions options;
  options.send_buffer = 64 * 1024;
  ScriptedServer server(
      [&](ScriptedConnection& connection) {
        if (!connection.read_request()) return;
        connection.send("HTTP/1.1 200 OK\r\n\r\n");
        pushed = connection.send_until_stuck(plenty);
      },
      options
  );
  with_client({}, [&](HttpClient& client, AsyncScope&) {
    return hold_unread(client, server.url(), pushed);
  });
  // 128 KiB of send buffer, as much of receive buffer, and what the client read with the head.
  EXPECT_LT(pushed, 1024U * 1024);
}

}  // namespace
}  // namespace ropewalk::test
