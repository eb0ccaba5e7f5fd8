// Goal: a TLS connection is made only to who it should be, and a refusal says why in words.
//
// Method: certificates of every kind, made for the test.

#include "tests/providers/http/http_fixture.hpp"
#include "tests/providers/support/test_certificates.hpp"

namespace ropewalk::test {
namespace {

class HttpTls : public ::testing::Test {
 protected:
  Answer ask_server(CertificateWish const& wish, bool verify = true) {
    ScriptedOptions options;
    options.tls = certificates.issue(wish);
    ScriptedServer server(reply_once(hello), options);
    return ask(to(server, verify));
  }

  HttpRequest to(ScriptedServer const& server, bool verify = true) const {
    HttpRequest request = get(server.url());
    request.tls.ca_file = certificates.ca_file();
    request.tls.verify = verify;
    return request;
  }

  static void expect_refused(Answer const& answer, std::string const& word) {
    EXPECT_EQ(answer.error.code, "tls_failure") << answer.error.message;
    EXPECT_EQ(answer.error.error_class, ErrorClass::permanent);
    EXPECT_NE(answer.error.message.find(word), std::string::npos) << answer.error.message;
    EXPECT_NE(answer.error.message.find("127.0.0.1:"), std::string::npos) << answer.error.message;
  }

  TestCertificates certificates;
  std::string const hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
};

TEST_F(HttpTls, TrustsAGoodCertificate) {
  auto const answer = ask_server({});
  EXPECT_EQ(answer.body, "hello") << answer.error.message;
}

TEST_F(HttpTls, SaysWhyItDoesNotTrust) {
  CertificateWish expired;
  expired.valid_from = std::chrono::hours(-48);
  expired.valid_until = std::chrono::hours(-24);
  expect_refused(ask_server(expired), "expired");
  CertificateWish future;
  future.valid_from = std::chrono::hours(24);
  future.valid_until = std::chrono::hours(48);
  expect_refused(ask_server(future), "not valid yet");
  CertificateWish other;
  other.names = {"other.example"};
  expect_refused(ask_server(other), "another host");
  CertificateWish self_signed;
  self_signed.self_signed = true;
  expect_refused(ask_server(self_signed), "self-signed");
}

TEST_F(HttpTls, DoesNotTrustAnAuthorityThatItDoesNotKnow) {
  ScriptedOptions options;
  options.tls = certificates.issue();
  ScriptedServer server(reply_once(hello), options);
  HttpRequest request = get(server.url());
  expect_refused(ask(request), "unknown CA");
}

TEST_F(HttpTls, TrustsAnythingWhenToldTo) {
  CertificateWish wish;
  wish.names = {"other.example"};
  wish.self_signed = true;
  EXPECT_EQ(ask_server(wish, false).body, "hello");
}

TEST_F(HttpTls, ChecksTheNameThatWasAskedFor) {
  CertificateWish wish;
  wish.names = {"*.api.example"};
  ScriptedOptions options;
  options.tls = certificates.issue(wish);
  ScriptedServer server(reply_once(hello), options);
  HttpClientOptions client;
  client.lookup = [](std::string const&) -> Result<std::vector<asio::ip::address>> {
    return std::vector<asio::ip::address>{asio::ip::make_address("127.0.0.1")};
  };
  HttpRequest request = to(server);
  auto const port = std::to_string(server.port());
  request.url = "https://v1.api.example:" + port + "/";
  EXPECT_EQ(ask(request, client).body, "hello");
  request.url = "https://v1.other.example:" + port + "/";
  EXPECT_EQ(ask(request, client).error.code, "tls_failure");
}

TEST_F(HttpTls, KnowsWhatIsNotTls) {
  ScriptedServer server([](ScriptedConnection& connection) {
    connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    connection.wait_for_close();
  });
  auto const url = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
  expect_refused(ask(get(url)), "does not speak TLS");
}

TEST_F(HttpTls, AHandshakeThatIsCutMayWorkNextTime) {
  ScriptedServer server([](ScriptedConnection& connection) { connection.close(); });
  auto const url = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
  auto const answer = ask(get(url));
  EXPECT_EQ(answer.error.code, "connection_lost") << answer.error.message;
  EXPECT_EQ(answer.error.error_class, ErrorClass::transient);
}

TEST_F(HttpTls, ShowsAClientCertificate) {
  auto const client = certificates.issue();
  auto demanding = certificates.issue();
  demanding->client_ca = certificates.ca_pem();
  ScriptedOptions options;
  options.tls = demanding;
  ScriptedServer server(reply_once(hello), options);
  HttpRequest request = to(server);
  auto const without = ask(request);
  EXPECT_TRUE(without.error.code == "tls_failure" || without.error.code == "connection_lost")
      << without.error.message;
  request.tls.client_cert = certificates.file("client.pem", client->certificate);
  request.tls.client_key = certificates.file("client.key", client->key);
  auto const with = ask(request);
  EXPECT_EQ(with.body, "hello") << with.error.message;
}

TEST_F(HttpTls, NamesAFileThatCannotBeUsed) {
  HttpRequest request = get("https://127.0.0.1:1/");
  request.tls.ca_file = "/no/such/file.pem";
  auto const answer = ask(request);
  EXPECT_EQ(answer.error.code, "tls_failure");
  EXPECT_NE(answer.error.message.find("/no/such/file.pem"), std::string::npos);
}

TEST_F(HttpTls, ACutIsNotAnEnd) {
  ScriptedOptions options;
  options.tls = certificates.issue();
  auto const send = [](ScriptedConnection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\n\r\nuntil the end");
  };
  ScriptedServer cut(
      [&](ScriptedConnection& connection) {
        send(connection);
        connection.close();
      },
      options
  );
  EXPECT_EQ(ask(to(cut)).error.code, "connection_lost") << "anybody on the way could have cut it";
  ScriptedServer ended(
      [&](ScriptedConnection& connection) {
        send(connection);
        connection.close_tls();
      },
      options
  );
  EXPECT_EQ(ask(to(ended)).body, "until the end");
}

Async<> fetch_twice(HttpClient& client, HttpRequest request) {
  for (int i = 0; i < 2; ++i) {
    Answer answer;
    co_await fetch(client, request, answer);
    EXPECT_EQ(answer.body, "hello") << answer.error.message;
  }
  request.tls.verify = false;
  Answer answer;
  co_await fetch(client, request, answer);
  EXPECT_EQ(answer.body, "hello") << answer.error.message;
  EXPECT_EQ(client.idle_count(), 2U) << "what was not verified must not pass for what was";
}

TEST_F(HttpTls, KeepsConnectionsPerOptions) {
  ScriptedOptions options;
  options.tls = certificates.issue();
  ScriptedServer server(
      [&](ScriptedConnection& connection) {
        while (connection.read_request()) connection.respond(200, "hello");
      },
      options
  );
  with_client({}, [&](HttpClient& client, AsyncScope&) { return fetch_twice(client, to(server)); });
  EXPECT_EQ(server.connections_count(), 2U);
}

}  // namespace
}  // namespace ropewalk::test
