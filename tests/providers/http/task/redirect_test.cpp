// Goal: a redirect leads where it says, with the method that the standard wants, and takes no
// credentials to others.
#include "providers/http/task/redirect.hpp"

#include <gtest/gtest.h>

namespace ropewalk::http {
namespace {

HttpRequest post(std::string url) {
  HttpRequest out;
  out.method = "POST";
  out.url = std::move(url);
  out.body = "data";
  out.headers = {
      {"Authorization", "Bearer t"},
      {"cookie", "c=1"},
      {"X-Api-Key", "k"},
      {"X-Other", "o"},
      {"Content-Type", "text/plain"}};
  return out;
}

HttpHeaders to(std::string where) {
  return {{"Location", std::move(where)}};
}

std::string names(HttpRequest const& request) {
  std::string out;
  for (auto const& header : request.headers) out += header.name + " ";
  return out;
}

TEST(Redirect, MethodsAndBodies) {
  struct Row {
    unsigned status;
    char const* method;
    char const* after;
    bool has_body;
  };
  for (auto const& row :
       {Row{301, "POST", "GET", false},
        Row{302, "POST", "GET", false},
        Row{303, "POST", "GET", false},
        Row{303, "PUT", "GET", false},
        Row{303, "HEAD", "HEAD", true},
        Row{301, "PUT", "PUT", true},
        Row{302, "DELETE", "DELETE", true},
        Row{307, "POST", "POST", true},
        Row{308, "POST", "POST", true},
        Row{308, "PATCH", "PATCH", true}}) {
    auto request = post("http://h/a");
    request.method = row.method;
    ASSERT_TRUE(follow_redirect(request, row.status, to("/b"), {}, false));
    EXPECT_EQ(request.url, "http://h/b");
    EXPECT_EQ(request.method, row.after) << row.status << row.method;
    EXPECT_EQ(request.body == "data", row.has_body) << row.status << row.method;
    EXPECT_EQ(!find_header(request.headers, "Content-Type").empty(), row.has_body);
  }
}

TEST(Redirect, CredentialsStayWithTheirOrigin) {
  std::vector<std::string> const sensitive{"x-api-key"};
  for (auto const* other :
       {"http://other/", "http://h:81/", "https://h/", "//other/x", "http://H.other/"}) {
    auto request = post("http://h/a");
    ASSERT_TRUE(follow_redirect(request, 307, to(other), sensitive, false)) << other;
    EXPECT_EQ(names(request), "X-Other Content-Type ") << other;
  }
  for (auto const* same : {"/b", "http://h/c", "http://H:80/d", "?x=y"}) {
    auto request = post("http://h/a");
    ASSERT_TRUE(follow_redirect(request, 307, to(same), sensitive, false)) << same;
    EXPECT_EQ(request.headers.size(), 5U) << same;
  }
}

TEST(Redirect, FromHttpsToHttpOnlyWhenItIsWanted) {
  auto request = post("https://h/a");
  auto const refused = follow_redirect(request, 302, to("http://h/a"), {}, false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "redirect_refused");
  EXPECT_EQ(refused.error().error_class, ErrorClass::permanent);
  EXPECT_TRUE(follow_redirect(request, 302, to("http://h/a"), {}, true));
}

TEST(Redirect, UrlsAreResolvedAndMended) {
  auto const resolve = [](char const* base, char const* reference) {
    auto const out = resolve_url(base, reference);
    return out ? *out : out.error().code;
  };
  EXPECT_EQ(resolve("http://h/a/b?c", "../d?e"), "http://h/d?e");
  EXPECT_EQ(resolve("http://h/a", "https://x.example/y#z"), "https://x.example/y");
  EXPECT_EQ(resolve("http://h/a", "//x/y"), "http://x/y");
  EXPECT_EQ(resolve("http://h/a", "/gr\xC3\xBC n"), "http://h/gr%C3%BC%20n");
  EXPECT_EQ(resolve("http://h/a", "http://user:pass@x/"), "http://x/");
  EXPECT_EQ(resolve("http://me:pw@h/a", "/b"), "http://me:pw@h/b") << "the same origin";
  EXPECT_EQ(resolve("http://h/a", "ftp://x/"), "malformed_response");
  EXPECT_EQ(resolve("http://h/a", "http://"), "malformed_response");
  EXPECT_EQ(resolve("http://h/a", "http://[::1/"), "malformed_response");
  EXPECT_EQ(resolve("http://h/a", "file:///etc/passwd"), "malformed_response");
  EXPECT_EQ(resolve("http://h/a", "javascript:alert(1)"), "malformed_response");
}

TEST(Redirect, LinkHeaders) {
  EXPECT_EQ(next_link({{"Link", "<http://h/?p=2>; rel=\"next\""}}), "http://h/?p=2");
  EXPECT_EQ(
      next_link({{"link", "<http://h/?a=1,2>; rel=prev, </n>; title=\"a, b\"; REL=next"}}), "/n"
  );
  EXPECT_EQ(next_link({{"Link", "<a>; rel=\"last next\""}}), "a");
  EXPECT_EQ(next_link({{"Link", "<a>; rel=prev"}, {"Link", "<b>; rel=next"}}), "b");
  for (auto const* none :
       {"",
        "<a>",
        "<a>; rel=nextish",
        "a; rel=next",
        "<a; rel=next",
        ">a<; rel=next",
        "<a>; rel=\"prev\", <b>; rev=next"})
    EXPECT_EQ(next_link({{"Link", none}}), "") << none;
}

}  // namespace
}  // namespace ropewalk::http
