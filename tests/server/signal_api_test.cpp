// Signals, answers and replays over the API. Method: requests to its routes, with a backend that
// keeps what it was told.
#include "engine/base/json.hpp"
#include "server/api/api.hpp"
#include "tests/server/fake_backend.hpp"
#include "tests/server/support.hpp"

#include <gtest/gtest.h>

namespace ropewalk::server {
namespace {

class SignalApiTest : public testing::Test {
 protected:
  SignalApiTest() {
    api_.add_to(router_);
    backend_.events_of[id_].push_back(FakeBackend::line(1));
  }

  Response post(std::string const& path, std::string body, std::vector<Header> headers = {}) {
    Request request;
    request.method = Method::post;
    request.target = "/v1/executions/" + id_.to_string() + path;
    request.body = std::move(body);
    request.headers = std::move(headers);
    request.headers.push_back({"Content-Type", "application/json"});
    asio::io_context io(1);
    Response out;
    run_in(io, ask(router_, std::move(request), out));
    return out;
  }
  static Async<> ask(Router const& router, Request request, Response& out) {
    auto asking = router.dispatch(std::move(request));
    out = co_await std::move(asking);
  }

  FakeBackend backend_;
  Limits limits_;
  ExecutionApi api_{backend_, limits_};
  Router router_;
  ExecutionId id_ = FakeBackend::id(1);
};

TEST_F(SignalApiTest, ASignalSaysWhetherItWasTaken) {
  EXPECT_EQ(post("/signals/paid", R"({"amount":3})").status, 204U);
  EXPECT_EQ(backend_.signals[0].name, "paid");
  EXPECT_EQ(backend_.signals[0].payload.at("amount"), json::value(3));
  EXPECT_EQ(backend_.signals[0].request_hash, "") << "nobody repeats it";
  backend_.signal_fate = SignalFate::kept;
  auto const kept = post("/signals/paid", "", {{"Idempotency-Key", "k1"}});
  EXPECT_EQ(kept.status, 202U);
  EXPECT_EQ(backend_.signals[1].key, "k1");
  EXPECT_TRUE(backend_.signals[1].payload.is_null());
  post("/signals/paid", "1", {{"Idempotency-Key", "k1"}});
  EXPECT_NE(backend_.signals[2].request_hash, backend_.signals[1].request_hash);
}

TEST_F(SignalApiTest, WhatIsNoSignalIsRefused) {
  EXPECT_EQ(post("/signals/two%20words", "1").status, 400U);
  EXPECT_EQ(post("/signals/paid", "{").status, 400U);
  EXPECT_EQ(post("/signals/paid", "1", {{"Idempotency-Key", "a b"}}).status, 400U);
  limits_.output_bytes = 10;
  EXPECT_EQ(post("/signals/paid", "\"0123456789\"").status, 413U);
  id_ = FakeBackend::id(2);
  EXPECT_EQ(post("/signals/paid", "1").status, 404U);
  EXPECT_TRUE(backend_.signals.empty());
}

TEST_F(SignalApiTest, AnAnswerNamesItsTask) {
  auto const done =
      post("/approvals/review%5B3%5D", R"({"answer":"reject","comment":"too late","by":"ada"})");
  EXPECT_EQ(done.status, 200U);
  auto const& [task, decision] = backend_.decisions.at(0);
  EXPECT_EQ(task, "review[3]");
  EXPECT_EQ(decision.answer, "reject");
  EXPECT_EQ(decision.comment, "too late");
  EXPECT_EQ(decision.by, "ada");
  EXPECT_EQ(post("/approvals/a", R"({"answer":7})").status, 400U);
  EXPECT_EQ(post("/approvals/a", R"({"comment":"?"})").status, 400U);
  EXPECT_EQ(post("/approvals/a", R"({"answer":"a","who":"b"})").status, 400U);
}

TEST_F(SignalApiTest, AReplaySaysWhatIsOther) {
  auto const done =
      post("/replay", R"({"from":"a","inputs":{"n":1},"variables":{"v":2},"workflow":"x@3"})");
  EXPECT_EQ(done.status, 201U) << done.body;
  auto const& [id, request] = backend_.replays.at(0);
  EXPECT_EQ(id, id_);
  EXPECT_EQ(request.from, (std::vector<std::string>{"a"}));
  EXPECT_EQ(request.inputs->at("n"), json::value(1));
  EXPECT_EQ(request.variables->at("v"), json::value(2));
  EXPECT_EQ(request.workflow, "x@3");
  EXPECT_EQ(post("/replay", "").status, 201U);
  EXPECT_TRUE(backend_.replays.at(1).second.from.empty());
  EXPECT_EQ(post("/replay", R"({"workflow":{"name":"x"}})").status, 201U);
  EXPECT_FALSE(backend_.replays.at(2).second.definition.hash.empty());
  for (auto const* wrong :
       {R"({"from":[]})", R"({"from":[1]})", R"({"inputs":[]})", R"({"wrokflow":"x"})"})
    EXPECT_EQ(post("/replay", wrong).status, 400U) << wrong;
}

}  // namespace
}  // namespace ropewalk::server
