// Goal: each phase of a call has its own limit and its own code, and one may be over all of them.
//
// Method: servers that stall at one point for good.

#include "tests/providers/http/http_fixture.hpp"

#include <future>

namespace ropewalk::test {
namespace {

constexpr Duration brief = std::chrono::milliseconds(60);

void expect_timeout(HttpRequest const& request, std::string const& code) {
  auto const before = Steady::now();
  auto const answer = ask(request);
  EXPECT_EQ(answer.error.code, code) << answer.error.message;
  EXPECT_EQ(answer.error.error_class, ErrorClass::transient);
  EXPECT_NE(answer.error.message.find("127.0.0.1:"), std::string::npos) << answer.error.message;
  EXPECT_NE(answer.error.message.find("60ms"), std::string::npos) << answer.error.message;
  EXPECT_GE(Steady::now() - before, brief);
  EXPECT_LT(Steady::now() - before, std::chrono::seconds(5));
}

ScriptedServer::Script stall_after(std::string bytes) {
  return [bytes = std::move(bytes)](ScriptedConnection& connection) {
    connection.read_request();
    connection.send(bytes);
    EXPECT_TRUE(connection.wait_for_close()) << "the client kept the connection";
  };
}

TEST(HttpTimeouts, Connect) {
  FullListener const full;
  HttpRequest request = get("http://127.0.0.1:" + std::to_string(full.port()) + "/");
  request.timeouts.connect = brief;
  expect_timeout(request, "timeout_connect");
}

TEST(HttpTimeouts, ConnectCountsTheTlsHandshake) {
  ScriptedServer server([](ScriptedConnection& connection) { connection.wait_for_close(); });
  HttpRequest request = get("https://127.0.0.1:" + std::to_string(server.port()) + "/");
  request.timeouts.connect = brief;
  expect_timeout(request, "timeout_connect");
  EXPECT_TRUE(server.wait_until_idle());
}

TEST(HttpTimeouts, FirstByte) {
  for (auto const* const bytes : {"", "HTTP/1.1 200 OK\r\nX: "}) {
    ScriptedServer server(stall_after(bytes));
    HttpRequest request = get(server.url());
    request.timeouts.first_byte = brief;
    expect_timeout(request, "timeout_first_byte");
    EXPECT_TRUE(server.wait_until_idle());
  }
}

TEST(HttpTimeouts, IdleInTheBody) {
  for (auto const* const bytes :
       {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x"}) {
    ScriptedServer server(stall_after(bytes));
    HttpRequest request = get(server.url());
    request.timeouts.idle = brief;
    expect_timeout(request, "timeout_idle");
    EXPECT_TRUE(server.wait_until_idle());
  }
}

TEST(HttpTimeouts, IdleCountsOnlyBytesOfTheBody) {
  ScriptedServer server([](ScriptedConnection& connection) {
    connection.read_request();
    connection.begin_chunks();
    connection.send("5;");
    while (connection.send_in_pieces("extension", 1)) continue;
  });
  HttpRequest request = get(server.url());
  request.timeouts.idle = brief;
  expect_timeout(request, "timeout_idle");
}

TEST(HttpTimeouts, IdleWhileTheRequestIsNotTaken) {
  std::promise<void> ended;
  ScriptedServer server([&](ScriptedConnection&) { ended.get_future().wait(); });
  HttpRequest request = get(server.url());
  request.method = "POST";
  request.body.assign(32 * 1024 * 1024, 'x');
  request.timeouts.idle = brief;
  expect_timeout(request, "timeout_idle");
  ended.set_value();
}

TEST(HttpTimeouts, TotalIsOverAllPhases) {
  ScriptedServer silent(stall_after(""));
  HttpRequest request = get(silent.url());
  request.timeouts.total = brief;
  expect_timeout(request, "timeout_total");

  ScriptedServer endless([](ScriptedConnection& connection) {
    connection.read_request();
    connection.begin_chunks();
    while (connection.send_in_pieces("1\r\nx\r\n", 6)) continue;
  });
  request.url = endless.url();
  expect_timeout(request, "timeout_total");
}

TEST(HttpTimeouts, ZeroIsNoLimit) {
  RepliesInTurn replies({"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"}, 1);
  ScriptedServer server(replies.script());
  HttpRequest request = get(server.url());
  request.timeouts.connect = request.timeouts.first_byte = request.timeouts.idle = Duration::zero();
  EXPECT_EQ(ask(request).body, "ok");
}

}  // namespace
}  // namespace ropewalk::test
