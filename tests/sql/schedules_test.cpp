// Goal: of several servers one decides on a tick, and what was decided on is started by whoever is
// there. Method: two stores on a real PostgreSQL, in every order that matters.
#include "sql/schedules.hpp"

#include "sql/hooks.hpp"
#include "tests/sql/support.hpp"

namespace ropewalk::sql::testing {
namespace {

using namespace std::chrono_literals;

class SchedulesTest : public SqlTest {
 protected:
  void SetUp() override {
    SqlTest::SetUp();
    pool_ = make_pool();
    epoch_ = make_node();
  }
  void TearDown() override {
    pool_.reset();
    SqlTest::TearDown();
  }

  std::unique_ptr<ConnectionPool> pool_;
  std::int64_t epoch_ = 0;
};

NewSchedule fresh(std::string timing = "every 1s") {
  NewSchedule out;
  out.name = "s";
  out.definition = "{\"workflow\":\"w\"}";
  out.timing = std::move(timing);
  return out;
}

constexpr Statement end_all{"end_all", "UPDATE executions SET status = 3"};

TEST_F(SchedulesTest, OnlyOneDecidesOnWhatItHasSeen) {
  auto body = [](ConnectionPool& pool, std::int64_t epoch) -> Async<> {
    ScheduleStore store(pool);
    auto const put_wanted = fresh();
    auto put = co_await store.put(put_wanted);
    CO_ASSERT_OK(put);
    EXPECT_TRUE(put->is_new);
    auto work = co_await store.look(epoch);
    CO_ASSERT_OK(work);
    EXPECT_EQ(work->due.size(), 1U);
    ScheduleDecision decision;
    decision.start = {{work->now, work->now + 1s}};
    decision.queue = {{work->now + 1s, work->now + 1s}};
    decision.decided_until = work->now + 1s;
    decision.next_at = work->now + 1h;
    auto won = co_await store.decide(work->due[0], decision, epoch, work->now);
    CO_ASSERT_OK(won);
    EXPECT_TRUE(*won && (*won)->size() == 1 && (**won)[0].due_at == work->now + 1s);
    auto lost = co_await store.decide(work->due[0], decision, epoch + 1, work->now);
    CO_ASSERT_OK(lost);
    EXPECT_FALSE(*lost);
    auto shown = co_await store.get("s");
    CO_ASSERT_OK(shown);
    EXPECT_EQ(shown->starts.size(), 2U);
    EXPECT_EQ(shown->starts[0].state, StartState::queued);
    EXPECT_EQ(shown->decided_until, work->now + 1s);
  };
  run(body(*pool_, epoch_));
}

TEST_F(SchedulesTest, WhatTheDeadHadToStartIsLeftToOthers) {
  auto body = [](ConnectionPool& pool, std::int64_t epoch) -> Async<> {
    ScheduleStore store(pool);
    auto const put_wanted = fresh();
    auto put = co_await store.put(put_wanted);
    CO_ASSERT_OK(put);
    auto begun = co_await store.begin_now("s", 777'777);  // no node has this epoch
    CO_ASSERT_OK(begun);
    auto mine = co_await store.begin_now("s", epoch);
    CO_ASSERT_OK(mine);
    auto work = co_await store.look(epoch);
    CO_ASSERT_OK(work);
    EXPECT_TRUE(work->left.size() == 1 && work->left[0].id == begun->id);
    auto again = co_await store.look(epoch);
    CO_ASSERT_OK(again);
    EXPECT_TRUE(again->left.empty()) << "it is ours now";
    auto put_off = co_await store.put_off(*mine, -1s, "{}");
    CO_ASSERT_OK(put_off);
    auto retried = co_await store.look(epoch);
    CO_ASSERT_OK(retried);
    EXPECT_TRUE(retried->left.size() == 1 && retried->left[0].id == mine->id);
  };
  run(body(*pool_, epoch_));
}

TEST_F(SchedulesTest, OtherTimesCountFromNowOnTheSameGoOn) {
  auto body = [](ConnectionPool& pool) -> Async<> {
    ScheduleStore store(pool);
    auto const first_wanted = fresh();
    auto first = co_await store.put(first_wanted);
    CO_ASSERT_OK(first);
    auto const same_wanted = fresh();
    auto same = co_await store.put(same_wanted);
    CO_ASSERT_OK(same);
    EXPECT_FALSE(same->is_new);
    EXPECT_EQ(same->row.id, first->row.id);
    EXPECT_EQ(same->row.decided_until, first->row.decided_until);
    auto const other_wanted = fresh("every 2s");
    auto other = co_await store.put(other_wanted);
    CO_ASSERT_OK(other);
    EXPECT_GT(other->row.decided_until, first->row.decided_until);
    auto paused = co_await store.set_paused("s", true);
    CO_ASSERT_OK(paused);
    auto const kept_wanted = fresh("every 2s");
    auto kept = co_await store.put(kept_wanted);
    CO_ASSERT_OK(kept);
    EXPECT_TRUE(kept->row.paused) << "a definition that says nothing of it leaves it so";
    auto work = co_await store.look(1);
    CO_ASSERT_OK(work);
    EXPECT_TRUE(work->due.empty());
    auto removed = co_await store.remove("s");
    CO_ASSERT_OK(removed);
    auto gone = co_await store.get("s");
    EXPECT_EQ(gone ? "" : gone.error().code, "not_found");
    auto const later_wanted = fresh();
    auto later = co_await store.put(later_wanted);
    CO_ASSERT_OK(later);
    EXPECT_NE(later->row.id, first->row.id) << "its starts have other keys";
  };
  run(body(*pool_));
}

TEST_F(SchedulesTest, AStartWaitsForTheEndOfTheOneBefore) {
  query(
      "INSERT INTO executions (id, owner, created_at, workflow_version, status, priority,"
      " workflow, definition_hash, inputs) VALUES"
      " ('00000000-0000-7000-8000-000000000001', " +
      std::to_string(epoch_) + ", now(), 1, 1, 50, 'w', 'h', '{}')"
  );
  auto body = [](ConnectionPool& pool, std::int64_t epoch) -> Async<> {
    ScheduleStore store(pool);
    auto const id = *ExecutionId::parse("00000000-0000-7000-8000-000000000001");
    auto const put_wanted = fresh();
    auto put = co_await store.put(put_wanted);
    CO_ASSERT_OK(put);
    auto begun = co_await store.begin_now("s", epoch);
    CO_ASSERT_OK(begun);
    auto marked = co_await store.mark_started(*begun, id);
    CO_ASSERT_OK(marked);
    auto work = co_await store.look(epoch);
    CO_ASSERT_OK(work);
    EXPECT_TRUE(work->due.size() == 1 && work->due[0].has_active);
    EXPECT_TRUE(work->blocking.empty());
    ScheduleDecision decision;
    decision.queue = {{work->now, work->now}};
    decision.cancel_active = true;
    decision.decided_until = work->now;
    auto queued = co_await store.decide(work->due[0], decision, epoch, work->now);
    CO_ASSERT_OK(queued);
    auto waiting = co_await store.look(epoch);
    CO_ASSERT_OK(waiting);
    EXPECT_TRUE(waiting->due.empty());
    EXPECT_EQ(waiting->blocking, std::vector<ExecutionId>{id});
    EXPECT_EQ(waiting->cancel, std::vector<ExecutionId>{id});
    auto elsewhere = co_await store.look(epoch + 1);
    CO_ASSERT_OK(elsewhere);
    EXPECT_TRUE(elsewhere->cancel.empty()) << "its own node cancels it";
    auto all_ended = co_await pool.run(end_all);
    CO_ASSERT_OK(all_ended);
    auto ended = co_await store.look(epoch);
    CO_ASSERT_OK(ended);
    EXPECT_TRUE(
        ended->due.size() == 1 && !ended->due[0].has_active && ended->due[0].queued_count == 1
    );
    ScheduleDecision promote;
    promote.promote = true;
    promote.decided_until = work->now;
    auto promoted = co_await store.decide(ended->due[0], promote, epoch, ended->now);
    CO_ASSERT_OK(promoted);
    EXPECT_TRUE(*promoted && (*promoted)->size() == 1 && (**promoted)[0].tick == work->now);
  };
  run(body(*pool_, epoch_));
}

TEST_F(SchedulesTest, LogsOfHooksAreBoundedAndStrangersPushNothingOut) {
  auto body = [](ConnectionPool& pool) -> Async<> {
    HookStore store(pool);
    auto put = co_await store.put("h", "{}");
    CO_ASSERT_OK(put);
    HookDelivery real;
    real.result = "started";
    real.detail = "{}";
    auto logged = co_await store.log(put->row.id, real);
    CO_ASSERT_OK(logged);
    HookDelivery refused = real;
    refused.result = "refused";
    for (int i = 0; i < 150; ++i) {
      auto const& next = i < 30 ? refused : real;
      auto added = co_await store.log(put->row.id, next);
      CO_ASSERT_OK(added);
    }
    auto kept = co_await store.deliveries("h", 0, 500);
    CO_ASSERT_OK(kept);
    EXPECT_EQ(kept->size(), 120U);
    auto page = co_await store.deliveries("h", kept->at(9).id, 5);
    CO_ASSERT_OK(page);
    EXPECT_EQ(page->at(0).id, kept->at(10).id);
    auto none = co_await store.deliveries("other", 0, 5);
    EXPECT_EQ(none ? "" : none.error().code, "not_found");
  };
  run(body(*pool_));
}

}  // namespace
}  // namespace ropewalk::sql::testing
