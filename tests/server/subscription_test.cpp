// What a subscriber is sent. Method: random interleavings of live batches, history pages and
// dropped queues against one rule: every event once, in order.
#include "server/stream/subscription.hpp"

#include <gtest/gtest.h>

#include <random>

namespace ropewalk::server {
namespace {

std::string line(std::uint64_t seq, std::string const& kind = "task.status") {
  return "{\"seq\":" + std::to_string(seq) + ",\"at\":\"t\",\"kind\":\"" + kind + "\"}\n";
}

SharedBatch batch(std::uint64_t first, std::uint64_t last) {
  EventChunk chunk;
  chunk.first_seq = first;
  chunk.last_seq = last;
  for (auto seq = first; seq <= last; ++seq) chunk.frames += line(seq);
  return make_batch(ExecutionId{}, {chunk});
}

std::string page(std::uint64_t after, std::uint64_t last) {
  std::string out;
  for (auto seq = after + 1; seq <= last; ++seq) out += line(seq);
  return out;
}

std::vector<std::uint64_t> seqs_in(std::string const& frames) {
  std::vector<std::uint64_t> out;
  std::string const key = "\"seq\":";
  for (auto at = frames.find(key); at != frames.npos; at = frames.find(key, at + 1))
    out.push_back(std::stoull(frames.substr(at + key.size())));
  return out;
}

TEST(Subscription, LiveBatchesThatJoinOnNeedNoHistory) {
  Subscription subscription("s", ExecutionId{}, 0, kinds_all);
  subscription.offer(batch(1, 2));
  ASSERT_EQ(subscription.need(), Subscription::Need::queue);
  std::string out;
  subscription.take_batch(out);
  EXPECT_EQ(seqs_in(out), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(subscription.need(), Subscription::Need::nothing);
}

TEST(Subscription, GapsAreReadFromHistory) {
  Subscription subscription("s", ExecutionId{}, 3, kinds_all);
  subscription.known_until(5);
  subscription.offer(batch(6, 7));
  ASSERT_EQ(subscription.need(), Subscription::Need::history);
  std::string out;
  subscription.take_page(out, page(3, 6), 6);
  ASSERT_EQ(subscription.need(), Subscription::Need::queue);
  subscription.take_batch(out);
  EXPECT_EQ(seqs_in(out), (std::vector<std::uint64_t>{4, 5, 6, 7}));
}

TEST(Subscription, PrunedHistoryIsNotWaitedFor) {
  Subscription subscription("s", ExecutionId{}, 0, kinds_all);
  subscription.known_until(5);
  std::string out;
  subscription.take_page(out, "", 0);
  EXPECT_EQ(subscription.need(), Subscription::Need::nothing);
}

TEST(Subscription, KindsAreFilteredAndStillCount) {
  Subscription subscription("s", ExecutionId{}, 0, kind_log);
  std::string out;
  subscription.known_until(3);
  subscription.take_page(out, line(1) + line(2, "task.log") + line(3, "task.output"), 3);
  EXPECT_EQ(seqs_in(out), (std::vector<std::uint64_t>{2}));
  EXPECT_EQ(subscription.sent(), 3U);
}

TEST(Subscription, FramesAreTheLinesWithTheirExecution) {
  Subscription subscription("s", ExecutionId{}, 0, kinds_all);
  std::string out;
  subscription.known_until(1);
  subscription.take_page(out, line(1), 1);
  EXPECT_EQ(
      out.substr(2),
      "{\"type\":\"event\",\"execution\":\"00000000-0000-0000-0000-000000000000\",\"seq\":1,"
      "\"at\":\"t\",\"kind\":\"task.status\"}"
  );
}

TEST(Subscription, EveryEventOnceInOrderWhateverHappens) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    std::uint64_t durable = random() % 20;
    auto const after = durable == 0 ? 0 : random() % durable;
    Subscription subscription("s", ExecutionId{}, after, kinds_all);
    bool announced = false;
    std::string out;
    for (int step = 0; step < 200; ++step) {
      auto const choice = random() % 10;
      if (choice < 3) {
        auto const last = durable + 1 + random() % 4;
        subscription.offer(batch(durable + 1, last));
        durable = last;
      } else if (choice == 3) {
        subscription.drop_queue();
      } else if (choice == 4 && !announced) {
        announced = true;
        subscription.known_until(durable);
      } else if (subscription.need() == Subscription::Need::queue) {
        subscription.take_batch(out);
      } else if (subscription.need() == Subscription::Need::history) {
        auto const last = std::min(durable, subscription.sent() + 1 + random() % 5);
        subscription.take_page(out, page(subscription.sent(), last), last);
      }
    }
    subscription.known_until(durable);
    while (subscription.need() != Subscription::Need::nothing) {
      if (subscription.need() == Subscription::Need::queue) {
        subscription.take_batch(out);
      } else {
        subscription.take_page(out, page(subscription.sent(), durable), durable);
      }
    }
    auto const seqs = seqs_in(out);
    ASSERT_EQ(seqs.size(), durable - after) << "seed " << seed;
    for (std::size_t i = 0; i < seqs.size(); ++i)
      ASSERT_EQ(seqs[i], after + 1 + i) << "seed " << seed;
  }
}

}  // namespace
}  // namespace ropewalk::server
