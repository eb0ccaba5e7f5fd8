// Goal: addresses of servers are read strictly and written back.
// Method: tables of good and bad ones.
#include "server/client/address.hpp"

#include "server/client/client.hpp"

#include <gtest/gtest.h>

namespace ropewalk::cli {
namespace {

TEST(Address, GoodOnes) {
  std::vector<std::pair<std::string, std::string>> const good{
      {"http://127.0.0.1:8400", "http://127.0.0.1:8400"},
      {"http://localhost:80/", "http://localhost:80"},
      {"localhost:9", "http://localhost:9"},
      {"http://example.org", "http://example.org:8400"},
      {"http://[::1]:8400", "http://[::1]:8400"},
      {"unix:/run/ropewalk.sock", "unix:/run/ropewalk.sock"},
      {"unix:///run/ropewalk.sock", "unix:/run/ropewalk.sock"}};
  for (auto const& [text, expected] : good)
    EXPECT_EQ(parse_address(text).value().to_string(), expected) << text;
}

TEST(Address, BadOnes) {
  for (auto const* text :
       {"",
        "http://",
        "http://:80",
        "http://a:",
        "http://a:x",
        "http://a:99999",
        "http://a:1/path",
        "https://a:1",
        "unix:",
        "http://[::1"})
    EXPECT_EQ(parse_address(text).error().code, "invalid_address") << text;
}

TEST(Reply, ProblemDocumentsBecomeErrors) {
  Reply reply;
  reply.status = 404;
  reply.body = {{"code", "not_found"}, {"detail", "no such execution"}, {"hint", "ropewalk ps"}};
  auto const error = error_from_reply(reply);
  EXPECT_EQ(error.code, "not_found");
  EXPECT_EQ(error.message, "no such execution");
  EXPECT_EQ(error.hint, "ropewalk ps");
  EXPECT_EQ(error.error_class, ErrorClass::permanent);
  reply.status = 503;
  reply.body = nullptr;
  EXPECT_EQ(error_from_reply(reply).code, "http_503");
  EXPECT_EQ(error_from_reply(reply).error_class, ErrorClass::transient);
}

}  // namespace
}  // namespace ropewalk::cli
