// Goal: what attempts leave behind and spend reads back as it was written, is summed up rightly,
// and outlives its execution. Method: rows written by the journal into a real PostgreSQL.

#include "sql/store.hpp"
#include "tests/sql/support.hpp"

namespace ropewalk::sql::testing {
namespace {

using namespace std::chrono_literals;

Instant const day_one = Instant(std::chrono::sys_days(std::chrono::year(2026) / 1 / 30)) + 23h;

SpendRecord spent(std::string task, Instant at, std::string model, std::optional<double> cost) {
  SpendRecord out;
  out.task = std::move(task);
  out.attempt = 1;
  out.at = at;
  out.workflow = "w";
  out.spend = {"openai", std::move(model), 1, 100, 40, 10, cost};
  return out;
}

class SpendTest : public SqlTest {
 protected:
  void SetUp() override {
    SqlTest::SetUp();
    pool_ = make_pool();
    journal_ = make_journal(make_node());
  }
  void TearDown() override {
    journal_.reset();
    pool_.reset();
    SqlTest::TearDown();
  }

  std::unique_ptr<ConnectionPool> pool_;
  std::unique_ptr<PostgresJournal> journal_;
};

Change with_calls(ExecutionId id) {
  auto change = accepted(id);
  auto caller = task_record("ask", Status::completed, "1");
  caller.detail = R"({"rounds":2})";
  change.tasks.push_back(caller);
  auto call = task_record("lookup[1]", Status::pending);
  call.parent = "ask";
  call.input = R"({"city":"Ulm"})";
  change.tasks.push_back(call);
  AttemptRecord attempt;
  attempt.task = "ask";
  attempt.attempt = 1;
  attempt.detail = R"({"rounds":1})";
  change.attempts.push_back(attempt);
  change.spend.push_back(spent("ask", day_one, "small", 0.25));
  change.spend.push_back(spent("ask", day_one + 2h, "large", 0.5));
  change.spend.push_back(spent("lookup[1]", day_one + 2h, "large", std::nullopt));
  return change;
}

TEST_F(SpendTest, ATaskReadsBackWithWhatItLeft) {
  auto body = [](Journal& journal, ConnectionPool& pool) -> Async<> {
    auto const id = make_id();
    std::vector<Change> batch(1, with_calls(id));
    auto done = co_await journal.commit(batch);
    CO_ASSERT_OK(done);
    // Later rows of a call need not say again what it was called with.
    std::vector<Change> more(1);
    more[0].execution = id;
    more[0].after_seq = batch[0].state->last_seq;
    more[0].tasks.push_back(task_record("lookup[1]", Status::cancelled));
    more[0].tasks[0].hold = Hold::held;
    auto again = co_await journal.commit(more);
    CO_ASSERT_OK(again);
    Store store(pool);
    auto call = co_await store.get_task(id, "lookup[1]");
    CO_ASSERT_OK(call);
    EXPECT_EQ(call->task.status, Status::cancelled);
    EXPECT_EQ(call->task.parent, "ask");
    EXPECT_EQ(call->task.input, R"({"city":"Ulm"})");
    EXPECT_EQ(call->task.hold, Hold::held);
    EXPECT_EQ(call->spend.unpriced_calls, 1);
    auto ask = co_await store.get_task(id, "ask");
    CO_ASSERT_OK(ask);
    EXPECT_EQ(ask->task.detail, R"({"rounds":2})");
    EXPECT_EQ(ask->attempts.at(0).detail, R"({"rounds":1})");
    EXPECT_EQ(ask->spend.calls, 2);
    EXPECT_EQ(ask->spend.cost_usd, 0.75);
    auto none = co_await store.get_task(id, "nothing");
    EXPECT_EQ(none ? "" : none.error().code, "not_found");
    auto row = co_await store.get_execution(id);
    CO_ASSERT_OK(row);
    EXPECT_EQ(row->spend.size(), 2U);
    EXPECT_EQ(row->stored.tasks.at(1).parent, "ask");
  };
  run(body(*journal_, *pool_));
}

TEST_F(SpendTest, SumsByDayWorkflowAndModel) {
  auto body = [](Journal& journal, ConnectionPool& pool) -> Async<> {
    auto const id = make_id();
    std::vector<Change> batch(1, with_calls(id));
    auto done = co_await journal.commit(batch);
    CO_ASSERT_OK(done);
    Store store(pool);
    auto total = co_await store.spend_of_execution(id);
    CO_ASSERT_OK(total);
    EXPECT_EQ(total->calls, 3);
    EXPECT_EQ(total->input_tokens, 300);
    EXPECT_EQ(total->cached_tokens, 120);
    EXPECT_EQ(total->output_tokens, 30);
    auto since = co_await store.spend_of_workflow("w", day_one + 1h);
    CO_ASSERT_OK(since);
    EXPECT_EQ(since->cost_usd, 0.5);
    auto days = co_await store.spend_by(SpendGroup::day, day_one, day_one + 24h, 10);
    CO_ASSERT_OK(days);
    EXPECT_EQ(days->size(), 2U);
    EXPECT_EQ(days->at(0).group, "2026-01-30");
    EXPECT_EQ(days->at(1).group, "2026-01-31");
    EXPECT_EQ(days->at(1).unpriced_calls, 1);
    auto models = co_await store.spend_by(SpendGroup::model, day_one, day_one + 1h, 10);
    CO_ASSERT_OK(models);
    EXPECT_EQ(models->size(), 1U) << "`to` is not included";
    EXPECT_EQ(models->at(0).group, "openai/small");
  };
  run(body(*journal_, *pool_));
}

TEST_F(SpendTest, CostsOutliveTheirExecution) {
  auto body = [](Journal& journal, ConnectionPool& pool) -> Async<> {
    auto const id = make_id();
    std::vector<Change> batch(1, with_calls(id));
    batch[0].state->status = Status::completed;
    batch[0].state->finished_at = batch[0].created->created_at;
    auto done = co_await journal.commit(batch);
    CO_ASSERT_OK(done);
    Store store(pool);
    // Ids carry the real time, whatever the rows say.
    auto const later =
        std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()) + 1h;
    auto pruned = co_await store.prune(later);
    CO_ASSERT_OK(pruned);
    EXPECT_EQ(pruned->executions, 1);
    auto left = co_await store.spend_of_execution(id);
    CO_ASSERT_OK(left);
    EXPECT_EQ(left->calls, 3);
    auto forgotten = co_await store.prune_spend(day_one + 1h, 1);
    CO_ASSERT_OK(forgotten);
    EXPECT_EQ(*forgotten, 1);
    auto rest = co_await store.spend_of_execution(id);
    CO_ASSERT_OK(rest);
    EXPECT_EQ(rest->calls, 2);
  };
  run(body(*journal_, *pool_));
}

TEST_F(SpendTest, AnAttemptThatIsKeptLaterKeepsWhatItsTaskHad) {
  auto body = [](Journal& journal, ConnectionPool& pool) -> Async<> {
    std::vector<Change> batch(1, accepted(make_id()));
    auto const id = batch[0].execution;
    auto& task = batch[0].tasks.emplace_back(task_record("a", Status::failed));
    task.attempt = 2;
    task.usage = R"({"calls":3})";
    task.detail = R"({"rounds":3})";
    auto done = co_await journal.commit(batch);
    CO_ASSERT_OK(done);
    std::vector<Change> again(1);  // a person has it run again
    again[0].execution = id;
    again[0].tasks.push_back(task_record("a", Status::pending));
    auto& attempt = again[0].attempts.emplace_back();
    attempt.task = "a";
    attempt.attempt = 2;
    done = co_await journal.commit(again);
    CO_ASSERT_OK(done);
    Store store(pool);
    auto row = co_await store.get_task(id, "a");
    CO_ASSERT_OK(row);
    EXPECT_EQ(row->task.detail, "");
    EXPECT_EQ(row->attempts.at(0).detail, R"({"rounds":3})");
    EXPECT_EQ(row->attempts.at(0).usage, R"({"calls":3})");
  };
  run(body(*journal_, *pool_));
}

}  // namespace
}  // namespace ropewalk::sql::testing
