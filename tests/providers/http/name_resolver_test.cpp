// Goal: names are looked up aside, once for all who ask at the same time; several addresses are
// tried in turn, and only those that are allowed.
//
// Method: look-ups of the test's own; loopback addresses that answer or refuse.

#include "providers/http/name_resolver.hpp"

#include "providers/http/http_error.hpp"
#include "tests/providers/http/http_fixture.hpp"

#include <atomic>
#include <future>

namespace ropewalk::test {
namespace {

using Addresses = std::vector<asio::ip::address>;

HttpClientOptions with_addresses(std::vector<std::string> const& texts) {
  Addresses addresses;
  for (auto const& text : texts) addresses.push_back(asio::ip::make_address(text));
  HttpClientOptions out;
  out.lookup = [addresses](std::string const&) { return Result<Addresses>(addresses); };
  return out;
}

std::string url_of(ScriptedServer const& server) {
  return "http://name.example:" + std::to_string(server.port()) + "/";
}

ScriptedServer::Script greet() {
  return reply_once("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
}

TEST(NameResolver, TriesTheNextAddress) {
  ScriptedServer server(greet());
  auto const answer = ask(get(url_of(server)), with_addresses({"127.0.0.2", "::1", "127.0.0.1"}));
  EXPECT_EQ(answer.body, "hi") << answer.error.message;
}

TEST(NameResolver, DoesNotWaitLongForAnAddressThatIsSilent) {
  ScriptedServer server(greet());
  HttpRequest request = get(url_of(server));
  request.timeouts.connect = std::chrono::seconds(5);
  // TEST-NET-1: nothing answers there, or the network says at once that it cannot be reached.
  auto const answer = ask(request, with_addresses({"192.0.2.1", "127.0.0.1"}));
  EXPECT_EQ(answer.body, "hi") << answer.error.message;
}

TEST(NameResolver, AllAddressesRefuse) {
  ScriptedServer server(greet());
  auto const answer = ask(get(url_of(server)), with_addresses({"127.0.0.2", "127.0.0.3"}));
  EXPECT_EQ(answer.error.code, "connection_refused");
  EXPECT_NE(answer.error.message.find("name.example:"), std::string::npos);
}

HttpRequest allowing(std::string url, std::string const& only) {
  HttpRequest request = get(std::move(url));
  request.allow = [only](asio::ip::address const& address, std::uint16_t) -> Result<> {
    if (address.to_string() == only) return {};
    return http::http_error(ErrorClass::permanent, "x", address.to_string() + " is private");
  };
  return request;
}

TEST(NameResolver, OnlyAllowedAddressesAreCalled) {
  ScriptedServer server(greet());
  auto const both = with_addresses({"127.0.0.2", "127.0.0.1"});
  EXPECT_EQ(ask(allowing(url_of(server), "127.0.0.1"), both).body, "hi");
  auto const refused = ask(allowing(url_of(server), "10.0.0.1"), both);
  EXPECT_EQ(refused.error.code, "address_refused");
  EXPECT_EQ(refused.error.error_class, ErrorClass::permanent);
  EXPECT_NE(refused.error.message.find("127.0.0.1 is private"), std::string::npos);
  EXPECT_EQ(ask(allowing(server.url(), "10.0.0.1")).error.code, "address_refused") << "a literal";
  EXPECT_EQ(server.connections_count(), 1U);
  auto const local = ask(allowing("http+unix:///run/some.sock:/", "127.0.0.1"));
  EXPECT_EQ(local.error.code, "address_refused") << "a Unix socket is no address";
}

TEST(NameResolver, ReportsWhyANameHasNoAddress) {
  HttpClientOptions options;
  options.lookup = [](std::string const& host) -> Result<Addresses> {
    return http::http_error(ErrorClass::transient, "dns_failure", "not now: " + host);
  };
  auto const answer = ask(get("http://name.example/"), options);
  EXPECT_EQ(answer.error.code, "dns_failure");
  EXPECT_EQ(answer.error.error_class, ErrorClass::transient);
}

TEST(NameResolver, AsksTheSystem) {
  auto const found = http::system_lookup("localhost");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_TRUE(found->front().is_loopback());
  auto const missing = http::system_lookup("no-such-host.invalid");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, "dns_failure");  // its class depends on the network we are in
}

Async<> fetch_both(
    HttpClient& client, AsyncScope& scope, std::string url, std::vector<Answer>& out
) {
  for (auto& answer : out) scope.spawn(fetch(client, get(url), answer));
  co_await scope.join();
}

TEST(NameResolver, LooksANameUpOnceForAllWhoAsk) {
  ScriptedServer server(greet());
  std::atomic<int> lookups = 0;
  HttpClientOptions options;
  options.lookup = [&](std::string const&) -> Result<Addresses> {
    ++lookups;
    return Addresses{asio::ip::make_address("127.0.0.1")};
  };
  std::vector<Answer> answers(50);
  with_client(options, [&](HttpClient& client, AsyncScope& scope) {
    return fetch_both(client, scope, url_of(server), answers);
  });
  for (auto const& answer : answers) EXPECT_EQ(answer.body, "hi") << answer.error.message;
  EXPECT_EQ(lookups, 1);
}

TEST(NameResolver, NeitherATimeoutNorTheEndWaitsForALookup) {
  std::promise<void> release;
  auto const released = release.get_future().share();
  auto const ended = std::make_shared<std::promise<void>>();
  HttpClientOptions options;
  options.lookup = [released, ended](std::string const&) -> Result<Addresses> {
    released.wait();
    ended->set_value();
    return Addresses{asio::ip::make_address("127.0.0.1")};
  };
  HttpRequest request = get("http://name.example/");
  request.timeouts.connect = std::chrono::milliseconds(30);
  EXPECT_EQ(ask(request, options).error.code, "timeout_connect");
  release.set_value();  // client and io_context are gone by now
  EXPECT_EQ(ended->get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

}  // namespace
}  // namespace ropewalk::test
