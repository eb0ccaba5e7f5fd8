// Goal: requests take the way through a proxy that the settings say, and no other.
//
// Method: the rules as a table; a scripted server that plays the proxy.

#include "providers/http/proxy.hpp"

#include "tests/providers/http/http_fixture.hpp"
#include "tests/providers/support/test_certificates.hpp"

#include <map>

namespace ropewalk::test {
namespace {

TEST(HttpProxy, RulesNameHosts) {
  struct Case {
    std::string rule;
    std::string host;
    std::uint16_t port;
    bool is_named;
  };
  for (auto const& [rule, host, port, expected] : std::vector<Case>{
           {"*", "any.example", 80, true},
           {"a.example", "a.example", 80, true},
           {"A.Example", "a.example", 80, true},
           {"a.example", "b.a.example", 80, true},
           {"a.example", "ba.example", 80, false},
           {".a.example", "b.a.example", 80, true},
           {"*.a.example", "b.a.example", 80, true},
           {".a.example", "a.example", 80, true},
           {"a.example:81", "a.example", 81, true},
           {"a.example:81", "a.example", 80, false},
           {"10.0.0.0/8", "10.1.2.3", 80, true},
           {"10.0.0.0/8", "11.1.2.3", 80, false},
           {"10.0.0.0/8", "ten.example", 80, false},
           {"fd00::/8", "fd12::1", 80, true},
           {"fd00::/8", "fe80::1", 80, false},
           {"::1", "::1", 80, true},
           {"[::1]:81", "::1", 81, true},
           {"[::1]:81", "::1", 80, false},
           {"127.0.0.1", "127.0.0.1", 80, true},
           {"", "a.example", 80, false},
           {":", "a.example", 80, false},
           {"/", "10.1.2.3", 80, false},
       })
    EXPECT_EQ(http::is_named({rule}, host, port), expected) << rule << " " << host << ":" << port;
}

TEST(HttpProxy, SettingsComeFromTheEnvironment) {
  std::map<std::string, std::string> variables{
      {"HTTP_PROXY", "http://upper"},
      {"https_proxy", "http://lower"},
      {"HTTPS_PROXY", "http://no"},
      {"NO_PROXY", "a.example, .b.example,,10.0.0.0/8 "}};
  auto const look = [&](std::string const& name) { return variables[name]; };
  auto options = http_options_from_environment(look);
  EXPECT_EQ(options.http_proxy, "http://upper");
  EXPECT_EQ(options.https_proxy, "http://lower");
  EXPECT_EQ(options.no_proxy, (std::vector<std::string>{"a.example", ".b.example", "10.0.0.0/8"}));
  variables["REQUEST_METHOD"] = "GET";
  EXPECT_EQ(http_options_from_environment(look).http_proxy, "") << "it may be a client's header";
  variables = {{"ALL_PROXY", "http://all"}};
  options = http_options_from_environment(look);
  EXPECT_EQ(options.http_proxy, "http://all");
  EXPECT_EQ(options.https_proxy, "http://all");
}

HttpClientOptions through(ScriptedServer const& proxy) {
  HttpClientOptions out;
  out.http_proxy = "http://me:pass@127.0.0.1:" + std::to_string(proxy.port());
  out.https_proxy = out.http_proxy;
  return out;
}

TEST(HttpProxy, ForwardsHttp) {
  RepliesInTurn replies({"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"});
  ScriptedServer proxy(replies.script());
  EXPECT_EQ(ask(get("http://no.example/p?q"), through(proxy)).body, "hi");
  auto const request = replies.requests().at(0);
  EXPECT_EQ(request.target, "http://no.example/p?q");
  EXPECT_EQ(request.header("host"), "no.example");
  EXPECT_EQ(request.header("proxy-authorization"), "Basic bWU6cGFzcw==");
}

TEST(HttpProxy, LeavesLoopbackAndNamedHostsAlone) {
  ScriptedServer proxy([](ScriptedConnection&) {});
  ScriptedServer server(reply_once("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"));
  auto options = through(proxy);
  EXPECT_EQ(ask(get(server.url()), options).body, "hi");
  options.proxy_loopback = true;
  EXPECT_EQ(ask(get(server.url()), options).error.code, "connection_lost");
  options.no_proxy = {"127.0.0.0/8"};
  EXPECT_EQ(ask(get(server.url()), options).body, "hi");
  EXPECT_EQ(proxy.connections_count(), 1U);
}

TEST(HttpProxy, OpensATunnelForHttps) {
  TestCertificates certificates;
  CertificateWish wish;
  wish.names = {"no.example"};
  auto const identity = certificates.issue(wish);
  ReceivedRequest connect;
  ReceivedRequest inner;
  ScriptedServer proxy([&](ScriptedConnection& connection) {
    connect = connection.read_request().value_or(ReceivedRequest{});
    connection.send_in_pieces("HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n", 1);
    if (!connection.start_tls(*identity)) return;
    inner = connection.read_request().value_or(ReceivedRequest{});
    connection.respond(200, "hello");
    connection.wait_for_close();
  });
  HttpRequest request = get("https://no.example/p?q");
  request.tls.ca_file = certificates.ca_file();
  auto const answer = ask(request, through(proxy));
  EXPECT_EQ(answer.body, "hello") << answer.error.message;
  EXPECT_TRUE(proxy.wait_until_idle());
  EXPECT_EQ(connect.method, "CONNECT");
  EXPECT_EQ(connect.target, "no.example:443");
  EXPECT_EQ(connect.header("proxy-authorization"), "Basic bWU6cGFzcw==");
  EXPECT_EQ(inner.target, "/p?q");
  EXPECT_EQ(inner.header("proxy-authorization"), "") << "it is not for the server's eyes";
}

void expect_proxy_failure(Answer const& answer, ErrorClass error_class, std::string const& word) {
  EXPECT_EQ(answer.error.code, "proxy_failure") << answer.error.message;
  EXPECT_EQ(answer.error.error_class, error_class) << answer.error.message;
  EXPECT_NE(answer.error.message.find(word), std::string::npos) << answer.error.message;
  EXPECT_EQ(answer.error.message.find("pass"), std::string::npos) << answer.error.message;
}

TEST(HttpProxy, SaysWhatIsWrongWithIt) {
  auto const to_https = get("https://no.example/");
  {
    ScriptedServer login(reply_once("HTTP/1.1 407 Login\r\nContent-Length: 0\r\n\r\n"));
    expect_proxy_failure(ask(to_https, through(login)), ErrorClass::permanent, "407");
    ScriptedServer busy(reply_once("HTTP/1.1 503 Busy\r\n\r\n"));
    expect_proxy_failure(ask(to_https, through(busy)), ErrorClass::transient, "503");
    ScriptedServer odd(reply_once("nonsense\r\n\r\n"));
    expect_proxy_failure(ask(to_https, through(odd)), ErrorClass::transient, "HTTP/1.1");
    ScriptedServer forward(reply_once("HTTP/1.1 200 OK\r\n\r\nmore"));
    expect_proxy_failure(ask(to_https, through(forward)), ErrorClass::transient, "tunnel");
    ScriptedServer closing([](ScriptedConnection&) {});
    expect_proxy_failure(ask(to_https, through(closing)), ErrorClass::transient, "lost");
  }
  HttpClientOptions options;
  options.https_proxy = "http://127.0.0.1:1";
  expect_proxy_failure(ask(to_https, options), ErrorClass::transient, "cannot connect");
  options.https_proxy = "socks5://me:pass@127.0.0.1:1";
  expect_proxy_failure(ask(to_https, options), ErrorClass::permanent, "http://");
}

TEST(HttpProxy, JudgesAddressesThatItCanSee) {
  ScriptedServer proxy([](ScriptedConnection&) {});
  HttpRequest request = get("http://10.1.2.3/");
  request.allow = [](asio::ip::address const&, std::uint16_t) -> Result<> {
    return Error{ErrorClass::permanent, "x", "private"};
  };
  EXPECT_EQ(ask(request, through(proxy)).error.code, "address_refused");
}

}  // namespace
}  // namespace ropewalk::test
