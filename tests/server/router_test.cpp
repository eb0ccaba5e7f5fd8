// Routing. Method: a small table, and what answers which request.
#include "server/http/router.hpp"

#include "server/http/problem_response.hpp"
#include "tests/server/support.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace ropewalk::server {
namespace {

Async<Response> say(std::string text) {
  Response out;
  out.body = std::move(text);
  co_return out;
}

Async<Response> fail() {
  throw std::runtime_error("secret detail");
  co_return Response{};
}

Async<Response> fault() {
  Error error;
  error.code = "odd_code";
  error.message = "secret detail";
  co_return problem_response(error);
}

class RouterTest : public testing::Test {
 protected:
  RouterTest() {
    router_.add(Route{Method::get, "/a", Access::read, [](Request) { return say("list"); }});
    router_.add(Route{Method::post, "/a", Access::write, [](Request) { return say("create"); }});
    router_.add(Route{Method::post, "/a/check", Access::read, [](Request) { return say("check"); }}
    );
    router_.add(Route{Method::get, "/a/{name}", Access::read, [](Request request) {
                        return say("get " + request.param("name"));
                      }});
    router_.add(Route{Method::get, "/fail", Access::read, [](Request) { return fail(); }});
    router_.add(Route{Method::get, "/fault", Access::read, [](Request) { return fault(); }});
  }

  Response ask(Method method, std::string target) {
    asio::io_context io(1);
    Response out;
    run_in(io, ask_async(method, std::move(target), out));
    return out;
  }

  Async<> ask_async(Method method, std::string target, Response& out) {
    Request request;
    request.method = method;
    request.target = std::move(target);
    out = co_await router_.dispatch(std::move(request));
  }

  Router router_;
};

TEST_F(RouterTest, MatchesExactly) {
  EXPECT_EQ(ask(Method::get, "/a").body, "list");
  EXPECT_EQ(ask(Method::post, "/a").body, "create");
  EXPECT_EQ(ask(Method::get, "/a/x%20y?z=1").body, "get x y");
  EXPECT_EQ(ask(Method::head, "/a").body, "list");
}

TEST_F(RouterTest, FixedPartsWinOverNames) {
  EXPECT_EQ(ask(Method::post, "/a/check").body, "check");
  EXPECT_EQ(ask(Method::get, "/a/check").body, "get check");
}

TEST_F(RouterTest, WhatIsNotThere) {
  EXPECT_EQ(ask(Method::get, "/b").status, 404U);
  EXPECT_EQ(ask(Method::get, "/a/x/y").status, 404U);
  EXPECT_EQ(ask(Method::get, "/A").status, 404U);
  EXPECT_EQ(ask(Method::get, "/a//x").status, 400U);
  EXPECT_EQ(ask(Method::get, "/a/../a").status, 400U);
}

TEST_F(RouterTest, OtherMethodsAreToldWhichThereAre) {
  auto const response = ask(Method::del, "/a");
  EXPECT_EQ(response.status, 405U);
  ASSERT_EQ(response.headers.size(), 1U);
  EXPECT_EQ(response.headers[0].name, "Allow");
  EXPECT_EQ(response.headers[0].value, "GET, HEAD, POST");
}

TEST_F(RouterTest, FaultsBecome500AndAreTold) {
  std::string told;
  router_.on_fault = [&](Request const& request, std::string_view what) {
    told = request.path + ": " + std::string(what);
  };
  auto const response = ask(Method::get, "/fail");
  EXPECT_EQ(response.status, 500U);
  EXPECT_EQ(response.body.find("secret"), std::string::npos);
  EXPECT_EQ(told, "/fail: secret detail");
}

TEST_F(RouterTest, A500ThatAHandlerAnswersIsToldToo) {
  std::string told;
  router_.on_fault = [&](Request const& request, std::string_view what) {
    told = request.path + ": " + std::string(what);
  };
  auto const response = ask(Method::get, "/fault");
  EXPECT_EQ(response.status, 500U);
  EXPECT_EQ(response.body.find("secret"), std::string::npos);
  EXPECT_EQ(told, "/fault: odd_code: secret detail");
}

TEST_F(RouterTest, ATargetThatIsNoPathEndsTheConnection) {
  for (auto const* target : {"http://h/a", "*", "h:80", "", "/a/%zz", "/a#b"}) {
    auto const response = ask(Method::get, target);
    EXPECT_EQ(response.status, 400U) << target;
    EXPECT_TRUE(response.close) << target;
  }
  EXPECT_FALSE(ask(Method::get, "/nowhere").close);
}

}  // namespace
}  // namespace ropewalk::server
