// Goal: every URL becomes one unambiguous destination or is refused without being repeated.

#include "providers/http/http_url.hpp"

#include <gtest/gtest.h>

namespace ropewalk::http {
namespace {

TEST(HttpUrl, NamesTheDestination) {
  auto const url = parse_http_url("https://API.Example.com/v1/chat?key=a%20b&x#part");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->is_tls);
  EXPECT_EQ(url->host, "api.example.com");
  EXPECT_EQ(url->port, 443);
  EXPECT_EQ(url->target, "/v1/chat?key=a%20b&x");
  EXPECT_EQ(url->authority, "api.example.com");
  EXPECT_EQ(url->peer(), "api.example.com:443");
  EXPECT_EQ(url->absolute(), "https://api.example.com/v1/chat?key=a%20b&x");
}

TEST(HttpUrl, KeepsPortsAddressesAndCredentials) {
  auto const six = parse_http_url("http://[::1]:8080");
  ASSERT_TRUE(six);
  EXPECT_EQ(six->host, "::1");
  EXPECT_EQ(six->authority, "[::1]:8080");
  EXPECT_EQ(six->target, "/");
  EXPECT_EQ(parse_http_url("http://[::1]/")->authority, "[::1]");
  EXPECT_EQ(parse_http_url("http://h:80/")->authority, "h");
  EXPECT_EQ(parse_http_url("http://h:443/")->authority, "h:443");
  EXPECT_EQ(parse_http_url("http://h?q")->target, "/?q");
  auto const login = parse_http_url("https://me:p%40ss@h/");
  ASSERT_TRUE(login);
  EXPECT_EQ(login->credentials, "me:p@ss");
  EXPECT_EQ(login->authority, "h");
}

TEST(HttpUrl, KnowsUnixSockets) {
  auto const url = parse_http_url("http+unix:///run/a.sock:/v1/x?y");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->unix_path, "/run/a.sock");
  EXPECT_EQ(url->target, "/v1/x?y");
  EXPECT_EQ(url->peer(), "unix:/run/a.sock");
  EXPECT_EQ(parse_http_url("http+unix:///run/a.sock")->target, "/");
}

TEST(HttpUrl, RefusesTheRestWithoutRepeatingIt) {
  auto const too_long = "http+unix:///" + std::string(120, 'x');
  std::string const with_nul("http+unix:///a\0b:/", 18);
  for (std::string const& text :
       {std::string("secret"),
        std::string("ftp://secret/"),
        std::string("http://"),
        std::string("http:///secret"),
        std::string("http://secret:0/"),
        std::string("http://secret:65536/"),
        std::string("http://secret:x/"),
        std::string("http://secret:80x/"),
        std::string("http://a@secret@b/"),
        std::string("http://[::1]secret/"),
        std::string("http://sec ret/"),
        std::string("http://secret/a b"),
        std::string("http://secret/\r\nX: y"),
        std::string("http://secret/%zz"),
        std::string("http://secret%00.com/"),
        std::string("http+unix://secret:/"),
        std::string("http+unix:///secret:/a b"),
        with_nul,
        too_long,
        std::string()}) {
    auto const url = parse_http_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, "invalid_url") << text;
    EXPECT_EQ(url.error().error_class, ErrorClass::permanent);
    EXPECT_EQ(url.error().message.find("secret"), std::string::npos) << url.error().message;
  }
}

}  // namespace
}  // namespace ropewalk::http
