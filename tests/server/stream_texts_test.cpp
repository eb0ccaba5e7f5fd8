// Tokens over WebSockets. Method: a raw client; the test is the engine: it writes into the hub.
#include "engine/async/deadline.hpp"
#include "sql/sha256.hpp"
#include "tests/server/stream_frames.hpp"
#include "tests/server/test_server.hpp"

#include <gtest/gtest.h>

#include <list>

namespace ropewalk::server {
namespace {

std::string subscribe(ExecutionId execution) {
  return R"({"type":"subscribe","id":"s1","execution":")" + execution.to_string() +
         R"(","kinds":["status","token"]})";
}

void say(
    TestServer& server,
    ExecutionId id,
    std::string_view text,
    std::uint32_t attempt = 1,
    std::string_view channel = "text"
) {
  server.hub.token(TextSource{id, "a", attempt}, channel, text);
}

void task_status(TestServer& server, ExecutionId id, unsigned attempt, std::string const& status) {
  auto& events = server.backend.events_of[id];
  auto const seq = events.size() + 1;
  events.push_back(
      "{\"seq\":" + std::to_string(seq) +
      R"(,"at":"t","kind":"task.status","task":"a","attempt":)" + std::to_string(attempt) +
      R"(,"status":")" + status + "\"}\n"
  );
  EventChunk chunk;
  chunk.first_seq = chunk.last_seq = seq;
  chunk.frames = events.back();
  server.hub.publish(id, {chunk});
}

/// Reads frames until one of type `type` has come; those of texts go to the keeper.
Async<std::string> read_to(TestClient& client, TextKeeper& keeper, std::string type) {
  for (;;) {
    auto const frame = co_await client.next_frame();
    if (frame == "eof" || frame.starts_with("close:")) co_return frame;
    keeper.take(frame);
    if (frame.find("\"type\":\"" + type + "\"") != frame.npos) co_return frame;
  }
}

Async<> join(TestServer& target, TestClient& client, ExecutionId id) {
  co_await client.connect(target.address);
  co_await client.upgrade();
  co_await client.send_text(subscribe(id));
  auto const answer = co_await client.next_frame();
  EXPECT_NE(answer.find("\"subscribed\""), answer.npos) << answer;
}

std::vector<std::string> const tasks_stored{"a", "b", "c"};

StoredText stored(std::string const& task) {
  StoredText out;
  out.task = task;
  out.attempt = 1;
  out.status = "COMPLETED";
  out.channels.emplace_back("text", "text of " + task);
  return out;
}

/// The engine goes, the connections stay, and another engine runs the task once more.
TEST(StreamTexts, AnotherEngineTakesItUp) {
  TestServer server;
  auto body = [](TestServer& target) -> Async<> {
    auto const id = FakeBackend::id(0);
    task_status(target, id, 1, "RUNNING");
    TestClient client(target.shard.executor());
    co_await join(target, client, id);
    TextKeeper keeper;
    target.hub.token(TextSource{id, "b", 1}, "text", "another task is the first to stream now");
    co_await read_to(client, keeper, "token");
    say(target, id, "half");
    co_await read_to(client, keeper, "token");
    target.hub.forget_streams();
    task_status(target, id, 2, "RUNNING");
    say(target, id, "whole", 2);
    co_await read_to(client, keeper, "superseded");
    EXPECT_EQ(keeper.superseded.at("task").as_string(), "a");
    EXPECT_EQ(keeper.superseded.at("attempt").as_int64(), 1);
    co_await read_to(client, keeper, "token");
    EXPECT_EQ(keeper.texts["text"], "whole");
  };
  server.run(body);
}

TEST(StreamTexts, FromTheFirstTokenToTheEnd) {
  TestServer server;
  auto body = [](TestServer& target) -> Async<> {
    auto const id = FakeBackend::id(0);
    task_status(target, id, 1, "RUNNING");
    TestClient client(target.shard.executor());
    co_await join(target, client, id);
    TextKeeper keeper;
    auto const running = co_await read_to(client, keeper, "event");
    EXPECT_NE(running.find("RUNNING"), running.npos);
    say(target, id, "Zü");
    auto const first = co_await read_to(client, keeper, "token");
    EXPECT_EQ(
        first,
        R"({"type":"token","execution":")" + id.to_string() +
            R"(","task":"a","attempt":1,"offset":0,"text":"Zü"})"
    );
    say(target, id, "rich");
    auto const second = co_await read_to(client, keeper, "token");
    EXPECT_NE(second.find("\"offset\":2"), second.npos) << second;
    say(target, id, "thinking", 1, "reasoning");
    auto const third = co_await read_to(client, keeper, "token");
    EXPECT_NE(third.find(R"("channel":"reasoning","offset":0)"), third.npos) << third;
    TextEnd end;
    end.finish_reason = "stop";
    end.usage = R"({"outputTokens":2})";
    end.cost_usd = 0.25;
    end.model = "sim/words";
    target.hub.end_text(TextSource{id, "a", 1}, end);
    task_status(target, id, 1, "COMPLETED");
    auto const completed = co_await read_to(client, keeper, "event");
    EXPECT_NE(completed.find("COMPLETED"), completed.npos);
    auto const last = co_await client.next_frame();
    EXPECT_EQ(
        last,
        R"({"type":"end","execution":")" + id.to_string() +
            R"(","task":"a","attempt":1,"status":"COMPLETED","length":6,"sha256":")" +
            sql::sha256_hex("Zürich") +
            R"(","finishReason":"stop","usage":{"outputTokens":2},"costUsd":0.25,)" +
            R"("model":"sim/words"})"
    );
  };
  server.run(body);
}

TEST(StreamTexts, WhoComesLateGetsTheTextSoFarInOneFrame) {
  TestServer server;
  auto body = [](TestServer& target) -> Async<> {
    auto const id = FakeBackend::id(0);
    task_status(target, id, 1, "RUNNING");
    for (int i = 0; i < 100; ++i) say(target, id, "word ");
    TestClient client(target.shard.executor());
    co_await join(target, client, id);
    TextKeeper keeper;
    co_await read_to(client, keeper, "token");
    EXPECT_EQ(keeper.texts["text"].size(), 500U);
    say(target, id, "more");
    co_await read_to(client, keeper, "token");
    EXPECT_EQ(keeper.texts["text"].size(), 504U);
    EXPECT_EQ(keeper.kinds.size(), 2U);
  };
  server.run(body);
}

TEST(StreamTexts, ARetrySupersedesWhatWasShown) {
  TestServer server;
  auto body = [](TestServer& target) -> Async<> {
    auto const id = FakeBackend::id(0);
    task_status(target, id, 1, "RUNNING");
    TestClient client(target.shard.executor());
    co_await join(target, client, id);
    TextKeeper keeper;
    say(target, id, "half an ans");
    co_await read_to(client, keeper, "token");
    task_status(target, id, 1, "RETRYING");
    task_status(target, id, 2, "RUNNING");
    co_await read_to(client, keeper, "superseded");
    say(target, id, "whole", 2);
    co_await read_to(client, keeper, "token");
    EXPECT_EQ(keeper.texts["text"], "whole");
    target.hub.restart_text(TextSource{id, "a", 2}, "fallback");
    co_await read_to(client, keeper, "superseded");
    EXPECT_EQ(keeper.superseded.at("by").as_int64(), 2);
    EXPECT_EQ(keeper.superseded.at("reason").as_string(), "fallback");
  };
  server.run(body);
}

/// A client that does not read: what it misses costs the server nothing, and comes in few frames.
TEST(StreamTexts, ASlowClientGetsMergedFrames) {
  TestServer server;
  auto body = [](TestServer& target) -> Async<> {
    auto const id = FakeBackend::id(0);
    task_status(target, id, 1, "RUNNING");
    TestClient client(target.shard.executor());
    co_await join(target, client, id);
    std::string text;
    for (int i = 0; i < 20'000; ++i) {
      auto const piece = "token number " + std::to_string(i) + "; ";
      text += piece;
      say(target, id, piece);
      if (i % 1000 == 0) co_await sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_LE(target.hub.book().bytes_held(), 2 * text.size());
    TextKeeper keeper;
    while (keeper.texts["text"].size() < text.size()) {
      auto const frame = co_await read_to(client, keeper, "token");
      if (frame == "eof") break;
    }
    EXPECT_EQ(keeper.texts["text"], text);
    EXPECT_LT(keeper.kinds.size(), 200U);
  };
  server.run(body);
}

TEST(StreamTexts, ManySubscribersOfOneStream) {
  TestServer server;
  auto body = [](TestServer& target) -> Async<> {
    auto const id = FakeBackend::id(0);
    task_status(target, id, 1, "RUNNING");
    std::list<TestClient> clients;
    for (int i = 0; i < 200; ++i) {
      clients.emplace_back(target.shard.executor());
      co_await join(target, clients.back(), id);
    }
    std::string text;
    for (int i = 0; i < 500; ++i) {
      say(target, id, "12345678");
      text += "12345678";
    }
    auto const streams = target.hub.streams_of(id);
    task_status(target, id, 1, "COMPLETED");
    for (auto& client : clients) {
      TextKeeper keeper;
      co_await read_to(client, keeper, "end");
      EXPECT_EQ(keeper.texts["text"], text);
    }
    EXPECT_LE(target.hub.book().bytes_held(), 2 * text.size() + 1024);
    auto const seen = target.hub.streams_of(id);
    EXPECT_LE(seen->formatted_count(), 2U);
    EXPECT_EQ(seen->at(0).channels[0].log.use_count(), 2);
  };
  server.run(body);
}

TEST(StreamTexts, AnEndedExecutionIsToldFromTheStore) {
  TestServer server;
  auto body = [](TestServer& target) -> Async<> {
    auto const id = FakeBackend::id(3);
    target.publish(id, "execution.status");
    for (auto const& task : tasks_stored) target.backend.texts_of[id].push_back(stored(task));
    TestClient client(target.shard.executor());
    co_await join(target, client, id);
    for (auto const& task : tasks_stored) {
      TextKeeper keeper;
      auto const end = co_await read_to(client, keeper, "end");
      EXPECT_EQ(keeper.texts["text"], "text of " + task) << end;
      EXPECT_EQ(keeper.end.at("task").as_string(), task);
      EXPECT_EQ(keeper.end.at("length").as_int64(), 9);
    }
    // It is run on: what follows is live.
    say(target, id, "anew", 2);
    TextKeeper keeper;
    co_await read_to(client, keeper, "token");
    EXPECT_EQ(keeper.texts["text"], "anew");
  };
  server.run(body);
}

/// The server dies in the middle of a text: the next one's attempt replaces it.
TEST(StreamTexts, AfterACrashThereIsNoDoubledText) {
  TextKeeper keeper;
  auto const id = FakeBackend::id(0);
  for (std::uint32_t attempt = 1; attempt <= 2; ++attempt) {
    TestServer server;
    auto body = [&keeper, id, attempt](TestServer& target) -> Async<> {
      task_status(target, id, attempt, "RUNNING");
      say(target, id, attempt == 1 ? "the begin" : "the whole", attempt);
      TestClient client(target.shard.executor());
      co_await join(target, client, id);
      co_await read_to(client, keeper, "token");
      co_return;
    };
    server.run(body);
  }
  EXPECT_EQ(keeper.texts["text"], "the whole");
  EXPECT_EQ(keeper.superseded.at("attempt").as_int64(), 1);
  EXPECT_EQ(keeper.superseded.at("by").as_int64(), 2);
}

TEST(StreamTexts, WhoWantsNoTokensGetsNone) {
  TestServer server;
  auto body = [](TestServer& target) -> Async<> {
    auto const id = FakeBackend::id(0);
    task_status(target, id, 1, "RUNNING");
    TestClient client(target.shard.executor());
    co_await client.connect(target.address);
    co_await client.upgrade();
    co_await client.send_text(
        R"({"type":"subscribe","id":"s1","execution":")" + id.to_string() +
        R"(","kinds":["status"]})"
    );
    say(target, id, "x");
    for (int i = 0; i < 2; ++i) co_await client.next_frame();
    say(target, id, "y");
    task_status(target, id, 1, "COMPLETED");
    auto const frame = co_await client.next_frame();
    EXPECT_NE(frame.find("COMPLETED"), frame.npos) << frame;
  };
  server.run(body);
}

}  // namespace
}  // namespace ropewalk::server
