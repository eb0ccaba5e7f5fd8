// Goal: whatever a server does wrong ends in the right code and class, with a message that names
// host and port and nothing secret.
//
// Method: a scripted server for each way of being broken.

#include "tests/providers/http/http_fixture.hpp"

namespace ropewalk::test {
namespace {

void expect_error(Answer const& answer, std::string const& code, ErrorClass error_class) {
  EXPECT_EQ(answer.error.code, code) << answer.error.message;
  EXPECT_EQ(answer.error.error_class, error_class) << answer.error.message;
  EXPECT_EQ(answer.error.message.find("secret"), std::string::npos) << answer.error.message;
}

HttpRequest secretive(ScriptedServer const& server) {
  auto request = get("http://user:secret@127.0.0.1:" + std::to_string(server.port()) + "/?secret");
  request.headers = {{"X-Key", "secret"}};
  return request;
}

TEST(HttpFaults, RefusedConnection) {
  std::uint16_t port = 0;
  {
    ScriptedServer const gone([](ScriptedConnection&) {});
    port = gone.port();
  }
  auto const answer = ask(get("http://127.0.0.1:" + std::to_string(port) + "/?secret"));
  expect_error(answer, "connection_refused", ErrorClass::transient);
  EXPECT_NE(answer.error.message.find("127.0.0.1:" + std::to_string(port)), std::string::npos);
}

TEST(HttpFaults, MissingUnixSocket) {
  expect_error(
      ask(get("http+unix:///no/such.sock:/")), "connection_refused", ErrorClass::transient
  );
}

TEST(HttpFaults, UnusableRequests) {
  expect_error(ask(get("nonsense?secret")), "invalid_url", ErrorClass::permanent);
  HttpRequest request = get("http://127.0.0.1/");
  request.headers = {{"X", "secret\r\n"}};
  expect_error(ask(request), "invalid_request", ErrorClass::permanent);
}

TEST(HttpFaults, ClosedBeforeTheAnswer) {
  ScriptedServer server([](ScriptedConnection& connection) { connection.read_request(); });
  expect_error(ask(secretive(server)), "connection_lost", ErrorClass::transient);
}

TEST(HttpFaults, ResetBeforeTheAnswer) {
  ScriptedServer server([](ScriptedConnection& connection) {
    connection.read_request();
    connection.reset();
  });
  expect_error(ask(secretive(server)), "connection_lost", ErrorClass::transient);
}

TEST(HttpFaults, CutInTheMiddleOfTheBody) {
  for (std::string const head :
       {"Content-Length: 10\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n5\r\n"}) {
    ScriptedServer server(reply_once("HTTP/1.1 200 OK\r\n" + head + "hel"));
    auto const answer = ask(secretive(server));
    expect_error(answer, "connection_lost", ErrorClass::transient);
    EXPECT_EQ(answer.status, 200U);
  }
}

TEST(HttpFaults, ResetInTheMiddleOfTheBody) {
  ScriptedServer server([](ScriptedConnection& connection) {
    connection.read_request();
    connection.begin_chunks();
    connection.send_chunk("some");
    connection.reset();
  });
  expect_error(ask(secretive(server)), "connection_lost", ErrorClass::transient);
}

TEST(HttpFaults, NotHttp) {
  for (std::string const bytes :
       {"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nwhat\r\n"}) {
    ScriptedServer server(reply_once(bytes));
    expect_error(ask(secretive(server)), "malformed_response", ErrorClass::transient);
  }
}

TEST(HttpFaults, GiantHead) {
  ScriptedServer server([](ScriptedConnection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\n");
    while (connection.send("X-Padding: " + std::string(1000, 'x') + "\r\n")) continue;
  });
  expect_error(ask(secretive(server)), "malformed_response", ErrorClass::transient);
}

TEST(HttpFaults, EndlessInterimResponses) {
  ScriptedServer server([](ScriptedConnection& connection) {
    connection.read_request();
    while (connection.send("HTTP/1.1 100 Continue\r\n\r\n")) continue;
  });
  expect_error(ask(secretive(server)), "malformed_response", ErrorClass::transient);
}

Async<> read_little(HttpClient& client, HttpRequest request, Answer& into) {
  auto response = co_await client.send(std::move(request));
  EXPECT_TRUE(response);
  auto const body = co_await response->read_all(1000);
  EXPECT_FALSE(body);
  into.error = body.error();
  auto const again = co_await response->read_some();
  EXPECT_FALSE(again);
  EXPECT_EQ(again.error().code, "response_too_large");
}

TEST(HttpFaults, EndlessBody) {
  ScriptedServer server([](ScriptedConnection& connection) {
    connection.read_request();
    connection.begin_chunks();
    while (connection.send_chunk(std::string(1000, 'x'))) continue;
  });
  Answer answer;
  with_client({}, [&](HttpClient& client, AsyncScope&) {
    return read_little(client, secretive(server), answer);
  });
  expect_error(answer, "response_too_large", ErrorClass::permanent);
  EXPECT_TRUE(server.wait_until_idle()) << "the connection was not closed";
}

TEST(HttpFaults, AnswerWhileTheRequestIsStillSent) {
  ScriptedServer server([](ScriptedConnection& connection) {
    connection.send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
    connection.wait_for_close();
  });
  HttpRequest request = secretive(server);
  request.method = "POST";
  request.body.assign(100'000, 'x');
  auto const answer = ask(request);
  EXPECT_EQ(answer.error.code, "") << answer.error.message;
  EXPECT_EQ(answer.status, 413U);
}

TEST(HttpFaults, NothingIsLeftOpen) {
  auto const before = descriptors_count();
  for (std::string const bytes :
       {"", "HTTP/1.1 2", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"}) {
    ScriptedServer server(reply_once(bytes));
    expect_error(ask(secretive(server)), "connection_lost", ErrorClass::transient);
  }
  EXPECT_EQ(descriptors_count(), before);
}

}  // namespace
}  // namespace ropewalk::test
