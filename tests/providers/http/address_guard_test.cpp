// Goal: an address is refused for what it is, in whatever form it is written, unless the
// configuration allows it.
//
// Method: tables of addresses; the client with a resolver that answers what a hostile name server
// would.
#include "providers/http/address_guard.hpp"

#include "tests/providers/http/http_fixture.hpp"

#include <gmock/gmock.h>

namespace ropewalk::http {
namespace {

using boost::asio::ip::make_address;
using testing::HasSubstr;

std::string kind(char const* text) {
  return std::string(address_kind(make_address(text)));
}

TEST(AddressGuard, PublicAddressesAreNothingSpecial) {
  for (auto const* text :
       {"1.1.1.1",
        "8.8.8.8",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "169.253.255.255",
        "192.167.0.1",
        "193.0.0.1",
        "223.255.255.255",
        "198.17.0.1",
        "198.20.0.0",
        "2606:4700::1111",
        "2a00:1450:4001::200e",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "2002:808:808::1",
        "2001:4860:4860::8888"})
    EXPECT_EQ(kind(text), "") << text;
}

TEST(AddressGuard, EveryOtherAddressIsNamedForWhatItIs) {
  std::vector<std::pair<char const*, char const*>> const table{
      {"127.0.0.1", "loopback"},
      {"127.255.255.254", "loopback"},
      {"0.0.0.0", "unspecified"},
      {"0.1.2.3", "this network"},
      {"10.0.0.1", "private"},
      {"172.16.0.1", "private"},
      {"172.31.255.255", "private"},
      {"192.168.1.1", "private"},
      {"100.64.0.1", "carrier"},
      {"100.127.255.255", "carrier"},
      {"169.254.1.1", "link-local"},
      {"169.254.169.254", "metadata"},
      {"168.63.129.16", "metadata"},
      {"100.100.100.200", "metadata"},
      {"192.0.0.8", "reserved"},
      {"192.0.2.1", "documentation"},
      {"198.18.0.1", "reserved"},
      {"224.0.0.1", "multicast"},
      {"239.255.255.250", "multicast"},
      {"250.0.0.1", "reserved"},
      {"255.255.255.255", "broadcast"},
      {"::", "unspecified"},
      {"::1", "loopback"},
      {"fe80::1", "link-local"},
      {"fec0::1", "site-local"},
      {"fc00::1", "unique-local"},
      {"fd12:3456::1", "unique-local"},
      {"fd00:ec2::254", "metadata"},
      {"ff02::1", "multicast"},
      {"2001:db8::1", "documentation"},
      {"2001::1", "Teredo"},
      {"64:ff9b:1::1", "translator"},
      {"100::1", "reserved"},
      {"4000::1", "reserved"},
  };
  for (auto const& [text, word] : table) EXPECT_THAT(kind(text), HasSubstr(word)) << text;
}

TEST(AddressGuard, AnAddressInsideAnAddressCountsAsItself) {
  for (auto const* text :
       {"::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::127.0.0.1", "2002:7f00:1::", "::ffff:7f00:1"})
    EXPECT_EQ(kind(text), "a loopback address") << text;
  EXPECT_THAT(kind("::ffff:169.254.169.254"), HasSubstr("metadata"));
  EXPECT_THAT(kind("64:ff9b::a9fe:a9fe"), HasSubstr("metadata"));
  EXPECT_THAT(kind("2002:a00:1::1"), HasSubstr("private"));
}

TEST(AddressGuard, OnlyWhatIsAllowedIsAllowed) {
  auto const guard = AddressGuard::make({"10.1.2.0/24", "127.0.0.1", "fd00::/16", "::1"}).value();
  for (auto const* text :
       {"10.1.2.0",
        "10.1.2.255",
        "127.0.0.1",
        "fd00:1::1",
        "::1",
        "::ffff:10.1.2.9",
        "64:ff9b::10.1.2.9",
        "8.8.8.8"})
    EXPECT_TRUE(guard.judge(make_address(text))) << text;
  for (auto const* text :
       {"10.1.1.255",
        "10.1.3.0",
        "127.0.0.2",
        "fd01::1",
        "::2",
        "::ffff:10.1.3.1",
        "169.254.169.254"})
    EXPECT_FALSE(guard.judge(make_address(text))) << text;
  auto const everything = AddressGuard::make({"0.0.0.0/0", "::/0"}).value();
  EXPECT_TRUE(everything.judge(make_address("127.0.0.1")));
  EXPECT_TRUE(everything.judge(make_address("fe80::1")));
}

TEST(AddressGuard, ANetworkOfIPv4AllowsNothingOfIPv6) {
  auto const guard = AddressGuard::make({"0.0.0.0/0"}).value();
  EXPECT_FALSE(guard.judge(make_address("::1")));
  EXPECT_FALSE(guard.judge(make_address("fd00::1")));
}

TEST(AddressGuard, TheRefusalSaysWhatAndHow) {
  auto const refused = AddressGuard().judge(make_address("10.0.0.5"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "address_refused");
  EXPECT_EQ(refused.error().error_class, ErrorClass::permanent);
  EXPECT_EQ(refused.error().message, "10.0.0.5 is a private address");
  EXPECT_THAT(refused.error().hint, HasSubstr("http: { allow: [\"10.0.0.5\"] }"));
}

TEST(AddressGuard, WhatIsNoNetworkIsAnError) {
  for (auto const* text :
       {"",
        "example.com",
        "10.0.0.0/33",
        "10.0.0.0/",
        "10.0.0.0/8x",
        "::/129",
        "10.0.0",
        "10.0.0.0/-1"})
    EXPECT_FALSE(AddressGuard::make({text})) << text;
}

HttpRequest guarded(std::string url, AddressGuard guard = {}) {
  auto out = test::get(std::move(url));
  out.allow = [guard = std::move(guard)](boost::asio::ip::address const& address, std::uint16_t) {
    return guard.judge(address);
  };
  return out;
}

HttpClientOptions resolving_to(std::vector<std::string> addresses) {
  HttpClientOptions out;
  out.lookup = [addresses](std::string const&) -> Result<std::vector<boost::asio::ip::address>> {
    std::vector<boost::asio::ip::address> found;
    for (auto const& text : addresses) found.push_back(make_address(text));
    return found;
  };
  return out;
}

TEST(AddressGuard, ANameIsWhatItResolvesTo) {
  test::RepliesInTurn replies({"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"});
  test::ScriptedServer server(replies.script());
  auto const port = std::to_string(server.port());
  for (auto const* address : {"127.0.0.1", "::ffff:127.0.0.1"}) {
    auto const refused =
        test::ask(guarded("http://metrics.example:" + port + "/"), resolving_to({address}));
    EXPECT_EQ(refused.error.code, "address_refused") << address;
    EXPECT_THAT(refused.error.message, HasSubstr("metrics.example:" + port + " may not be called"));
    EXPECT_THAT(refused.error.message, HasSubstr("loopback"));
  }
  EXPECT_EQ(server.connections_count(), 0U) << "nothing was connected to";
  auto const allowed = AddressGuard::make({"127.0.0.0/8"}).value();
  auto const answer = test::ask(
      guarded("http://metrics.example:" + port + "/", allowed), resolving_to({"127.0.0.1"})
  );
  EXPECT_EQ(answer.error.code, "");
  EXPECT_EQ(answer.body, "hi");
}

/// Every way to write an address that a URL knows.
TEST(AddressGuard, WrittenInTheUrlItIsTheSame) {
  for (auto const* host :
       {"127.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "0.0.0.0",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "localhost"}) {
    auto const answer = test::ask(guarded("http://" + std::string(host) + ":9/"));
    EXPECT_EQ(answer.error.code, "address_refused") << host << ": " << answer.error.message;
  }
}

Async<> ask_twice(HttpClient& client, std::string url, bool& rebound, test::Answer& second) {
  test::Answer first;
  auto const open = AddressGuard::make({"127.0.0.1"}).value();
  auto request = guarded(url, open);
  auto asking = test::fetch(client, std::move(request), first);
  co_await std::move(asking);
  EXPECT_EQ(first.error.code, "");
  rebound = true;
  auto again = guarded(url);
  auto repeating = test::fetch(client, std::move(again), second);
  co_await std::move(repeating);
}

/// A name that resolves to something else the second time, and a connection that was kept from the
/// first: both are judged again.
TEST(AddressGuard, ARebornNameAndAKeptConnectionAreJudgedAgain) {
  test::RepliesInTurn replies({"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"});
  test::ScriptedServer server(replies.script());
  bool rebound = false;
  HttpClientOptions options;
  options.lookup = [&](std::string const&) -> Result<std::vector<boost::asio::ip::address>> {
    return std::vector{make_address(rebound ? "127.0.0.2" : "127.0.0.1")};
  };
  test::Answer second;
  auto const url = "http://rebinding.example:" + std::to_string(server.port()) + "/";
  test::with_client(options, [&](HttpClient& client, AsyncScope&) {
    return ask_twice(client, url, rebound, second);
  });
  EXPECT_EQ(second.error.code, "address_refused");
  EXPECT_THAT(second.error.message, HasSubstr("127.0.0.2"));
  EXPECT_EQ(replies.requests().size(), 1U);
}

}  // namespace
}  // namespace ropewalk::http
