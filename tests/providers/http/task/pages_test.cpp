// Goal: pages follow each other by link, URL, cursor and number, and end at their bounds.
#include "providers/http/task/pages.hpp"

#include "engine/base/json.hpp"

#include <gtest/gtest.h>

namespace ropewalk::http {
namespace {

/// What a page with this body leads to: the next URL, or the code of the error.
std::string next_of(
    Pages& pages, std::string const& body, std::string const& url, HttpHeaders const& headers = {}
) {
  ResponseScope scope;
  json::object response;
  response["body"] = parse_json(body).value();
  scope.set_response(std::move(response));
  auto const next = pages.take(scope, headers, url);
  return next ? *next : next.error().code;
}

PageWish wish(
    PageWish::By by, std::string expression = {}, std::string items = "response.body.items"
) {
  PageWish out;
  out.by = by;
  out.expression = std::move(expression);
  out.items = std::move(items);
  out.query = "c";
  return out;
}

TEST(Pages, ByCursor) {
  auto const by_cursor = wish(PageWish::By::cursor, "response.body.cursor");
  Pages pages(by_cursor, 1000);
  EXPECT_EQ(pages.first("http://h/?x=1"), "http://h/?x=1");
  EXPECT_EQ(
      next_of(pages, R"({"items": [1], "cursor": "a b"})", "http://h/?x=1"), "http://h/?x=1&c=a%20b"
  );
  EXPECT_EQ(
      next_of(pages, R"({"items": [2], "cursor": 7})", "http://h/?x=1&c=a%20b"), "http://h/?x=1&c=7"
  );
  EXPECT_EQ(next_of(pages, R"({"items": [3], "cursor": null})", "http://h/?x=1&c=7"), "");
  EXPECT_EQ(to_text(pages.take_items()), "[1,2,3]");
  EXPECT_EQ(pages.pages_count(), 3U);
  EXPECT_FALSE(pages.is_truncated());
}

TEST(Pages, ByUrl) {
  auto const by_url = wish(PageWish::By::url, "response.body.next");
  Pages pages(by_url, 1000);
  EXPECT_EQ(next_of(pages, R"({"items": [], "next": "?p=2"})", "http://h/x"), "http://h/x?p=2");
  EXPECT_EQ(next_of(pages, R"({"items": [], "next": ""})", "http://h/x?p=2"), "");
  EXPECT_EQ(
      next_of(pages, R"({"items": [], "next": "ftp://x"})", "http://h/"), "malformed_response"
  );
  EXPECT_EQ(next_of(pages, R"({"items": [], "next": [1]})", "http://h/"), "wrong_kind");
  EXPECT_EQ(next_of(pages, R"({"items": []})", "http://h/"), "expression_failed");
}

TEST(Pages, ByNumberUntilOneIsEmpty) {
  auto by_number = wish(PageWish::By::number, "", "");
  by_number.first = 0;
  by_number.step = 50;
  by_number.query = "offset";
  Pages pages(by_number, 1000);
  EXPECT_EQ(pages.first("http://h/"), "http://h/?offset=0");
  EXPECT_EQ(next_of(pages, "[1]", "http://h/?offset=0"), "http://h/?offset=50");
  EXPECT_EQ(next_of(pages, "[2]", "http://h/?offset=50"), "http://h/?offset=100");
  EXPECT_EQ(next_of(pages, "[]", "http://h/?offset=100"), "");
}

TEST(Pages, EveryBoundEndsIt) {
  auto bounded = wish(PageWish::By::number, "", "");
  bounded.pages_max = 2;
  Pages by_pages(bounded, 1000);
  EXPECT_NE(next_of(by_pages, "[1]", "http://h/"), "");
  EXPECT_EQ(next_of(by_pages, "[1]", "http://h/"), "");
  EXPECT_TRUE(by_pages.is_truncated());

  bounded.pages_max = 100;
  bounded.items_max = 3;
  Pages by_items(bounded, 1000);
  EXPECT_NE(next_of(by_items, "[1,2]", "http://h/"), "");
  EXPECT_EQ(next_of(by_items, "[3,4]", "http://h/"), "");
  EXPECT_EQ(to_text(by_items.take_items()), "[1,2,3]");
  EXPECT_TRUE(by_items.is_truncated());

  Pages by_bytes(bounded, 20);
  EXPECT_EQ(next_of(by_bytes, R"(["0123456789","0123456789"])", "http://h/"), "response_too_large");
}

TEST(Pages, APageThatNamesItselfIsALoop) {
  auto const by_cursor = wish(PageWish::By::cursor, "response.body.c");
  Pages pages(by_cursor, 1000);
  EXPECT_EQ(
      next_of(pages, R"({"items": [1], "c": "same"})", "http://h/?c=same"), "pagination_loop"
  );
}

TEST(Pages, ItemsMustBeAList) {
  auto const by_link = wish(PageWish::By::link);
  Pages pages(by_link, 1000);
  EXPECT_EQ(next_of(pages, R"({"items": {"a": 1}})", "http://h/"), "wrong_kind");
  EXPECT_EQ(next_of(pages, R"({"items": null})", "http://h/"), "");
}

}  // namespace
}  // namespace ropewalk::http
