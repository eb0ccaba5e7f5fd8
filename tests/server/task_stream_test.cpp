// Server-Sent Events. Method: a raw client against a fake backend; the test writes into the hub.
#include "engine/async/deadline.hpp"
#include "server/stream/task_stream_body.hpp"
#include "tests/engine/async/run_coro.hpp"
#include "tests/server/stream_frames.hpp"
#include "tests/server/test_server.hpp"

#include <gtest/gtest.h>

namespace ropewalk::server {
namespace {

ExecutionId known_execution(TestServer& server, Status status) {
  auto const id = FakeBackend::id(0);
  auto workflow = std::make_shared<Workflow>();
  workflow->tasks.emplace_back();
  workflow->tasks.back().id = "a";
  workflow->index_by_id[workflow->tasks.back().id] = 0;
  Backend::GraphSource source;
  source.workflow = workflow;
  source.statuses["a"] = status;
  server.backend.graphs[id] = source;
  server.backend.events_of[id];
  return id;
}

std::string request(ExecutionId id, std::string const& task, std::string const& last = {}) {
  auto out = "GET /v1/executions/" + id.to_string() + "/tasks/" + task +
             "/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  if (!last.empty()) out += "Last-Event-ID: " + last + "\r\n";
  return out + "\r\n";
}

void say(TestServer& server, ExecutionId id, std::string_view text, std::uint32_t attempt = 1) {
  server.hub.token(TextSource{id, "a", attempt}, "text", text);
}

StoredText stored(std::string text) {
  StoredText out;
  out.task = "a";
  out.attempt = 1;
  out.status = "COMPLETED";
  out.channels.emplace_back("text", std::move(text));
  return out;
}

void ended(TestServer& server, ExecutionId id) {
  EventChunk chunk;
  chunk.first_seq = chunk.last_seq = 1;
  chunk.frames =
      R"({"seq":1,"at":"t","kind":"task.status","task":"a","attempt":1,"status":"COMPLETED"})"
      "\n";
  server.hub.publish(id, {chunk});
}

/// One event; its data goes to the keeper. The event's id; empty at the end of the stream.
Async<std::string> next_event(TestClient& client, TextKeeper& keeper) {
  for (;;) {
    auto const event = co_await client.read_until("\n\n");
    if (event.empty()) co_return std::string();
    auto const id = event.find("id: ");
    auto const data = event.find("data: ");
    if (id == event.npos || data == event.npos) continue;  // a comment
    EXPECT_TRUE(keeper.take(event.substr(data + 6, event.size() - data - 8))) << event;
    co_return event.substr(id + 4, event.find('\n', id) - id - 4);
  }
}

Async<std::string> open(TestServer& target, TestClient& client, std::string asked) {
  co_await client.connect(target.address);
  co_await client.send(std::move(asked));
  auto head = co_await client.read_until("\r\n\r\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 20")) << head;
  co_return head;
}

TEST(EventId, ReadsWhatItWrites) {
  StreamPlace place{2, 1, {{"text", {9, 7}}, {"tool:a", {0, 0}}}, true};
  EXPECT_EQ(event_id(place), "2.1:text=7,tool:a=0!");
  auto const read = parse_event_id("2.1:text=7,tool:a=0!");
  ASSERT_TRUE(read);
  EXPECT_EQ(event_id(*read), "2.1:text=7,tool:a=0!");
  EXPECT_TRUE(parse_event_id("1.0:"));
  for (auto const* bad :
       {"",
        "1",
        "1.",
        "1.0",
        "1.0:,",
        "1.0:1,",
        "1.0:1,x",
        "1.0:1!!",
        "-1.0:2",
        "1.0:=1",
        "1.0:a=",
        "1.0:a=b"})
    EXPECT_FALSE(parse_event_id(bad)) << bad;
}

TEST(TaskStream, EventsUntilTheEnd) {
  TestServer server;
  auto body = [](TestServer& target) -> Async<> {
    auto const id = known_execution(target, Status::running);
    say(target, id, "Hel");
    TestClient client(target.shard.executor());
    auto const head = co_await open(target, client, request(id, "a"));
    EXPECT_NE(head.find("200 OK"), head.npos) << head;
    EXPECT_NE(head.find("Content-Type: text/event-stream"), head.npos) << head;
    TextKeeper keeper;
    auto const first = co_await next_event(client, keeper);
    EXPECT_EQ(first, "1.0:text=3");
    say(target, id, "lo");
    auto const second = co_await next_event(client, keeper);
    EXPECT_EQ(second, "1.0:text=5");
    ended(target, id);
    auto const last = co_await next_event(client, keeper);
    EXPECT_EQ(last, "1.0:text=5!");
    EXPECT_EQ(keeper.texts["text"], "Hello");
    EXPECT_EQ(keeper.end.at("length").as_int64(), 5);
    auto const rest = co_await client.read_all();
    EXPECT_EQ(rest, "");
  };
  server.run(body);
  EXPECT_EQ(server.hub.watched_count(), 0U);
}

TEST(TaskStream, ResumesAtEveryOffset) {
  TestServer server;
  auto body = [](TestServer& target) -> Async<> {
    auto const id = known_execution(target, Status::running);
    std::string const text = "Grüße, 世界 🚀!";
    say(target, id, text);
    TextLog log("text");
    auto const end = log.append(text);
    for (std::uint64_t points = 0; points <= end.points; ++points) {
      TextKeeper keeper;
      log.read({}, log.find(points, end), keeper.texts["text"]);
      TestClient client(target.shard.executor());
      auto asked = request(id, "a", "1.0:text=" + std::to_string(points));
      co_await open(target, client, std::move(asked));
      if (points < end.points) {
        auto const event = co_await next_event(client, keeper);
        EXPECT_EQ(event, "1.0:text=" + std::to_string(end.points));
      }
      EXPECT_EQ(keeper.texts["text"], text);
      EXPECT_TRUE(keeper.superseded.empty());
    }
    // Another attempt's offset is not this one's.
    say(target, id, "again", 2);
    TextKeeper keeper;
    keeper.texts["text"] = text;
    TestClient client(target.shard.executor());
    auto asked = request(id, "a", "1.0:text=5");
    co_await open(target, client, std::move(asked));
    co_await next_event(client, keeper);
    EXPECT_EQ(keeper.superseded.at("by").as_int64(), 2);
    co_await next_event(client, keeper);
    EXPECT_EQ(keeper.texts["text"], "again");
  };
  server.run(body);
}

TEST(TaskStream, AStoredTextResumesTooAndEndsForGood) {
  TestServer server;
  auto body = [](TestServer& target) -> Async<> {
    auto const id = known_execution(target, Status::completed);
    target.backend.texts_of[id].push_back(stored("stored"));
    TestClient client(target.shard.executor());
    auto asked = request(id, "a", "1.0:text=3");
    co_await open(target, client, std::move(asked));
    TextKeeper keeper;
    keeper.texts["text"] = "sto";
    co_await next_event(client, keeper);
    EXPECT_EQ(keeper.texts["text"], "stored");
    auto last = co_await next_event(client, keeper);
    EXPECT_EQ(last, "1.0:text=6!");
    TestClient again(target.shard.executor());
    auto asked_again = request(id, "a", last);
    auto const head = co_await open(target, again, std::move(asked_again));
    EXPECT_NE(head.find("204 No Content"), head.npos) << head;
  };
  server.run(body);
}

TEST(EventId, ChannelsOfAnyNameFit) {
  EXPECT_EQ(channel_key("reasoning"), "reasoning");
  EXPECT_EQ(channel_key("tool:call_1"), "tool:call_1");
  for (std::string const& name :
       {std::string("tool:a,b=1!"), std::string("tool:\r\nX: y"), std::string(5000, 'a')}) {
    auto const key = channel_key(name);
    EXPECT_EQ(key.find_first_not_of("~0123456789"), key.npos) << key;
    EXPECT_EQ(parse_event_id("1.0:" + key + "=3")->channels.at(0).key, key);
  }
  EXPECT_NE(channel_key("tool:a,"), channel_key("tool:b,"));
}

TEST(TaskStream, ChannelsGoOnWhereTheyWereThoughStoredInAnotherOrder) {
  TestServer server;
  auto body = [](TestServer& target) -> Async<> {
    auto const id = known_execution(target, Status::running);
    std::string const thoughts(50, 'r');
    std::string const text = std::string(20, 'a') + std::string(80, 'b');
    target.hub.token(TextSource{id, "a", 1}, "reasoning", thoughts);
    say(target, id, text.substr(0, 20));
    TextKeeper keeper;
    std::string last;
    {
      TestClient client(target.shard.executor());
      co_await open(target, client, request(id, "a"));
      while (last != "1.0:reasoning=50,text=20") {
        last = co_await next_event(client, keeper);
        if (last.empty()) break;
      }
    }
    EXPECT_EQ(last, "1.0:reasoning=50,text=20");
    target.hub.forget_streams();
    known_execution(target, Status::completed);
    auto whole = stored(text);
    whole.channels.emplace_back("reasoning", thoughts);
    target.backend.texts_of[id].push_back(whole);
    TestClient client(target.shard.executor());
    auto asked = request(id, "a", last);
    co_await open(target, client, std::move(asked));
    while (keeper.end.empty()) {
      auto const event = co_await next_event(client, keeper);
      if (event.empty()) break;
    }
    EXPECT_EQ(keeper.texts["text"], text);
    EXPECT_EQ(keeper.texts["reasoning"], thoughts);
    EXPECT_TRUE(keeper.superseded.empty());
    // The id of an earlier version says nothing that can be trusted: all of it comes again.
    TextKeeper old;
    old.texts["text"] = text.substr(0, 50);
    TestClient again(target.shard.executor());
    auto asked_old = request(id, "a", "1.0:50,20");
    co_await open(target, again, std::move(asked_old));
    while (old.end.empty()) {
      auto const event = co_await next_event(again, old);
      if (event.empty()) break;
    }
    EXPECT_EQ(old.texts["text"], text);
    EXPECT_EQ(old.superseded.at("attempt").as_int64(), 1);
  };
  server.run(body);
}

TEST(TaskStream, AnotherEngineTakesItUp) {
  TestServer server;
  auto body = [](TestServer& target) -> Async<> {
    auto const id = known_execution(target, Status::running);
    say(target, id, "half");
    TestClient client(target.shard.executor());
    co_await open(target, client, request(id, "a"));
    TextKeeper keeper;
    co_await next_event(client, keeper);
    target.hub.forget_streams();
    say(target, id, "whole", 2);
    co_await next_event(client, keeper);
    EXPECT_EQ(keeper.superseded.at("attempt").as_int64(), 1);
    auto const last = co_await next_event(client, keeper);
    EXPECT_EQ(last, "2.0:text=5");
    EXPECT_EQ(keeper.texts["text"], "whole");
  };
  server.run(body);
}

TEST(TaskStream, ATaskWithoutTextJustEnds) {
  TestServer server;
  auto body = [](TestServer& target) -> Async<> {
    auto const id = known_execution(target, Status::running);
    TestClient client(target.shard.executor());
    co_await open(target, client, request(id, "a"));
    ended(target, id);
    TextKeeper keeper;
    auto const last = co_await next_event(client, keeper);
    EXPECT_EQ(last, "0.0:!");
    EXPECT_EQ(keeper.end.at("status").as_string(), "COMPLETED");
    EXPECT_EQ(keeper.end.at("length").as_int64(), 0);
  };
  server.run(body);
}

TEST(TaskStream, UnknownOnesAreProblems) {
  TestServer server;
  auto body = [](TestServer& target) -> Async<> {
    auto const id = known_execution(target, Status::running);
    TestClient client(target.shard.executor());
    co_await client.connect(target.address);
    auto const task = co_await client.ask(request(id, "b"));
    EXPECT_NE(task.find("404 Not Found"), task.npos) << task;
    EXPECT_NE(task.find("application/problem+json"), task.npos) << task;
    auto const execution = co_await client.ask(request(FakeBackend::id(9), "a"));
    EXPECT_NE(execution.find("404 Not Found"), execution.npos) << execution;
  };
  server.run(body);
  EXPECT_EQ(server.hub.watched_count(), 0U);
}

TEST(TaskStream, AClientThatGoesIsLetGoOf) {
  Limits limits;
  limits.idle_timeout = std::chrono::milliseconds(20);
  TestServer server(limits);
  auto body = [](TestServer& target) -> Async<> {
    auto const id = known_execution(target, Status::running);
    {
      TestClient client(target.shard.executor());
      co_await open(target, client, request(id, "a"));
      auto const comment = co_await client.read_until(":\n\n");  // a sign of life
      EXPECT_FALSE(comment.empty());
      EXPECT_EQ(target.hub.watched_count(), 1U);
    }
    auto const is_let_go =
        co_await ropewalk::test::eventually([&] { return target.hub.watched_count() == 0; });
    EXPECT_TRUE(is_let_go);
    EXPECT_EQ(target.front.sessions_count(), 0U);
  };
  server.run(body);
}

TEST(TaskStream, ASlowClientHoldsTheStreamBack) {
  TestServer server;
  auto body = [](TestServer& target) -> Async<> {
    auto const id = known_execution(target, Status::running);
    TestClient client(target.shard.executor());
    co_await open(target, client, request(id, "a"));
    std::string text;
    for (int i = 0; i < 3000; ++i) {
      std::string const piece(1000, static_cast<char>('a' + i % 26));
      say(target, id, piece);
      text += piece;
      if (i % 100 == 0) co_await sleep_for(std::chrono::milliseconds(1));
    }
    ended(target, id);
    TextKeeper keeper;
    while (keeper.end.empty()) {
      auto const event = co_await next_event(client, keeper);
      if (event.empty()) break;
    }
    EXPECT_EQ(keeper.texts["text"], text);
    EXPECT_LT(keeper.kinds.size(), 400U);
  };
  server.run(body);
}

}  // namespace
}  // namespace ropewalk::server
