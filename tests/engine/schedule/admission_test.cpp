// Who may start: order, weights, all-or-nothing, and that nothing starves.
#include "engine/schedule/admission.hpp"

#include "tests/engine/schedule/support.hpp"

#include <random>

namespace ropewalk {
namespace {

using namespace test;

SlotRequest request(
    RequestId id, std::vector<PoolNeed> needs, std::int32_t priority = 50, Duration started = 0s
) {
  TaskOptions options;
  options.needs = std::move(needs);
  return {
      id,
      execution_id(id),
      "task" + std::to_string(id),
      std::make_shared<TaskOptions const>(options),
      priority,
      t0 + started,
      t0};
}

using Ids = std::vector<RequestId>;

TEST(Admission, GrantsUpToCapacityAndTheRestAsSlotsComeBack) {
  Admission admission({{"default", 2}});
  for (RequestId id = 1; id <= 3; ++id)
    ASSERT_TRUE(admission.request(request(id, {{"default", 1}}, 50, id * 1s)));
  EXPECT_EQ(admission.grant(t0), (Ids{1, 2}));
  EXPECT_EQ(admission.grant(t0), Ids{});
  admission.release(1);
  EXPECT_EQ(admission.grant(t0), (Ids{3}));
}

TEST(Admission, PriorityGoesFirstAndEqualsGoByStartOfTheirExecution) {
  Admission admission({{"default", 1}});
  ASSERT_TRUE(admission.request(request(1, {{"default", 1}}, 50, 3s)));
  ASSERT_TRUE(admission.request(request(2, {{"default", 1}}, 50, 1s)));
  ASSERT_TRUE(admission.request(request(3, {{"default", 1}}, 90, 9s)));
  Ids order;
  while (order.size() < 3) {
    auto const granted = admission.grant(t0);
    ASSERT_EQ(granted.size(), 1U);
    order.push_back(granted[0]);
    admission.release(granted[0]);
  }
  EXPECT_EQ(order, (Ids{3, 2, 1}));
}

TEST(Admission, AnOldLowPriorityIsNotOvertakenForEver) {
  Admission admission({{"default", 1}});
  ASSERT_TRUE(admission.request(request(1, {{"default", 1}}, 0, 0s)));
  // 100 points of priority are worth ten minutes.
  ASSERT_TRUE(admission.request(request(2, {{"default", 1}}, 100, 601s)));
  EXPECT_EQ(admission.grant(t0 + 601s), (Ids{1}));
}

TEST(Admission, TakesAllThatIsNeededOrNothing) {
  Admission admission({{"default", 4}, {"gpu", 1}});
  ASSERT_TRUE(admission.request(request(1, {{"default", 1}, {"gpu", 1}}, 50, 1s)));
  ASSERT_TRUE(admission.request(request(2, {{"default", 1}, {"gpu", 1}}, 50, 2s)));
  EXPECT_EQ(admission.grant(t0), (Ids{1}));
  for (auto const& pool : admission.describe()) EXPECT_EQ(pool.used, 1U) << pool.name;
}

TEST(Admission, AWaitForOnePoolLetsOthersUseTheRest) {
  Admission admission({{"default", 4}, {"gpu", 1}});
  ASSERT_TRUE(admission.request(request(1, {{"default", 1}, {"gpu", 1}}, 50, 1s)));
  ASSERT_TRUE(admission.request(request(2, {{"default", 1}, {"gpu", 1}}, 50, 2s)));
  ASSERT_TRUE(admission.request(request(3, {{"default", 1}}, 50, 3s)));
  EXPECT_EQ(admission.grant(t0), (Ids{1, 3}));
}

TEST(Admission, AClosedPoolKeepsRequestsWaiting) {
  Admission admission({{"default", 2}, {"gpu", 1}});
  ASSERT_TRUE(admission.set_capacity("default", 0));
  ASSERT_TRUE(admission.request(request(1, {{"default", 2}})));
  EXPECT_EQ(admission.grant(t0), Ids{});
  EXPECT_EQ(admission.explain(1)->capacity, 0U);
  auto const refused = admission.request(request(2, {{"default", 3}}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "exceeds_capacity");
  ASSERT_TRUE(admission.set_capacity("default", 2));
  EXPECT_EQ(admission.grant(t0), (Ids{1}));
  ASSERT_TRUE(admission.set_capacity("gpu", 8));
  EXPECT_TRUE(admission.request(request(3, {{"gpu", 8}})));
}

TEST(Admission, WhoWaitsForAClosedPoolKeepsNothingFromOthers) {
  Admission admission({{"default", 2}, {"gpu", 1}});
  ASSERT_TRUE(admission.set_capacity("gpu", 0));
  ASSERT_TRUE(admission.request(request(1, {{"default", 1}, {"gpu", 1}}, 50, 1s)));
  ASSERT_TRUE(admission.request(request(2, {{"default", 1}}, 50, 2s)));
  EXPECT_EQ(admission.grant(t0 + 1h), (Ids{2}));
}

TEST(Admission, ABigRequestIsNotStarvedBySmallOnes) {
  Admission admission({{"default", 4}});
  for (RequestId id = 1; id <= 4; ++id)
    ASSERT_TRUE(admission.request(request(id, {{"default", 1}}, 50, 1s)));
  ASSERT_EQ(admission.grant(t0).size(), 4U);
  ASSERT_TRUE(admission.request(request(5, {{"default", 4}}, 50, 2s)));
  for (RequestId id = 6; id < 20; ++id)
    ASSERT_TRUE(admission.request(request(id, {{"default", 1}}, 50, 3s)));
  for (RequestId id = 1; id <= 3; ++id) {
    admission.release(id);
    EXPECT_EQ(admission.grant(t0), Ids{}) << "the slot is kept for the big one";
  }
  admission.release(4);
  EXPECT_EQ(admission.grant(t0), (Ids{5}));
}

TEST(Admission, RefusesWhatCouldNeverStart) {
  Admission admission({{"default", 4}, {"gpu", 2}});
  EXPECT_EQ(admission.request(request(1, {{"default", 5}})).error().code, "exceeds_capacity");
  auto const unknown = admission.request(request(2, {{"gpus", 1}})).error();
  EXPECT_EQ(unknown.code, "unknown_pool");
  EXPECT_NE(unknown.hint.find("gpu"), std::string::npos);
  EXPECT_EQ(admission.waiting_count(), 0U);
}

TEST(Admission, ReleasingAWaitingRequestTakesItOutOfTheQueue) {
  Admission admission({{"default", 1}});
  ASSERT_TRUE(admission.request(request(1, {{"default", 1}}, 50, 1s)));
  ASSERT_TRUE(admission.request(request(2, {{"default", 1}}, 50, 2s)));
  admission.release(1);
  EXPECT_EQ(admission.grant(t0), (Ids{2}));
  admission.release(99);  // never heard of
}

TEST(Admission, ALowerCapacityTakesEffectAsSlotsComeBack) {
  Admission admission({{"default", 2}});
  for (RequestId id = 1; id <= 3; ++id)
    ASSERT_TRUE(admission.request(request(id, {{"default", 1}}, 50, id * 1s)));
  ASSERT_EQ(admission.grant(t0).size(), 2U);
  ASSERT_TRUE(admission.set_capacity("default", 1));
  admission.release(1);
  EXPECT_EQ(admission.grant(t0), Ids{});
  admission.release(2);
  EXPECT_EQ(admission.grant(t0), (Ids{3}));
  EXPECT_EQ(admission.set_capacity("nope", 1).error().code, "not_found");
}

TEST(Admission, SaysWhyARequestWaits) {
  Admission admission({{"default", 8}, {"gpu", 1}});
  ASSERT_TRUE(admission.request(request(1, {{"default", 1}, {"gpu", 1}}, 50, 1s)));
  ASSERT_TRUE(admission.request(request(2, {{"default", 1}, {"gpu", 1}}, 50, 2s)));
  ASSERT_TRUE(admission.request(request(3, {{"default", 1}, {"gpu", 1}}, 50, 3s)));
  admission.grant(t0);
  auto const reason = admission.explain(3);
  ASSERT_TRUE(reason);
  EXPECT_EQ(reason->pool, "gpu");
  EXPECT_EQ(reason->free, 0U);
  EXPECT_EQ(reason->position, 2U);
  ASSERT_EQ(reason->holders.size(), 1U);
  EXPECT_EQ(reason->holders[0].task, "task1");
  EXPECT_FALSE(admission.explain(1)) << "it does not wait";
}

TEST(Admission, NothingStarvesAndNoPoolIsEverOverdrawn) {
  std::mt19937 random(7);
  std::map<std::string, std::uint64_t> const pools{{"cpu", 8}, {"default", 6}, {"gpu", 2}};
  Admission admission(pools);
  std::map<RequestId, SlotRequest> waiting, held;
  std::map<RequestId, int> waited;
  RequestId next = 1;
  for (int step = 0; step < 5000; ++step) {
    Instant const now = t0 + step * 100ms;
    for (int i = 0; i < 2; ++i) {
      std::vector<PoolNeed> needs{{"default", 1 + random() % 3}};
      if (random() % 3 == 0) needs.push_back({"gpu", 1 + random() % 2});
      if (random() % 3 == 0) needs.push_back({"cpu", 1 + random() % 8});
      auto asked = request(next, needs, static_cast<std::int32_t>(random() % 101), step * 100ms);
      asked.queued_at = now;
      ASSERT_TRUE(admission.request(asked));
      waiting.emplace(next++, asked);
    }
    for (RequestId const id : admission.grant(now)) held.insert(waiting.extract(id));
    for (auto const& pool : admission.describe()) {
      std::uint64_t used = 0;
      for (auto const& [id, holder] : held)
        for (auto const& need : holder.options->needs)
          used += need.pool == pool.name ? need.amount : 0;
      ASSERT_EQ(pool.used, used);
      ASSERT_LE(pool.used, pools.at(pool.name));
    }
    for (int i = 0; i < 3 && !held.empty(); ++i) {
      auto const it = std::next(held.begin(), static_cast<long>(random() % held.size()));
      admission.release(it->first);
      held.erase(it);
    }
  }
  // With nothing new coming in, all that waits is served.
  for (int step = 0; step < 20'000 && !waiting.empty(); ++step) {
    for (RequestId const id : admission.grant(t0 + 1h + step * 1s))
      held.insert(waiting.extract(id));
    ASSERT_FALSE(held.empty());
    admission.release(held.begin()->first);
    held.erase(held.begin());
  }
  EXPECT_TRUE(waiting.empty());
}

}  // namespace
}  // namespace ropewalk
