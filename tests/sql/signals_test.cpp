// Goal: signals, waits and replays read back as they were written, and go with their execution.
// Method: rows written by the journal into a real PostgreSQL.

#include "sql/store.hpp"
#include "tests/sql/support.hpp"

namespace ropewalk::sql::testing {
namespace {

class SignalsTest : public SqlTest {
 protected:
  void SetUp() override {
    SqlTest::SetUp();
    pool_ = make_pool();
    epoch_ = make_node();
    journal_ = make_journal(epoch_);
  }
  void TearDown() override {
    journal_.reset();
    pool_.reset();
    SqlTest::TearDown();
  }
  void write(std::vector<Change> batch) {
    auto body = [](Journal& journal, std::vector<Change> changes) -> Async<> {
      auto done = co_await journal.commit(changes);
      CO_ASSERT_OK(done);
      EXPECT_EQ(done->rejected.size(), 0u);
    };
    run(body(*journal_, std::move(batch)));
  }

  std::unique_ptr<ConnectionPool> pool_;
  std::unique_ptr<PostgresJournal> journal_;
  std::int64_t epoch_ = 0;
};

SignalRecord signal(std::uint64_t number, std::string name, std::string key = {}) {
  SignalRecord out;
  out.number = number;
  out.name = std::move(name);
  out.key = std::move(key);
  out.request_hash = out.key.empty() ? "" : "hash of " + out.key;
  out.payload = std::to_string(number * 10);
  return out;
}

TEST_F(SignalsTest, ReadBackInOrderAndThoseThatWereTakenKeepNoPayload) {
  auto const id = make_id();
  auto first = accepted(id);
  first.signals = {signal(1, "go"), signal(2, "paid", "k")};
  write({first});
  Change second;
  second.execution = id;
  second.after_seq = first.state->last_seq;
  second.signals = {signal(1, "go"), signal(3, "go")};
  second.signals[0].taken_by = "a";
  second.signals[0].payload.clear();
  // Kept and taken within one batch: the later one counts.
  second.signals.push_back(second.signals[1]);
  second.signals[2].taken_by = "b";
  second.signals[2].payload.clear();
  write({second});
  auto body = [](ConnectionPool& pool, std::int64_t epoch, ExecutionId execution) -> Async<> {
    Store store(pool);
    auto row = co_await store.get_execution(execution);
    CO_ASSERT_OK(row);
    std::vector<ExecutionId> ids(1, execution);
    auto live = co_await store.load_live(epoch, ids);
    CO_ASSERT_OK(live);
    for (auto const& signals : {row->stored.signals, live->at(0).signals}) {
      EXPECT_EQ(signals.size(), 3u);
      EXPECT_EQ(signals[0].taken_by, "a");
      EXPECT_EQ(signals[0].payload, "");
      EXPECT_EQ(signals[1].payload, "20");
      EXPECT_EQ(signals[1].key, "k");
      EXPECT_EQ(signals[1].taken_by, "");
      EXPECT_EQ(signals[2].taken_by, "b");
    }
    auto known = co_await store.find_signal(execution, "k");
    CO_ASSERT_OK(known);
    EXPECT_EQ(*known, "hash of k");
    auto unknown = co_await store.find_signal(execution, "l");
    CO_ASSERT_OK(unknown);
    EXPECT_FALSE(unknown->has_value());
  };
  run(body(*pool_, epoch_, id));
}

TEST_F(SignalsTest, OpenApprovalsAreListedPageByPage) {
  std::vector<Change> batch;
  for (int i = 0; i < 3; ++i) {
    batch.push_back(accepted(make_id()));
    for (std::string const task : {"a", "b"}) {
      batch.back().tasks.push_back(task_record(task, Status::running));
      batch.back().tasks.back().waiting = R"({"for":"approval","message":"Go?"})";
    }
    batch.back().tasks.push_back(task_record("c", Status::running));
    batch.back().tasks.back().waiting = R"({"for":"time"})";
  }
  batch[0].tasks[0].waiting.clear();
  batch[1].state->status = Status::failed;
  write(batch);
  auto body = [](ConnectionPool& pool, std::vector<Change> made) -> Async<> {
    Store store(pool);
    auto first = co_await store.list_approvals(std::nullopt, 2);
    CO_ASSERT_OK(first);
    EXPECT_EQ(first->size(), 2u);
    EXPECT_EQ(first->at(0).execution, made[2].execution);
    EXPECT_EQ(first->at(0).task, "b");
    EXPECT_EQ(first->at(1).workflow, "w");
    std::optional after(std::pair(first->at(1).execution, first->at(1).task));
    auto second = co_await store.list_approvals(after, 2);
    CO_ASSERT_OK(second);
    EXPECT_EQ(second->size(), 1u);
    EXPECT_EQ(second->at(0).execution, made[0].execution);
    EXPECT_EQ(second->at(0).task, "b");
  };
  run(body(*pool_, batch));
}

TEST_F(SignalsTest, AReplayAndItsOriginKnowEachOther) {
  auto const first = make_id();
  write({accepted(first)});
  auto replay = accepted(make_id());
  replay.created->replay_of = first;
  replay.tasks.push_back(task_record("a", Status::completed, "1"));
  replay.tasks[0].reused_from = first.to_string() + "/a";
  write({replay});
  auto body = [](ConnectionPool& pool, ExecutionId origin, ExecutionId copy) -> Async<> {
    Store store(pool);
    auto old = co_await store.get_execution(origin);
    CO_ASSERT_OK(old);
    EXPECT_EQ(old->replays, std::vector<ExecutionId>(1, copy));
    EXPECT_FALSE(old->stored.created.replay_of);
    auto made = co_await store.get_execution(copy);
    CO_ASSERT_OK(made);
    EXPECT_EQ(made->stored.created.replay_of, origin);
    EXPECT_EQ(made->stored.tasks[0].reused_from, origin.to_string() + "/a");
    auto task = co_await store.get_task(copy, "a");
    CO_ASSERT_OK(task);
    EXPECT_EQ(task->task.reused_from, origin.to_string() + "/a");
  };
  run(body(*pool_, first, replay.execution));
}

TEST_F(SignalsTest, GoWithTheirExecution) {
  auto old = accepted(make_id());
  old.state->status = Status::completed;
  old.state->finished_at = Instant{};
  old.signals = {signal(1, "go")};
  write({old});
  auto body = [](ConnectionPool& pool, Instant older_than) -> Async<> {
    Store store(pool);
    auto counts = co_await store.prune(older_than);
    CO_ASSERT_OK(counts);
    EXPECT_EQ(counts->executions, 1);
  };
  query("UPDATE executions SET id = ('018bcfe5' || substr(id::text, 9))::uuid");
  query("UPDATE signals SET execution = ('018bcfe5' || substr(execution::text, 9))::uuid");
  run(body(*pool_, Instant(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1))));
  EXPECT_EQ(query("SELECT count(*) FROM signals"), "0");
}

}  // namespace
}  // namespace ropewalk::sql::testing
