// Goal: whatever a server does, a call ends in time, with the right class, code and words, and
// leaves nothing open.
//
// Method: servers that refuse, stall, never stop, lie about their length, or vanish.
#include "tests/providers/http/http_fixture.hpp"
#include "tests/providers/http/task/runner_fixture.hpp"
#include "tests/providers/support/test_certificates.hpp"

#include <gmock/gmock.h>

namespace ropewalk::http {
namespace {

using testing::HasSubstr;

class BrokenServer : public testing::Test {
 protected:
  void SetUp() override {
    descriptors_before_ = test::descriptors_count();
    begun_ = Steady::now();
  }
  void TearDown() override {
    EXPECT_LT(Steady::now() - begun_, std::chrono::seconds(15));
    EXPECT_EQ(test::descriptors_count(), descriptors_before_);
  }

  static std::string fields(std::string const& more) {
    return ", 'timeouts': {'connect': '2s', 'firstByte': '120ms', 'idle': '120ms'}" + more + "}";
  }
  Error ask(std::string const& url, std::string const& more = {}) {
    return world_.error(js("{'url': '" + url + "'" + fields(more)));
  }
  Error ask_for(std::string const& bytes, std::string const& more = {}) {
    ScriptedServer server([&](ScriptedConnection& connection) {
      connection.read_request();
      connection.send(bytes);
      connection.close();
    });
    auto error = ask(server.url(), more);
    EXPECT_TRUE(server.wait_until_idle());
    return error;
  }
  Error stall_after(std::string const& bytes, std::string const& more = {}) {
    ScriptedServer server([&](ScriptedConnection& connection) {
      connection.read_request();
      connection.send(bytes);
      EXPECT_TRUE(connection.wait_for_close()) << "the client kept the connection";
    });
    auto error = ask(server.url(), more);
    EXPECT_TRUE(server.wait_until_idle());
    return error;
  }
  static void expect(Error const& error, std::string_view code, ErrorClass error_class) {
    EXPECT_EQ(error.code, code) << error.message;
    EXPECT_EQ(error.error_class, error_class) << error.message;
    EXPECT_THAT(error.message, HasSubstr("task \"call\": "));
    EXPECT_THAT(error.message, HasSubstr("127.0.0.1"));
  }

  World world_{};
  static constexpr auto transient = ErrorClass::transient;
  static constexpr auto permanent = ErrorClass::permanent;

 private:
  std::size_t descriptors_before_ = 0;
  Steady::time_point begun_{};
};

TEST_F(BrokenServer, ConnectionRefused) {
  std::string url;
  {
    ScriptedServer const gone([](ScriptedConnection&) {});
    url = gone.url();
  }
  expect(ask(url), "connection_refused", transient);
}

TEST_F(BrokenServer, NoSuchName) {
  world_.client.lookup = [](std::string const&) -> Result<std::vector<boost::asio::ip::address>> {
    return Error{permanent, "dns_failure", "there is no host of the name at 127.0.0.1", "spell it"};
  };
  expect(ask("http://nowhere.invalid/"), "dns_failure", permanent);
}

TEST_F(BrokenServer, Tls) {
  test::TestCertificates const certificates;
  test::CertificateWish wish;
  wish.self_signed = true;
  test::ScriptedOptions options;
  options.tls = certificates.issue(wish);
  ScriptedServer server([](ScriptedConnection&) {}, options);
  expect(ask(server.url()), "tls_failure", permanent);
  options.tls = certificates.issue();
  RepliesInTurn replies({reply(200, "{}")});
  ScriptedServer good(replies.script(), options);
  auto const task =
      "{'url': '" + good.url() + "', 'tls': {'caFile': '" + certificates.ca_file() + "'}}";
  EXPECT_EQ(world_.output(js(task)).at("status"), 200);
}

TEST_F(BrokenServer, StallsAnywhere) {
  expect(stall_after(""), "timeout_first_byte", transient);
  expect(stall_after("HTTP/1.1 200 OK\r\nContent-"), "timeout_first_byte", transient);
  expect(
      stall_after("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbegin"), "timeout_idle", transient
  );
  expect(stall_after("HTTP/1.1 200 OK\r\n\r\nbegin"), "timeout_idle", transient);
  expect(
      stall_after("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbe"),
      "timeout_idle",
      transient
  );
  expect(
      stall_after("HTTP/1.1 500 Oops\r\nContent-Length: 9\r\n\r\nbroken"), "server_error", transient
  );
}

TEST_F(BrokenServer, VanishesAnywhere) {
  expect(ask_for(""), "connection_lost", transient);
  expect(ask_for("HTTP/1.1 200 OK\r\nContent-"), "connection_lost", transient);
  expect(
      ask_for("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbegin"), "connection_lost", transient
  );
  expect(
      ask_for("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n"),
      "connection_lost",
      transient
  );
}

TEST_F(BrokenServer, Resets) {
  ScriptedServer server([](ScriptedConnection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n");
    connection.reset();
  });
  expect(ask(server.url()), "connection_lost", transient);
}

TEST_F(BrokenServer, SpeaksNoHttp) {
  expect(ask_for("SSH-2.0-OpenSSH_9.2\r\n\r\n"), "malformed_response", transient);
  expect(ask_for("HTTP/1.1 two hundred\r\n\r\n"), "malformed_response", transient);
  expect(
      ask_for("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
      "malformed_response",
      transient
  );
  expect(
      ask_for("HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x')), "malformed_response", transient
  );
}

TEST_F(BrokenServer, NeverStops) {
  auto const endless = [](std::string const& head) {
    return [head](ScriptedConnection& connection) {
      connection.read_request();
      connection.send(head);
      while (connection.send(std::string(64 * 1024, 'x'))) continue;
    };
  };
  ScriptedServer body(endless("HTTP/1.1 200 OK\r\n\r\n"));
  EXPECT_EQ(ask(body.url()).code, "response_too_large");
  ScriptedServer page(endless("HTTP/1.1 502 Bad\r\n\r\n"));
  auto const error = ask(page.url());
  expect(error, "server_error", transient);
  EXPECT_LT(error.message.size(), 1000U);
  ScriptedServer saved(endless("HTTP/1.1 200 OK\r\n\r\n"));
  EXPECT_EQ(ask(saved.url(), ", 'saveTo': 'f', 'maxBytes': '1MiB'").code, "response_too_large");
  ScriptedServer redirect(endless("HTTP/1.1 302 Go\r\nLocation: ftp://x\r\n\r\n"));
  EXPECT_EQ(ask(redirect.url()).code, "malformed_response");
}

TEST_F(BrokenServer, SendsWhatItDoesNotSay) {
  auto const json =
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n";
  expect(ask_for(json + std::string("{\"a\":")), "malformed_response", transient);
  expect(ask_for(json + std::string("<html>")), "malformed_response", transient);
  expect(ask_for(json + std::string("\xFF\xFE")), "malformed_response", transient);
  expect(ask_for(json + std::string(50'000, '[')), "malformed_response", transient);
  expect(
      ask_for("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\nxx"),
      "unsupported_encoding",
      permanent
  );
}

TEST_F(BrokenServer, CancelledAnywhere) {
  world_.cancel_after = std::chrono::milliseconds(40);
  for (auto const* bytes :
       {"",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbegin",
        "HTTP/1.1 500 Oops\r\nContent-Length: 9\r\n\r\nbegin"}) {
    ScriptedServer server([&](ScriptedConnection& connection) {
      connection.read_request();
      connection.send(bytes);
      EXPECT_TRUE(connection.wait_for_close());
    });
    EXPECT_EQ(world_.error(js("{'url': '" + server.url() + "'}")).code, "cancelled") << bytes;
    EXPECT_TRUE(server.wait_until_idle());
  }
}

}  // namespace
}  // namespace ropewalk::http
