// The hub across shards. Method: two real shards; watchers on one, executions on the other.
#include "server/hub.hpp"

#include "engine/async/deadline.hpp"
#include "tests/engine/async/run_coro.hpp"
#include "tests/server/support.hpp"

#include <gtest/gtest.h>

#include <atomic>

namespace ropewalk::server {
namespace {

class Counter : public Watcher {
 public:
  void offer(SharedBatch const& batch) override {
    last_seq = batch->last_seq;
    ++count;
  }
  std::atomic<std::uint64_t> last_seq{0};
  std::atomic<int> count{0};
};

EventChunk chunk(std::uint64_t seq, std::string const& kind) {
  EventChunk out;
  out.first_seq = out.last_seq = seq;
  out.frames = "{\"seq\":" + std::to_string(seq) + ",\"at\":\"t\",\"kind\":\"" + kind + "\"}\n";
  return out;
}

ExecutionId id_on(std::uint8_t shard) {
  ExecutionId out;
  out.bytes[15] = shard;
  return out;
}

class HubTest : public testing::Test {
 protected:
  HubTest() {
    auto const live = [](ExecutionId id) { return id.bytes[0] == 0; };
    near_.connect({&near_, &far_}, live);
    far_.connect({&near_, &far_}, live);
    other_.start();
  }
  ~HubTest() override { other_.join(); }

  void run(Async<> body) { run_in(own_.context(), std::move(body)); }
  Shard own_{0};
  Shard other_{1};
  Hub near_{own_};
  Hub far_{other_};
};

Async<> publish_at(Hub& hub, ExecutionId id, std::uint64_t seq) {
  std::vector<EventChunk> const one{chunk(seq, "task.status")};
  hub.publish(id, one);
  co_return;
}

Async<> watch_and_publish(Hub& near, Hub& far, Shard& other, Counter& counter) {
  auto const id = id_on(1);
  bool const is_live = co_await near.watch(id, counter);
  EXPECT_TRUE(is_live);
  for (std::uint64_t seq = 1; seq <= 100; ++seq) {
    auto publish = [&far, id, seq] { return publish_at(far, id, seq); };
    auto publishing = on_shard(other, publish);
    co_await std::move(publishing);
  }
  auto const have_come = co_await ropewalk::test::eventually([&] { return counter.count == 100; });
  EXPECT_TRUE(have_come);
  EXPECT_EQ(counter.last_seq, 100U);
  near.unwatch(id, counter);
}

TEST_F(HubTest, WatchersOfAnotherShardGetEveryBatch) {
  Counter counter;
  run(watch_and_publish(near_, far_, other_, counter));
  EXPECT_EQ(near_.watched_count(), 0U);
}

Async<> local_only(Hub& near, Counter& counter) {
  auto const id = id_on(0);
  co_await near.watch(id, counter);
  std::vector<EventChunk> const one{chunk(1, "task.log")};
  near.publish(id, one);
  near.publish(id_on(2), one);
  EXPECT_EQ(counter.count, 1);
  near.unwatch(id, counter);
  near.publish(id, one);
  EXPECT_EQ(counter.count, 1);
}

TEST_F(HubTest, OthersAreNotOffered) {
  Counter counter;
  run(local_only(near_, counter));
}

Async<> watch_all(Hub& near, Counter& counter) {
  near.watch_all(counter);
  co_await sleep_for(std::chrono::milliseconds(20));
  std::vector<EventChunk> const task{chunk(1, "task.status")};
  std::vector<EventChunk> const execution{chunk(2, "execution.status")};
  near.publish(id_on(0), task);
  near.publish(id_on(0), execution);
  EXPECT_EQ(counter.count, 1);
  near.unwatch_all(counter);
  co_await sleep_for(std::chrono::milliseconds(20));
}

TEST_F(HubTest, AllMeansTheStatusOfExecutions) {
  Counter counter;
  run(watch_all(near_, counter));
}

}  // namespace
}  // namespace ropewalk::server
