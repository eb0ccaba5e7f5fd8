// Streamed text across shards. Method: two real shards; the text is written on one, read on the
// other as it grows; under ThreadSanitizer this shows that no lock is missing.
#include "engine/async/deadline.hpp"
#include "engine/async/signal.hpp"
#include "server/hub.hpp"
#include "server/stream/stream_follower.hpp"
#include "tests/server/stream_frames.hpp"
#include "tests/server/support.hpp"

#include <gtest/gtest.h>

namespace ropewalk::server {
namespace {

class Reader : public Watcher, public FrameTaker {
 public:
  explicit Reader(Executor executor) : news(executor) {}
  void offer(SharedBatch const&) override {}
  void offer_streams(std::shared_ptr<ExecutionStreams> const& streams, StreamUpdate const& update)
      override {
    if (!follower) {
      follower.emplace(streams);
      follower->events_sent(UINT64_MAX);
      follower->offer_all(0);
    }
    follower->offer(update, 0);
    follower->take(*this, 1 << 24);
    news.notify();
  }
  void take(std::string_view, std::string_view json, StreamPlace const&) override {
    EXPECT_TRUE(keeper.take(json)) << json;
  }
  Signal news;
  std::optional<StreamFollower> follower;
  TextKeeper keeper;
};

ExecutionId id_on(std::uint8_t shard) {
  ExecutionId out;
  out.bytes[15] = shard;
  return out;
}

EventChunk event(std::uint64_t seq, std::string const& rest) {
  EventChunk out;
  out.first_seq = out.last_seq = seq;
  out.frames = "{\"seq\":" + std::to_string(seq) + R"(,"at":"t","kind":)" + rest + "}\n";
  return out;
}

Async<> write(Hub& hub, ExecutionId id, int count) {
  TextSource const source{id, "a", 1};
  for (int i = 0; i < count; ++i) {
    hub.token(source, "text", "wört " + std::to_string(i) + " ");
    hub.token(source, "tool:" + std::to_string(i % 3), "{}");
  }
  co_return;
}

Async<> finish(Hub& hub, ExecutionId id) {
  TextSource const source{id, "a", 1};
  TextEnd end;
  end.finish_reason = "stop";
  hub.end_text(source, end);
  std::vector<EventChunk> const events{
      event(7, R"("task.status","task":"a","attempt":1,"status":"COMPLETED")"),
      event(8, R"("execution.status","status":"COMPLETED")")};
  hub.publish(id, events);
  EXPECT_EQ(hub.book().executions_count(), 0U);
  co_return;
}

class HubStreamsTest : public testing::Test {
 protected:
  HubStreamsTest() {
    auto const live = [](ExecutionId) { return true; };
    near_.connect({&near_, &far_}, live);
    far_.connect({&near_, &far_}, live);
    other_.start();
  }
  ~HubStreamsTest() override { other_.join(); }
  void run(Async<> body) { run_in(own_.context(), std::move(body)); }

  Shard own_{0};
  Shard other_{1};
  Hub near_{own_};
  Hub far_{other_};
};

std::string expected_text(int rounds, int count) {
  std::string out;
  for (int round = 0; round < rounds; ++round)
    for (int i = 0; i < count; ++i) out += "wört " + std::to_string(i) + " ";
  return out;
}

Async<> watch_far_text(Hub& near, Hub& far, Shard& other, Reader& reader) {
  auto const id = id_on(1);
  auto writes = [&far, id] { return write(far, id, 20); };
  auto first = on_shard(other, writes);  // before anybody watches
  co_await std::move(first);
  co_await near.watch(id, reader);
  EXPECT_EQ(reader.keeper.texts["text"], expected_text(1, 20));
  for (int round = 1; round < 200; ++round) {
    auto more = on_shard(other, writes);
    co_await std::move(more);
  }
  auto ends = [&far, id] { return finish(far, id); };
  auto ending = on_shard(other, ends);
  co_await std::move(ending);
  while (reader.keeper.end.empty()) co_await reader.news.wait();
  auto const text = expected_text(200, 20);
  EXPECT_EQ(reader.keeper.texts["text"], text);
  EXPECT_EQ(reader.keeper.texts.size(), 4U);
  EXPECT_EQ(
      static_cast<std::uint64_t>(reader.keeper.end.at("length").as_int64()), code_points(text)
  );
  EXPECT_TRUE(reader.follower->is_done());
  EXPECT_EQ(near.streams_of(id), nullptr);  // who has read it all is the last to hold it
  near.unwatch(id, reader);
}

TEST_F(HubStreamsTest, TextOfAnotherShardComesWhole) {
  Reader reader(own_.executor());
  run(watch_far_text(near_, far_, other_, reader));
}

Async<> many_executions(Hub& near, Reader& reader) {
  for (int i = 0; i < 1000; ++i) {
    auto id = id_on(0);
    id.bytes[1] = static_cast<std::uint8_t>(i % 256);
    id.bytes[2] = static_cast<std::uint8_t>(i / 256);
    co_await write(near, id, 3);
    if (i % 2 == 0) co_await near.watch(id, reader);
    if (i % 3 == 0) {
      near.forget(id);
    } else {
      co_await finish(near, id);
    }
    EXPECT_EQ(near.book().executions_count(), 0U);
    near.unwatch(id, reader);
    reader.follower.reset();
  }
  EXPECT_EQ(near.book().bytes_held(), 0U);
  EXPECT_EQ(near.watched_count(), 0U);
}

TEST_F(HubStreamsTest, NothingIsKeptOfExecutionsThatEnded) {
  Reader reader(own_.executor());
  run(many_executions(near_, reader));
}

}  // namespace
}  // namespace ropewalk::server
