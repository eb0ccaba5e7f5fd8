// Calls are kept in files and answered from them, in order, at the recorded speed or at once.
#include "providers/ai/recording_client.hpp"

#include "engine/async/async_scope.hpp"
#include "engine/base/json.hpp"
#include "providers/ai/exchange.hpp"
#include "providers/ai/request_key.hpp"
#include "providers/ai/sim_client.hpp"
#include "tests/engine/async/run_coro.hpp"
#include "tests/providers/ai/clients_support.hpp"

#include <filesystem>
#include <fstream>

namespace ropewalk::ai {
namespace {

using namespace test;
using ropewalk::test::eventually;
using ropewalk::test::run_coro;
namespace fs = std::filesystem;

Async<> run_here(std::function<void()> work) {
  work();
  co_return;
}

class Recording : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = fs::temp_directory_path() / "ropewalk-recording-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  void TearDown() override { fs::remove_all(path_); }

  ChatOutcome record(ModelClient& inner, ChatRequest const& request) {
    RecordingClient client(
        "sim", inner, std::make_shared<ExchangeDirectory>(path_ / "calls"), run_here
    );
    return call(client, request);
  }
  std::unique_ptr<ReplayClient> replay(ReplaySpeed speed = ReplaySpeed::instant) {
    return std::make_unique<ReplayClient>(
        "sim", std::make_shared<ExchangeDirectory>(path_ / "calls"), run_here, speed
    );
  }
  ChatOutcome call(ModelClient& client, ChatRequest const& request) {
    ChatOutcome out;
    heard_ = {};
    run_coro(call_into(client, request, heard_, out));
    return out;
  }
  std::size_t files_count() const {
    auto const all = fs::directory_iterator(path_ / "calls");
    return static_cast<std::size_t>(std::distance(fs::begin(all), fs::end(all)));
  }

  fs::path path_;
  Heard heard_;
};

TEST_F(Recording, IsAnsweredFromAsItWas) {
  SimClient sim({{"tokensPerSecond", 0}});
  auto const request = ask("prose", "Tell me about recordings.");
  auto const told = record(sim, request);
  ASSERT_TRUE(told.ended);
  auto const events_count = heard_.events.size();
  auto const client = replay();
  auto const again = call(*client, request);
  ASSERT_TRUE(again.ended);
  EXPECT_EQ(again.answer.text, told.answer.text);
  EXPECT_EQ(again.answer.usage, told.answer.usage);
  EXPECT_EQ(again.total, told.total);
  EXPECT_EQ(heard_.events.size(), events_count);
  EXPECT_EQ(files_count(), 1U) << "nothing is left over";
}

TEST_F(Recording, KeepsFailuresToo) {
  SimClient sim({{"tokensPerSecond", 0}});
  auto const told = record(sim, ask("429", "x"));
  auto const client = replay();
  auto const again = call(*client, ask("429", "x"));
  ASSERT_FALSE(again.ended);
  EXPECT_EQ(again.ended.error(), told.ended.error());
  EXPECT_EQ(again.limits.requests_remaining, 0);
}

TEST_F(Recording, TheSameQuestionAgainHasItsOwnAnswers) {
  SimClient sim({{"tokensPerSecond", 0}});
  ChatRequest request = ask("fail-first-2", "x");
  for (int i = 0; i < 3; ++i) record(sim, request);
  EXPECT_EQ(files_count(), 3U);
  auto const client = replay();
  EXPECT_FALSE(call(*client, request).ended);
  EXPECT_FALSE(call(*client, request).ended);
  EXPECT_TRUE(call(*client, request).ended);
  EXPECT_TRUE(call(*client, request).ended) << "the last one again and again";
}

TEST_F(Recording, MissesWhatWasNotRecordedInWords) {
  auto const client = replay();
  auto const request = ask("prose", "Never asked before.");
  auto const outcome = call(*client, request);
  ASSERT_FALSE(outcome.ended);
  Error const& error = outcome.ended.error();
  EXPECT_EQ(error.code, "replay_missing");
  EXPECT_EQ(error.error_class, ErrorClass::permanent);
  EXPECT_NE(error.message.find("sim/prose"), std::string::npos);
  EXPECT_NE(error.message.find("Never asked before."), std::string::npos);
  EXPECT_NE(error.message.find(request_key("sim", request)), std::string::npos);
  EXPECT_NE(error.hint.find("--record"), std::string::npos);
}

TEST_F(Recording, CanTakeTheTimeItTook) {
  SimClient sim({{"tokensPerSecond", 0}, {"firstTokenDelay", "60ms"}});
  auto const request = ask("echo", "slow");
  record(sim, request);
  auto const client = replay(ReplaySpeed::as_recorded);
  auto const start = Steady::now();
  call(*client, request);
  EXPECT_GE(Steady::now() - start, std::chrono::milliseconds(60));
}

TEST_F(Recording, AFileThatIsBrokenIsNoAnswer) {
  auto const request = ask("prose", "x");
  fs::create_directories(path_ / "calls");
  std::ofstream(path_ / "calls" / (request_key("sim", request) + ".json")) << "{\"version\":1,";
  auto const client = replay();
  auto const outcome = call(*client, request);
  ASSERT_FALSE(outcome.ended);
  EXPECT_EQ(outcome.ended.error().code, "invalid_json");
}

TEST_F(Recording, ACallThatCannotBeKeptFails) {
  std::ofstream(path_ / "calls") << "a file where the directory should be";
  SimClient sim({{"tokensPerSecond", 0}});
  auto const outcome = record(sim, ask("echo", "x"));
  ASSERT_FALSE(outcome.ended);
  EXPECT_EQ(outcome.ended.error().code, "recording_failed");
}

Async<> cancelled_call(ModelClient& client, ChatRequest const& request) {
  AsyncScope scope(co_await asio::this_coro::executor);
  Heard heard;
  ChatOutcome outcome;
  scope.spawn(call_into(client, request, heard, outcome));
  auto const begun = co_await eventually([&] { return heard.events.size() > 1; });
  EXPECT_TRUE(begun);
  scope.cancel();
  co_await scope.join();
}

TEST_F(Recording, WhatWasCancelledIsNotKept) {
  SimClient sim({{"tokensPerSecond", 0}});
  RecordingClient client(
      "sim", sim, std::make_shared<ExchangeDirectory>(path_ / "calls"), run_here
  );
  auto const request = ask("stall", "x");
  run_coro(cancelled_call(client, request));
  EXPECT_FALSE(fs::exists(path_ / "calls"));
}

TEST_F(Recording, TheFileCanBeReadByItsOwner) {
  SimClient sim({{"tokensPerSecond", 0}});
  ChatRequest request = ask("echo", "hi");
  request.idempotency_key = "secret/key";
  record(sim, request);
  fs::path const file = path_ / "calls" / (request_key("sim", request) + ".json");
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  std::ifstream in(file);
  std::string const text(std::istreambuf_iterator<char>(in), {});
  auto const exchange = exchange_from_text(text);
  ASSERT_TRUE(exchange) << exchange.error().message;
  EXPECT_EQ(exchange->provider, "sim");
  EXPECT_EQ(text_of(exchange->request.messages[0]), "hi");
  EXPECT_EQ(text.find("secret/key"), std::string::npos);
  EXPECT_GT(std::count(text.begin(), text.end(), '\n'), 6) << "one event a line";
}

}  // namespace
}  // namespace ropewalk::ai
