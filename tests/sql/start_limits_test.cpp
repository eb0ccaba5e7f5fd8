// Goal: however many ask at once, no more than the limit begin in any time; of calls close together
// the last one is named; one at a time has the place of a singleton. Method: a real PostgreSQL,
// whose clock counts: times are long enough not to pass, or are set back by hand.

#include "sql/start_limits.hpp"

#include "engine/async/async_scope.hpp"
#include "tests/sql/support.hpp"

namespace ropewalk::sql::testing {
namespace {

using namespace std::chrono_literals;

class StartLimitsTest : public SqlTest {
 protected:
  void SetUp() override {
    SqlTest::SetUp();
    pool_ = make_pool();
  }
  void TearDown() override {
    pool_.reset();
    SqlTest::TearDown();
  }
  StartLimits::Rate rate(ExecutionId id, bool queues, std::int32_t limit = 2) {
    StartLimits::Rate out;
    auto body = [](ConnectionPool& pool,
                   ExecutionId own,
                   bool waits,
                   std::int32_t most,
                   StartLimits::Rate& into) -> Async<> {
      StartLimits limits(pool);
      auto taken = co_await limits.rate("rate/w/k", own, most, 1h, waits);
      CO_ASSERT_OK(taken);
      into = *taken;
    };
    run(body(*pool_, id, queues, limit, out));
    return out;
  }
  StartLimits::Debounce debounce(ExecutionId id, Duration delay = 1h, Duration longest = 90min) {
    StartLimits::Debounce out;
    auto body = [](ConnectionPool& pool,
                   ExecutionId own,
                   Duration wait,
                   Duration most,
                   StartLimits::Debounce& into) -> Async<> {
      StartLimits limits(pool);
      auto taken = co_await limits.debounce("debounce/w/k", own, wait, most);
      CO_ASSERT_OK(taken);
      into = *taken;
    };
    run(body(*pool_, id, delay, longest, out));
    return out;
  }
  StartLimits::Singleton singleton(ExecutionId id) {
    StartLimits::Singleton out;
    auto body = [](ConnectionPool& pool, ExecutionId own, StartLimits::Singleton& into) -> Async<> {
      StartLimits limits(pool);
      auto taken = co_await limits.singleton("singleton/w/k", own);
      CO_ASSERT_OK(taken);
      into = *taken;
    };
    run(body(*pool_, id, out));
    return out;
  }
  std::vector<StartLimits::Wait> waits(std::vector<ExecutionId> ids) {
    std::vector<StartLimits::Wait> out;
    auto body = [](ConnectionPool& pool,
                   std::vector<ExecutionId> of,
                   std::vector<StartLimits::Wait>& into) -> Async<> {
      StartLimits limits(pool);
      auto found = co_await limits.waits(of);
      CO_ASSERT_OK(found);
      into = *found;
    };
    run(body(*pool_, std::move(ids), out));
    return out;
  }
  void store(ExecutionId id, int status) {
    query(
        "INSERT INTO executions (id, workflow, workflow_version, definition_hash, priority, inputs,"
        " created_at, status, last_seq, owner) VALUES ('" +
        id.to_string() + "', 'w', 1, 'h', 50, '{}', now(), " + std::to_string(status) + ", 1, 1)"
    );
  }

  std::unique_ptr<ConnectionPool> pool_;
};

TEST_F(StartLimitsTest, ARateRefusesOrQueues) {
  EXPECT_TRUE(rate(make_id(), false).is_allowed);
  EXPECT_TRUE(rate(make_id(), false).is_allowed);
  auto const third = rate(make_id(), false);
  EXPECT_FALSE(third.is_allowed);
  EXPECT_GT(third.wait, 59min);
  EXPECT_LE(third.wait, 1h);
  std::vector<ExecutionId> const queued{make_id(), make_id(), make_id()};
  std::vector<Duration> waits_of;
  for (auto const& id : queued) {
    auto const taken = rate(id, true);
    EXPECT_TRUE(taken.is_allowed);
    waits_of.push_back(taken.wait);
  }
  EXPECT_LE(waits_of[1], 1h) << "two begin when the first two are an hour old";
  EXPECT_GT(waits_of[2], 119min) << "and one an hour after them";
  auto const kept = waits(queued);
  ASSERT_EQ(kept.size(), 3U);
  EXPECT_EQ(kept[0].kind, "rateLimit");
  EXPECT_FALSE(kept[0].superseded_by);
  query(
      "UPDATE start_groups SET starts = (SELECT array_agg(s - interval '3 hours') FROM "
      "unnest(starts) s)"
  );
  EXPECT_TRUE(rate(make_id(), false).is_allowed);
}

TEST_F(StartLimitsTest, ManyAtOnceAreCountedOneByOne) {
  auto body = [](ConnectionPool& pool, int& allowed) -> Async<> {
    AsyncScope scope(co_await asio::this_coro::executor);
    auto one = [](ConnectionPool& connections, int& count) -> Async<> {
      StartLimits limits(connections);
      auto taken = co_await limits.rate("rate/w/many", make_id(), 10, 1h, false);
      CO_ASSERT_OK(taken);
      if (taken->is_allowed) ++count;
    };
    for (int i = 0; i < 40; ++i) scope.spawn(one(pool, allowed));
    co_await scope.join();
  };
  int allowed = 0;
  run(body(*pool_, allowed));
  EXPECT_EQ(allowed, 10);
}

TEST_F(StartLimitsTest, TheLastOfCloseCallsIsNamed) {
  auto const first = make_id();
  auto const second = make_id();
  auto const third = make_id();
  auto taken = debounce(first);
  EXPECT_FALSE(taken.superseded);
  EXPECT_GT(taken.wait, 59min);
  taken = debounce(second);
  EXPECT_EQ(taken.superseded, first);
  query("UPDATE start_groups SET opened_at = opened_at - interval '70 minutes'");
  taken = debounce(third);
  EXPECT_EQ(taken.superseded, second);
  EXPECT_LE(taken.wait, 20min) << "no later than maxWait after the first call";
  EXPECT_FALSE(waits({second}).at(0).superseded_by) << "that one was never accepted";
  store(third, 0);
  EXPECT_EQ(waits({second}).at(0).superseded_by, third);
  EXPECT_FALSE(waits({third}).at(0).superseded_by);
  query("UPDATE start_groups SET until = until - interval '1 hour'");
  EXPECT_FALSE(debounce(make_id()).superseded) << "it has begun: another time begins";
}

TEST_F(StartLimitsTest, ASingletonHasOneHolder) {
  auto const first = make_id();
  EXPECT_FALSE(singleton(first).holder);
  EXPECT_FALSE(singleton(first).holder) << "asked again";
  auto taken = singleton(make_id());
  EXPECT_EQ(taken.holder, first);
  EXPECT_FALSE(taken.is_accepted);
  store(first, 1);
  taken = singleton(make_id());
  EXPECT_EQ(taken.holder, first);
  EXPECT_TRUE(taken.is_accepted);
  query("UPDATE executions SET status = 3");
  auto const next = make_id();
  EXPECT_FALSE(singleton(next).holder) << "it has ended";
  EXPECT_EQ(singleton(make_id()).holder, next);
  auto body = [](ConnectionPool& pool, ExecutionId id) -> Async<> {
    StartLimits limits(pool);
    auto given = co_await limits.give_up("singleton/w/k", id);
    CO_ASSERT_OK(given);
  };
  run(body(*pool_, next));
  EXPECT_FALSE(singleton(make_id()).holder) << "it was not accepted after all";
  query("UPDATE start_groups SET touched_at = touched_at - interval '31 seconds'");
  EXPECT_FALSE(singleton(make_id()).holder) << "nor was this one, and nobody said so";
}

}  // namespace
}  // namespace ropewalk::sql::testing
