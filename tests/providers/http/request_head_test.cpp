// Goal: what is sent is what was asked for, and nothing in a request can become a second one.

#include "providers/http/request_head.hpp"

#include <gtest/gtest.h>

namespace ropewalk::http {
namespace {

Result<std::string> head_of(HttpRequest const& request) {
  auto const url = parse_http_url(request.url);
  return write_head(request, *url, std::nullopt, "ropewalk");
}

TEST(RequestHead, WritesDefaultsThatTheCallerMayReplace) {
  HttpRequest request;
  request.url = "http://h:81/p?q=1";
  EXPECT_EQ(
      *head_of(request),
      "GET /p?q=1 HTTP/1.1\r\nHost: h:81\r\nUser-Agent: ropewalk\r\n"
      "Accept-Encoding: identity\r\n\r\n"
  );
  request.method = "POST";
  request.headers = {{"host", "other"}, {"USER-AGENT", "me"}, {"accept-encoding", "gzip"}};
  request.body = "12345";
  EXPECT_EQ(
      *head_of(request),
      "POST /p?q=1 HTTP/1.1\r\nhost: other\r\nUSER-AGENT: me\r\naccept-encoding: gzip\r\n"
      "Content-Length: 5\r\n\r\n"
  );
}

TEST(RequestHead, StatesTheLengthOfAnEmptyPost) {
  HttpRequest request;
  request.method = "POST";
  request.url = "http://h/";
  EXPECT_NE(head_of(request)->find("Content-Length: 0\r\n"), std::string::npos);
}

TEST(RequestHead, SendsTheCredentialsOfTheUrl) {
  HttpRequest request;
  request.url = "http://user:pass@h/";
  auto const head = *head_of(request);
  EXPECT_NE(head.find("Authorization: Basic dXNlcjpwYXNz\r\n"), std::string::npos);
  EXPECT_EQ(head.find("user:pass"), std::string::npos);
}

TEST(RequestHead, RefusesWhatWouldBreakTheMessage) {
  HttpRequest sound;
  sound.url = "http://h/";
  std::vector<HttpRequest> bad(9, sound);
  bad[0].method = "GET / HTTP/1.1\r\nX:";
  bad[1].method = "";
  bad[2].headers = {{"X", "secret\r\nY: z"}};
  bad[3].headers = {{"X", "secret\nY"}};
  bad[4].headers = {{"X", std::string("secret\0", 7)}};
  bad[5].headers = {{"X: secret", "y"}};
  bad[6].headers = {{"", "secret"}};
  bad[7].headers = {{"content-length", ""}};
  bad[8].headers = {{"Transfer-Encoding", "chunked"}};
  for (auto const& request : bad) {
    auto const head = head_of(request);
    ASSERT_FALSE(head);
    EXPECT_EQ(head.error().code, "invalid_request");
    EXPECT_EQ(head.error().message.find("secret"), std::string::npos) << head.error().message;
  }
}

TEST(RequestHead, KnowsWhatMayBeDoneTwice) {
  HttpRequest request;
  EXPECT_TRUE(is_repeatable(request));
  request.method = "POST";
  EXPECT_FALSE(is_repeatable(request));
  request.headers = {{"idempotency-key", "1"}};
  EXPECT_TRUE(is_repeatable(request));
}

}  // namespace
}  // namespace ropewalk::http
