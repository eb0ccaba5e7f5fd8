// Host and Origin. Method: a table of what browsers and attackers send.
#include "server/http/origin.hpp"

#include <gtest/gtest.h>

namespace ropewalk::server {
namespace {

std::string verdict(OriginCheck const& check, std::string host, std::string origin = {}) {
  Request request;
  request.headers.push_back(Header{"Host", std::move(host)});
  if (!origin.empty()) request.headers.push_back(Header{"Origin", std::move(origin)});
  auto const allowed = check.check(request);
  return allowed ? "ok" : allowed.error().code;
}

TEST(Origin, LoopbackNamesAreAnswered) {
  OriginCheck const check("127.0.0.1", {}, {});
  for (auto const* host : {"127.0.0.1:8400", "localhost:8400", "LOCALHOST", "[::1]:8400"})
    EXPECT_EQ(verdict(check, host), "ok") << host;
}

TEST(Origin, RebindingIsRefused) {
  OriginCheck const check("127.0.0.1", {}, {});
  for (auto const* host :
       {"evil.example", "evil.example:8400", "localhost.evil.example", "", "10.0.0.1"})
    EXPECT_EQ(verdict(check, host), "misdirected_host") << host;
}

TEST(Origin, NamesCanBeAllowed) {
  OriginCheck const check("0.0.0.0", {"rope.example", "x.example:99"}, {"https://ui.example"});
  EXPECT_EQ(verdict(check, "rope.example:8400"), "ok");
  EXPECT_EQ(verdict(check, "x.example:99"), "ok");
  EXPECT_EQ(verdict(check, "x.example:98"), "misdirected_host");
  EXPECT_EQ(verdict(check, "192.168.1.5:8400"), "ok");  // an address cannot be rebound
  EXPECT_EQ(verdict(check, "rope.example", "https://ui.example"), "ok");
}

TEST(Origin, OtherPagesAreRefused) {
  OriginCheck const check("127.0.0.1", {}, {});
  EXPECT_EQ(verdict(check, "127.0.0.1:8400", "http://127.0.0.1:8400"), "ok");
  EXPECT_EQ(verdict(check, "127.0.0.1:8400", "http://127.0.0.1:3000"), "forbidden_origin");
  EXPECT_EQ(verdict(check, "127.0.0.1:8400", "http://evil.example"), "forbidden_origin");
  EXPECT_EQ(verdict(check, "127.0.0.1:8400", "null"), "forbidden_origin");
}

TEST(Origin, TheUnixSocketNeedsNeither) {
  OriginCheck const check("localhost", {}, {});
  Request request;
  request.is_trusted_peer = true;
  EXPECT_TRUE(check.check(request));
}

}  // namespace
}  // namespace ropewalk::server
