// The WebSocket over real sockets. Method: a raw client against a fake backend; live events are
// published between reads.
#include "engine/async/deadline.hpp"
#include "engine/base/json.hpp"
#include "tests/server/test_server.hpp"

#include <gtest/gtest.h>

#include <random>

namespace ropewalk::server {
namespace {

std::string subscribe(
    ExecutionId execution, std::uint64_t after = 0, std::string const& rest = {}
) {
  return R"({"type":"subscribe","id":"s1","execution":")" + execution.to_string() +
         R"(","after":)" + std::to_string(after) + rest + "}";
}

std::int64_t seq_in(std::string const& frame) {
  auto const value = parse_json(frame);
  if (!value || !value->is_object() || !value->get_object().contains("seq")) return -1;
  return value->get_object().at("seq").as_int64();
}

TEST(Stream, HistoryThenLiveWithoutGapOrDouble) {
  TestServer server;
  auto body = [](TestServer& target) -> Async<> {
    auto const id = FakeBackend::id(0);
    for (int i = 0; i < 3; ++i) target.publish(id);
    TestClient client(target.shard.executor());
    co_await client.connect(target.address);
    co_await client.upgrade("Sec-WebSocket-Protocol: other, ropewalk.v1\r\n");
    co_await client.send_text(subscribe(id, 1));
    auto const subscribed = co_await client.next_frame();
    EXPECT_NE(subscribed.find("\"seq\":3"), std::string::npos) << subscribed;
    EXPECT_NE(subscribed.find("\"live\":true"), std::string::npos) << subscribed;
    for (int i = 0; i < 3; ++i) target.publish(id);
    for (std::int64_t seq = 2; seq <= 6; ++seq) {
      auto const frame = co_await client.next_frame();
      EXPECT_EQ(seq_in(frame), seq) << frame;
    }
  };
  server.run(body);
}

/// A client that is cut off at random and resumes sees every event once, in order.
TEST(Stream, ResumingAThousandTimesLosesNothing) {
  TestServer server;
  auto body = [](TestServer& target) -> Async<> {
    auto const id = FakeBackend::id(0);
    std::mt19937 random(7);
    std::int64_t seen = 0;
    target.publish(id);
    for (int round = 0; round < 1000; ++round) {
      TestClient client(target.shard.executor());
      co_await client.connect(target.address);
      co_await client.upgrade();
      co_await client.send_text(subscribe(id, static_cast<std::uint64_t>(seen)));
      auto const count = random() % 4;
      for (unsigned i = 0; i < count; ++i) {
        target.publish(id);
        auto frame = co_await client.next_frame();
        if (i == 0) frame = co_await client.next_frame();  // after "subscribed"
        EXPECT_EQ(seq_in(frame), seen + 1);
        ++seen;
      }
    }
    EXPECT_GT(seen, 1000);
  };
  server.run(body);
}

TEST(Stream, KindsAreFiltered) {
  TestServer server;
  auto body = [](TestServer& target) -> Async<> {
    auto const id = FakeBackend::id(0);
    target.publish(id, "task.log");
    target.publish(id, "execution.status");
    TestClient client(target.shard.executor());
    co_await client.connect(target.address);
    co_await client.upgrade();
    co_await client.send_text(subscribe(id, 0, R"(,"kinds":["status"])"));
    co_await client.next_frame();
    auto const first = co_await client.next_frame();
    EXPECT_EQ(seq_in(first), 2);
    target.publish(id, "task.log");
    target.publish(id, "task.status");
    auto const second = co_await client.next_frame();
    EXPECT_EQ(seq_in(second), 4);
  };
  server.run(body);
}

TEST(Stream, RunCancelPingAndUnsubscribe) {
  TestServer server;
  auto body = [](TestServer& target) -> Async<> {
    TestClient client(target.shard.executor());
    co_await client.connect(target.address);
    co_await client.upgrade();
    co_await client.send_text(R"({"type":"run","id":"r1","workflow":"x","inputs":{"a":1}})");
    auto const accepted = co_await client.next_frame();
    EXPECT_NE(accepted.find(R"("type":"accepted","id":"r1","execution")"), std::string::npos)
        << accepted;
    auto const event = co_await client.next_frame();
    EXPECT_EQ(seq_in(event), 1) << event;
    auto const id = FakeBackend::id(101).to_string();
    co_await client.send_text(R"({"type":"cancel","id":"c1","execution":")" + id + "\"}");
    auto const cancelled = co_await client.next_frame();
    EXPECT_EQ(cancelled, R"({"type":"ok","id":"c1"})");
    co_await client.send_text(R"({"type":"ping","id":"p"})");
    auto const pong = co_await client.next_frame();
    EXPECT_EQ(pong, R"({"type":"pong","id":"p"})");
    co_await client.send_text(R"({"type":"unsubscribe","id":"u1","subscription":"r1"})");
    auto const ended = co_await client.next_frame();
    EXPECT_EQ(ended, R"({"type":"ok","id":"u1"})");
    EXPECT_EQ(target.hub.watched_count(), 0U);
  };
  server.run(body);
  EXPECT_EQ(server.backend.commands.size(), 1U);
}

TEST(Stream, AllExecutionsShowTheirStatus) {
  TestServer server;
  auto body = [](TestServer& target) -> Async<> {
    TestClient client(target.shard.executor());
    co_await client.connect(target.address);
    co_await client.upgrade();
    co_await client.send_text(R"({"type":"subscribe","id":"a","executions":"all"})");
    co_await client.next_frame();
    target.publish(FakeBackend::id(1), "task.status");
    target.publish(FakeBackend::id(2), "execution.status");
    auto const frame = co_await client.next_frame();
    EXPECT_NE(frame.find(FakeBackend::id(2).to_string()), std::string::npos) << frame;
  };
  server.run(body);
}

TEST(Stream, AllExecutionsIncludeThoseThatAreWatchedForOtherThings) {
  TestServer server;
  auto body = [](TestServer& target) -> Async<> {
    auto const id = FakeBackend::id(0);
    target.publish(id);
    TestClient client(target.shard.executor());
    co_await client.connect(target.address);
    co_await client.upgrade();
    co_await client.send_text(R"({"type":"subscribe","id":"a","executions":"all"})");
    co_await client.next_frame();
    auto subscribing = client.send_text(subscribe(id, 1, R"(,"kinds":["log"])"));
    co_await std::move(subscribing);
    co_await client.next_frame();
    target.publish(id, "execution.status");
    target.publish(id, "task.log");
    auto const first = co_await client.next_frame();
    EXPECT_NE(first.find("execution.status"), std::string::npos) << first;
    auto const second = co_await client.next_frame();
    EXPECT_NE(second.find("task.log"), std::string::npos) << second;
    co_await client.send_text(R"({"type":"unsubscribe","id":"u","subscription":"s1"})");
    co_await client.next_frame();
    auto again = client.send_text(subscribe(id, 3));
    co_await std::move(again);
    co_await client.next_frame();
    target.publish(id, "execution.status");  // wanted twice, sent once
    target.publish(id, "task.log");
    auto const third = co_await client.next_frame();
    EXPECT_EQ(seq_in(third), 4) << third;
    auto const fourth = co_await client.next_frame();
    EXPECT_EQ(seq_in(fourth), 5) << fourth;
  };
  server.run(body);
}

TEST(Stream, AfterMustBeAnEventThatWas) {
  TestServer server;
  auto body = [](TestServer& target) -> Async<> {
    auto const id = FakeBackend::id(0);
    target.publish(id);
    TestClient client(target.shard.executor());
    co_await client.connect(target.address);
    co_await client.upgrade();
    auto subscribing = client.send_text(subscribe(id, 2));
    co_await std::move(subscribing);
    auto const refused = co_await client.next_frame();
    EXPECT_NE(refused.find("\"invalid_argument\""), std::string::npos) << refused;
    auto again = client.send_text(subscribe(id, 1));
    co_await std::move(again);
    auto const subscribed = co_await client.next_frame();
    EXPECT_NE(subscribed.find("\"subscribed\""), std::string::npos) << subscribed;
    target.publish(id);
    auto const event = co_await client.next_frame();
    EXPECT_EQ(seq_in(event), 2) << event;
  };
  server.run(body);
}

TEST(Stream, MistakesAreAnsweredWithTheirId) {
  TestServer server;
  auto body = [](TestServer& target) -> Async<> {
    TestClient client(target.shard.executor());
    co_await client.connect(target.address);
    co_await client.upgrade();
    co_await client.send_text(subscribe(FakeBackend::id(9)));
    auto const unknown = co_await client.next_frame();
    EXPECT_NE(unknown.find(R"("type":"error","id":"s1","code":"not_found")"), std::string::npos)
        << unknown;
    co_await client.send_text("{");
    auto const broken = co_await client.next_frame();
    EXPECT_NE(broken.find("invalid_json"), std::string::npos) << broken;
  };
  server.run(body);
}

TEST(Stream, SubscriptionsAtAndPastTheirLimit) {
  Limits limits;
  limits.subscriptions = 2;
  TestServer server(limits);
  auto body = [](TestServer& target) -> Async<> {
    TestClient client(target.shard.executor());
    co_await client.connect(target.address);
    co_await client.upgrade();
    for (std::uint8_t i = 0; i < 3; ++i) {
      target.backend.events_of[FakeBackend::id(i)];
      auto const id = FakeBackend::id(i).to_string();
      auto const text =
          R"({"type":"subscribe","id":"s)" + std::to_string(i) + R"(","execution":")" + id + "\"}";
      co_await client.send_text(text);
      auto const answer = co_await client.next_frame();
      EXPECT_EQ(answer.find("overloaded") != answer.npos, i == 2) << answer;
    }
  };
  server.run(body);
}

Async<> expect_close(
    TestServer& target, unsigned first_byte, std::string payload, std::string close
) {
  TestClient client(target.shard.executor());
  co_await client.connect(target.address);
  co_await client.upgrade();
  auto sending = client.send_frame(first_byte, std::move(payload));
  co_await std::move(sending);
  auto const frame = co_await client.next_frame();
  EXPECT_EQ(frame, close);
  auto const end = co_await client.next_frame();
  EXPECT_EQ(end, "eof");
}

TEST(Stream, CloseCodes) {
  Limits limits;
  limits.frame_bytes = 256;
  TestServer server(limits);
  auto body = [](TestServer& target) -> Async<> {
    co_await expect_close(target, 0x82, "binary", "close:1003");
    co_await expect_close(target, 0x81, "\xff", "close:1007");
    std::string const large(257, 'x');
    co_await expect_close(target, 0x81, large, "close:1009");
    co_await expect_close(target, 0x88, "", "close:1000");
    co_await expect_close(target, 0xf1, "x", "close:1002");
  };
  server.run(body);
}

TEST(Stream, AStoppingServerSays1012) {
  TestServer server;
  auto body = [](TestServer& target) -> Async<> {
    TestClient client(target.shard.executor());
    co_await client.connect(target.address);
    co_await client.upgrade();
    co_await client.send_text(R"({"type":"ping"})");
    co_await client.next_frame();
    target.streams.close_all(close_code::service_restart, "");
    auto const frame = co_await client.next_frame();
    EXPECT_EQ(frame, "close:1012");
  };
  server.run(body);
}

/// A client that does not read costs no more than its bound, and still gets everything once it
/// reads.
TEST(Stream, ASlowClientIsServedFromHistory) {
  Limits limits;
  limits.send_bytes = 4096;
  TestServer server(limits);
  auto body = [](TestServer& target) -> Async<> {
    auto const id = FakeBackend::id(0);
    target.backend.events_of[id];
    TestClient client(target.shard.executor());
    co_await client.connect(target.address);
    co_await client.upgrade();
    co_await client.send_text(subscribe(id));
    co_await client.next_frame();
    constexpr std::int64_t count = 20'000;
    for (std::int64_t i = 0; i < count; ++i) target.publish(id);
    for (std::int64_t seq = 1; seq <= count; ++seq) {
      auto const frame = co_await client.next_frame();
      if (seq_in(frame) != seq) {
        ADD_FAILURE() << "expected " << seq << ", got " << frame;
        break;
      }
    }
    EXPECT_GT(target.backend.pages_read, 0U);
  };
  server.run(body);
}

TEST(Stream, SilentPeersArePingedAndThenDropped) {
  Limits limits;
  limits.idle_timeout = std::chrono::milliseconds(100);
  TestServer server(limits);
  auto body = [](TestServer& target) -> Async<> {
    TestClient client(target.shard.executor());
    co_await client.connect(target.address);
    co_await client.upgrade();
    auto const ping = co_await client.next_frame();
    EXPECT_EQ(ping, "");
    auto const end = co_await client.next_frame();
    EXPECT_EQ(end, "eof");
  };
  server.run(body);
}

}  // namespace
}  // namespace ropewalk::server
