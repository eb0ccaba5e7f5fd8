// Request targets. Method: a table of targets that are understood, and one of those that are not.
#include "server/http/target.hpp"

#include <gtest/gtest.h>

namespace ropewalk::server {
namespace {

TEST(Target, SplitsAndDecodes) {
  auto const target = parse_target("/v1/workflows/a%20b?x=1&y=a+b%26c&flag");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->segments, (std::vector<std::string>{"v1", "workflows", "a b"}));
  ASSERT_EQ(target->query.size(), 3U);
  EXPECT_EQ(target->query[1].second, "a b&c");
  EXPECT_EQ(target->query[2].second, "");
  EXPECT_TRUE(parse_target("/")->segments.empty());
}

TEST(Target, RefusesOtherWaysToWriteAPath) {
  for (auto const* text :
       {"",
        "v1",
        "//",
        "/v1//x",
        "/v1/./x",
        "/v1/../x",
        "/v1/%2e%2e/x",
        "/v1/a%2fb",
        "/v1/a%5cb",
        "/v1/%",
        "/v1/%4",
        "/v1/%zz",
        "/v1/a%00",
        "/v1/%ff",
        "/v1/",
        "http://h/v1",
        "/a#b",
        "*"})
    EXPECT_FALSE(parse_target(text)) << text;
}

TEST(Target, EncodingIsUndoneByDecoding) {
  std::string const text = "a/b c+d%é\"";
  EXPECT_EQ(*percent_decode(percent_encode(text), true), text);
}

}  // namespace
}  // namespace ropewalk::server
