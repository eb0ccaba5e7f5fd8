// Goal: the store's queries give what was written: versions, filters, pages both ways, chunks from
// any place, retention. Method: rows written by the journal into a real PostgreSQL.

#include "sql/store.hpp"

#include "engine/async/async_scope.hpp"
#include "tests/sql/support.hpp"

#include <algorithm>

namespace ropewalk::sql::testing {
namespace {

class StoreTest : public SqlTest {
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

Store::NewWorkflow workflow(std::string name, std::string hash) {
  Store::NewWorkflow out;
  out.name = std::move(name);
  out.body = "{\"body\":\"" + hash + "\"}";
  out.source = "source of " + hash;
  out.hash = std::move(hash);
  return out;
}

TEST_F(StoreTest, WorkflowsGetVersionsByTheirContent) {
  auto body = [](ConnectionPool& pool) -> Async<> {
    Store store(pool);
    std::vector<std::pair<std::string, std::int32_t>> const puts{
        {"h1", 1}, {"h1", 1}, {"h2", 2}, {"h1", 3}};
    for (auto const& [hash, version] : puts) {
      auto put = co_await store.put_workflow(workflow("a", hash));
      CO_ASSERT_OK(put);
      EXPECT_EQ(put->version, version);
    }
    auto latest = co_await store.get_workflow("a");
    CO_ASSERT_OK(latest);
    EXPECT_EQ(latest->version.version, 3);
    auto second = co_await store.get_workflow("a", 2);
    CO_ASSERT_OK(second);
    EXPECT_EQ(second->body, "{\"body\":\"h2\"}");
    EXPECT_EQ(second->source, "source of h2");
    auto none = co_await store.get_workflow("a", 9);
    EXPECT_EQ(none ? "" : none.error().code, "not_found");
    auto other = co_await store.put_workflow(workflow("b", "h1"));
    CO_ASSERT_OK(other);
    auto names = co_await store.list_workflows("", 10);
    CO_ASSERT_OK(names);
    EXPECT_EQ(names->size(), 2u);
    EXPECT_EQ(names->at(0).version, 3);
    auto rest = co_await store.list_workflows("a", 10);
    CO_ASSERT_OK(rest);
    EXPECT_EQ(rest->size(), 1u);
    auto versions = co_await store.list_versions("a", 3, 10);
    CO_ASSERT_OK(versions);
    EXPECT_EQ(versions->size(), 2u);
    EXPECT_EQ(versions->at(0).version, 2);
    auto ensured = co_await store.ensure_definition("inline", "{}", "");
    CO_ASSERT_OK(ensured);
    auto definition = co_await store.get_definition("inline");
    CO_ASSERT_OK(definition);
    EXPECT_EQ(*definition, "{}");
  };
  run(body(*pool_));
}

TEST_F(StoreTest, PutsAtOnceGetDifferentVersions) {
  auto body = [](ConnectionPool& pool) -> Async<> {
    AsyncScope scope(co_await asio::this_coro::executor);
    std::vector<std::int32_t> versions;
    auto put = [](ConnectionPool& shared, int i, std::vector<std::int32_t>& out) -> Async<> {
      Store store(shared);
      auto done = co_await store.put_workflow(workflow("a", "h" + std::to_string(i)));
      CO_ASSERT_OK(done);
      out.push_back(done->version);
    };
    for (int i = 0; i < 20; ++i) scope.spawn(put(pool, i, versions));
    co_await scope.join();
    std::sort(versions.begin(), versions.end());
    EXPECT_EQ(versions.size(), 20u);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(versions.at(static_cast<std::size_t>(i)), i + 1);
  };
  run(body(*pool_));
}

Async<> expect_list(Store& store, ExecutionFilter filter, std::vector<ExecutionId> expected) {
  auto rows = co_await store.list_executions(filter);
  CO_ASSERT_OK(rows);
  std::vector<ExecutionId> got;
  for (auto const& row : *rows) got.push_back(row.execution);
  EXPECT_EQ(got.size(), expected.size());
  EXPECT_TRUE(got == expected);
}

TEST_F(StoreTest, ListsPageBothWaysAndFilter) {
  std::vector<ExecutionId> ids;
  std::vector<Change> batch;
  for (std::size_t i = 0; i < 10; ++i) {
    ids.insert(ids.begin(), make_id());  // newest first
    batch.push_back(accepted(ids.front(), i % 2 == 0 ? "even" : "odd"));
    batch.back().created->labels["n"] = std::to_string(i % 5);
    if (i >= 8) batch.back().state->status = Status::failed;
  }
  write(batch);
  auto body = [](ConnectionPool& pool, std::vector<ExecutionId> all) -> Async<> {
    Store store(pool);
    auto slice = [&all](std::ptrdiff_t first, std::ptrdiff_t last) {
      return std::vector<ExecutionId>(all.begin() + first, all.begin() + last + 1);
    };
    auto const labelled_3 = std::vector<ExecutionId>{all[1], all[6]};
    ExecutionFilter page;
    page.limit = 4;
    co_await expect_list(store, page, slice(0, 3));
    page.after = all[3];
    co_await expect_list(store, page, slice(4, 7));
    page.after = all[7];
    co_await expect_list(store, page, slice(8, 9));
    page.after.reset();
    page.before = all[8];
    co_await expect_list(store, page, slice(4, 7));
    ExecutionFilter filter;
    filter.statuses.assign(1, Status::failed);
    co_await expect_list(store, filter, slice(0, 1));
    filter.statuses.push_back(Status::pending);
    co_await expect_list(store, filter, slice(0, 9));
    ExecutionFilter live;
    live.statuses.assign(1, Status::pending);
    live.statuses.push_back(Status::running);
    co_await expect_list(store, live, slice(2, 9));
    live.after = all[4];
    live.limit = 2;
    co_await expect_list(store, live, slice(5, 6));
    live.after.reset();
    live.before = all[4];
    co_await expect_list(store, live, slice(2, 3));
    filter.statuses.pop_back();
    filter.workflow = "odd";
    co_await expect_list(store, filter, slice(0, 0));
    ExecutionFilter labelled;
    labelled.label.emplace("n", "3");
    co_await expect_list(store, labelled, labelled_3);
  };
  run(body(*pool_, ids));
}

TEST_F(StoreTest, EventsBeginBehindAnyNumber) {
  auto const id = make_id();
  std::vector<Change> batch(1, accepted(id));
  batch[0].events.push_back(event_chunk(2, 5, "a"));
  batch[0].events.push_back(event_chunk(6, 6));
  batch[0].events.push_back(event_chunk(7, 9, "b"));
  write(batch);
  auto body = [](ConnectionPool& pool, ExecutionId execution) -> Async<> {
    Store store(pool);
    for (std::uint64_t after = 0; after < 10; ++after) {
      auto chunks = co_await store.events(execution, after, 1'000'000);
      CO_ASSERT_OK(chunks);
      std::string got;
      for (auto const& chunk : chunks->chunks) got += chunk.frames;
      EXPECT_EQ(got, after == 9 ? "" : event_chunk(after + 1, 9).frames);
      EXPECT_TRUE(after == 9 || chunks->chunks.at(0).first_seq == after + 1);
      EXPECT_FALSE(chunks->has_more);
    }
    auto few = co_await store.events(execution, 0, 1);
    CO_ASSERT_OK(few);
    EXPECT_EQ(few->chunks.size(), 1u);
    EXPECT_TRUE(few->has_more);
    auto logs = co_await store.logs(execution, "", 3, 1'000'000);
    CO_ASSERT_OK(logs);
    EXPECT_EQ(logs->chunks.size(), 2u);
    EXPECT_EQ(logs->chunks.at(0).frames, event_chunk(4, 5).frames);
    auto logs_of_b = co_await store.logs(execution, "b", 0, 1'000'000);
    CO_ASSERT_OK(logs_of_b);
    EXPECT_EQ(logs_of_b->chunks.size(), 1u);
    EXPECT_EQ(logs_of_b->chunks.at(0).log_task, "b");
  };
  run(body(*pool_, id));
}

TEST_F(StoreTest, APageThatABoundEndedSaysThatThereIsMore) {
  auto const id = make_id();
  std::vector<Change> batch(1, accepted(id));
  for (std::uint64_t seq = 2; seq <= 2500; ++seq) batch[0].events.push_back(event_chunk(seq, seq));
  write(batch);
  auto body = [](ConnectionPool& pool, ExecutionId execution) -> Async<> {
    Store store(pool);
    auto rows = co_await store.events(execution, 0, 1'000'000);
    CO_ASSERT_OK(rows);
    EXPECT_TRUE(rows->has_more) << "of 2,500 chunks a page holds 2,000";
    auto rest = co_await store.events(execution, rows->chunks.back().last_seq, 1'000'000);
    CO_ASSERT_OK(rest);
    EXPECT_FALSE(rest->has_more);
    EXPECT_EQ(rest->chunks.back().last_seq, 2500u);
    auto standing = co_await store.get_standing(execution);
    CO_ASSERT_OK(standing);
    EXPECT_EQ(standing->status, Status::pending);
    auto none = co_await store.get_standing(make_id());
    EXPECT_EQ(none ? "" : none.error().code, "not_found");
  };
  run(body(*pool_, id));
}

TEST_F(StoreTest, IdempotencyKeysGiveTheFirstExecution) {
  auto const id = make_id();
  auto body = [](ConnectionPool& pool, ExecutionId first) -> Async<> {
    Store store(pool);
    using Outcome = Reservation::Outcome;
    auto nobody = co_await store.find_idempotency("k", "h");
    CO_ASSERT_OK(nobody);
    EXPECT_FALSE(nobody->has_value());
    auto fresh = co_await store.reserve_idempotency("k", "h", first);
    CO_ASSERT_OK(fresh);
    EXPECT_EQ(fresh->outcome, Outcome::fresh);
    EXPECT_FALSE(fresh->is_accepted);
    auto known = co_await store.reserve_idempotency("k", "h", make_id());
    CO_ASSERT_OK(known);
    EXPECT_EQ(known->outcome, Outcome::known);
    EXPECT_TRUE(known->execution == first);
    auto conflict = co_await store.reserve_idempotency("k", "other", make_id());
    CO_ASSERT_OK(conflict);
    EXPECT_EQ(conflict->outcome, Outcome::conflict);
    auto found = co_await store.find_idempotency("k", "h");
    CO_ASSERT_OK(found);
    EXPECT_TRUE(found->has_value() && (*found)->execution == first);
    auto other = co_await store.find_idempotency("k", "other");
    CO_ASSERT_OK(other);
    EXPECT_TRUE(other->has_value() && (*other)->outcome == Outcome::conflict);
  };
  run(body(*pool_, id));
}

TEST_F(StoreTest, OnlyEndedExecutionsAreClaimed) {
  std::vector<Change> batch{accepted(make_id()), accepted(make_id())};
  batch[1].state->status = Status::failed;
  write(batch);
  auto const other = make_node("other");
  auto body = [](ConnectionPool& pool, std::vector<Change> made, std::int64_t epoch) -> Async<> {
    Store store(pool);
    auto live = co_await store.claim_for_retry(made[0].execution, epoch);
    EXPECT_EQ(live ? "" : live.error().code, "not_terminal");
    auto none = co_await store.claim_for_retry(make_id(), epoch);
    EXPECT_EQ(none ? "" : none.error().code, "not_found");
    auto fenced = co_await store.claim_for_retry(made[1].execution, epoch + 1000);
    EXPECT_EQ(fenced ? "" : fenced.error().code, "fenced");
    auto ended = co_await store.claim_for_retry(made[1].execution, epoch);
    CO_ASSERT_OK(ended);
    auto row = co_await store.get_execution(made[1].execution);
    CO_ASSERT_OK(row);
    EXPECT_EQ(row->owner, epoch);
  };
  run(body(*pool_, batch, other));
}

TEST_F(StoreTest, PruneTakesWhatEndedLongAgoAndNothingElse) {
  auto const now = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  std::vector<Change> batch;
  for (int i = 0; i < 7; ++i) {
    batch.push_back(accepted(make_id()));
    batch.back().created->workflow_version = 0;
    batch.back().created->definition_hash = i < 5 ? "old" : "kept";
    batch.back().tasks.push_back(task_record("a", Status::completed));
    if (i == 6) continue;  // lives
    batch.back().state->status = Status::completed;
    batch.back().state->finished_at = now - std::chrono::hours(i < 5 ? 48 : 1);
  }
  write(batch);
  query(
      "INSERT INTO definitions SELECT h, '{}', null, now() - interval '2 days'"
      " FROM unnest('{old,kept,unused}'::text[]) h"
  );
  query("INSERT INTO idempotency VALUES ('k', gen_random_uuid(), 'h', now() - interval '2 days')");
  // As if they had been created then: ids carry the time of creation.
  query("UPDATE executions SET id = ('018bcfe5' || substr(id::text, 9))::uuid");
  for (auto const* table : {"tasks", "events"})
    query(
        std::string("UPDATE ") + table +
        " SET execution = ('018bcfe5' || substr(execution::text, 9))::uuid"
    );
  auto body = [](ConnectionPool& pool, Instant older_than) -> Async<> {
    Store store(pool);
    auto counts = co_await store.prune(older_than, /*batch_size=*/2);
    CO_ASSERT_OK(counts);
    EXPECT_EQ(counts->executions, 5);
    EXPECT_EQ(counts->definitions, 2);
    EXPECT_EQ(counts->idempotency_keys, 1);
  };
  run(body(*pool_, now - std::chrono::hours(24)));
  EXPECT_EQ(query("SELECT count(*) FROM executions"), "2");
  EXPECT_EQ(query("SELECT count(*) FROM tasks"), "2");
  EXPECT_EQ(query("SELECT count(*) FROM events"), "2");
  EXPECT_EQ(query("SELECT string_agg(hash, ',') FROM definitions"), "kept");
}

}  // namespace
}  // namespace ropewalk::sql::testing
