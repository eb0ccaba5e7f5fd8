// Goal: executions of a dead node change hands once, those of a live one never, and the dead one
// cannot write any more. Method: two NodeLeases with a ttl of one second on one database.

#include "sql/node_lease.hpp"

#include "engine/async/async_scope.hpp"
#include "engine/async/deadline.hpp"
#include "sql/store.hpp"
#include "tests/engine/async/run_coro.hpp"
#include "tests/sql/support.hpp"

#include <algorithm>

namespace ropewalk::sql::testing {
namespace {

using namespace std::chrono_literals;

class NodeLeaseTest : public SqlTest {
 protected:
  std::unique_ptr<NodeLease> make_lease(ConnectionPool& pool, std::string node_id) {
    NodeLease::Options options;
    options.node.node_id = std::move(node_id);
    options.node.name = "test";
    options.ttl = 1s;
    return std::make_unique<NodeLease>(pool, std::move(options));
  }
  std::int64_t enter(NodeLease& lease) {
    std::int64_t epoch = 0;
    auto body = [](NodeLease& node, std::int64_t& out) -> Async<> {
      auto entered = co_await node.register_node();
      CO_ASSERT_OK(entered);
      out = *entered;
    };
    run(body(lease, epoch));
    return epoch;
  }
  void accept(std::int64_t epoch, int count) {
    auto journal = make_journal(epoch);
    auto body = [](Journal& writer, int executions_count) -> Async<> {
      std::vector<Change> batch;
      for (int i = 0; i < executions_count; ++i) batch.push_back(accepted(make_id()));
      auto done = co_await writer.commit(batch);
      CO_ASSERT_OK(done);
    };
    run(body(*journal, count));
  }
  std::string owned(std::int64_t epoch) {
    return query("SELECT count(*) FROM executions WHERE owner = " + std::to_string(epoch));
  }
};

TEST_F(NodeLeaseTest, TheNextProcessOfANodeTakesOverAtOnce) {
  auto pool = make_pool();
  auto first = make_lease(*pool, "a");
  auto const old_epoch = enter(*first);
  accept(old_epoch, 3);
  auto second = make_lease(*pool, "a");
  auto const epoch = enter(*second);
  EXPECT_GT(epoch, old_epoch);
  EXPECT_EQ(owned(epoch), "3");
  auto body = [](NodeLease& old_lease, ConnectionPool& shared, std::int64_t owner) -> Async<> {
    auto beat = co_await old_lease.beat();
    CO_ASSERT_OK(beat);
    EXPECT_TRUE(beat->is_lost);
    Store store(shared);
    auto left = co_await store.list_live(owner);
    CO_ASSERT_OK(left);
    EXPECT_EQ(left->size(), 3u);
    std::vector<ExecutionId> ids;
    for (auto const& one : *left) ids.push_back(one.execution);
    auto stored = co_await store.load_live(owner, ids);
    CO_ASSERT_OK(stored);
    EXPECT_EQ(stored->size(), 3u);
    auto foreign = co_await store.load_live(owner - 1, ids);
    CO_ASSERT_OK(foreign);
    EXPECT_EQ(foreign->size(), 0u);
  };
  run(body(*first, *pool, epoch));
}

TEST_F(NodeLeaseTest, AnotherNodeTakesOverWhenTheLeaseRunsOutAndNotBefore) {
  auto pool = make_pool();
  auto dead = make_lease(*pool, "dead");
  auto alive = make_lease(*pool, "alive");
  auto const dead_epoch = enter(*dead);
  accept(dead_epoch, 5);
  auto const started = Steady::now();
  auto const epoch = enter(*alive);
  std::size_t taken_count = 0;
  Steady::time_point taken_at{};
  NodeLease::Handlers handlers;
  auto body = [](NodeLease& lease, NodeLease::Handlers given, std::size_t& count) -> Async<> {
    AsyncScope scope(co_await asio::this_coro::executor);
    scope.spawn(lease.run(std::move(given)));
    auto const is_taken = co_await test::eventually([&] { return count == 5; });
    EXPECT_TRUE(is_taken);
    scope.cancel();
    co_await scope.join();
  };
  handlers.on_taken = [&](std::vector<LeftBehind> const& taken) {
    taken_count += taken.size();
    taken_at = Steady::now();
  };
  run(body(*alive, handlers, taken_count));
  EXPECT_EQ(taken_count, 5U);
  EXPECT_GT(taken_at - started, 800ms);
  EXPECT_EQ(owned(epoch), "5");
  EXPECT_GT(alive->trusted_until(), Steady::now());
  EXPECT_LT(dead->trusted_until(), taken_at) << "the dead one must have stopped trusting itself";
}

TEST_F(NodeLeaseTest, LiveNodesKeepWhatTheyHaveAndOrphansAreAdopted) {
  auto pool = make_pool();
  auto one = make_lease(*pool, "one");
  auto const first = enter(*one);
  accept(first, 2);
  query(
      "INSERT INTO executions SELECT gen_random_uuid(), 999, 1, now(), null, null, 1, 0, 50,"
      " false, false, 'w', 'h', null, null, null, null, '{}', null RETURNING 1"
  );
  auto two = make_lease(*pool, "two");
  auto const second = enter(*two);
  EXPECT_EQ(owned(first), "2");
  EXPECT_EQ(owned(second), "1");
  auto body = [](NodeLease& lease, std::int64_t other) -> Async<> {
    auto taken = co_await lease.take_over(other);
    CO_ASSERT_OK(taken);
    EXPECT_EQ(taken->size(), 0u);
    auto nodes = co_await lease.list_nodes();
    CO_ASSERT_OK(nodes);
    EXPECT_EQ(nodes->size(), 2u);
    EXPECT_TRUE(nodes->at(0).is_alive);
  };
  run(body(*two, first));
}

TEST_F(NodeLeaseTest, ATakeoverNamesWhatItMovedAndNothingElse) {
  auto pool = make_pool();
  auto one = make_lease(*pool, "one");
  auto two = make_lease(*pool, "two");
  accept(enter(*one), 3);
  query(
      "UPDATE executions SET status = 3 WHERE id = (SELECT min(id::text)::uuid FROM executions)"
      " RETURNING 1"
  );
  query(
      "UPDATE executions SET status = 1, started_at = now()"
      " WHERE id = (SELECT max(id::text)::uuid FROM executions) RETURNING 1"
  );
  accept(enter(*two), 4);
  auto body = [](NodeLease& leaving, NodeLease& staying) -> Async<> {
    auto const epoch = leaving.epoch();
    auto released = co_await leaving.release();
    CO_ASSERT_OK(released);
    auto taken = co_await staying.take_over(epoch);
    CO_ASSERT_OK(taken);
    EXPECT_EQ(taken->size(), 2u);
    auto const begun = [](LeftBehind const& left) { return left.has_begun; };
    EXPECT_EQ(std::count_if(taken->begin(), taken->end(), begun), 1);
    auto again = co_await staying.take_over(epoch);
    CO_ASSERT_OK(again);
    EXPECT_EQ(again->size(), 0u);
  };
  run(body(*one, *two));
}

TEST_F(NodeLeaseTest, AReleasedLeaseIsFreeAtOnce) {
  auto pool = make_pool();
  auto one = make_lease(*pool, "one");
  auto two = make_lease(*pool, "two");
  accept(enter(*one), 1);
  enter(*two);
  auto body = [](NodeLease& leaving, NodeLease& staying) -> Async<> {
    auto released = co_await leaving.release();
    CO_ASSERT_OK(released);
    auto beat = co_await staying.beat();
    CO_ASSERT_OK(beat);
    EXPECT_EQ(beat->expired.size(), 1u);
    auto taken = co_await staying.take_over(beat->expired.at(0));
    CO_ASSERT_OK(taken);
    EXPECT_EQ(taken->size(), 1u);
  };
  run(body(*one, *two));
}

/// The old owner stopped with a transaction open that holds its lock: it is ended, then fenced.
TEST_F(NodeLeaseTest, AStoppedOwnersOpenTransactionDoesNotBlockTheTakeover) {
  connect_.settings["lock_timeout"] = "300ms";
  auto pool = make_pool();
  auto old_lease = make_lease(*pool, "same");
  auto const old_epoch = enter(*old_lease);
  accept(old_epoch, 1);
  auto next = make_lease(*pool, "same");
  auto body = [](ConnectOptions options, NodeLease& lease, std::int64_t epoch) -> Async<> {
    auto stopped = co_await Connection::open(options);
    CO_ASSERT_OK(stopped);
    auto const number = std::to_string(epoch);
    auto begun = co_await (*stopped)->execute(
        "BEGIN; SELECT ropewalk_begin_batch(" + number +
        ", 0, 1000);"
        "UPDATE executions SET status = 4"
    );
    CO_ASSERT_OK(begun);
    auto entered = co_await lease.register_node();
    CO_ASSERT_OK(entered);
    auto committed = co_await (*stopped)->execute("COMMIT");
    EXPECT_FALSE(committed);
  };
  run(body(connect_, *next, old_epoch));
  EXPECT_EQ(
      query(
          "SELECT status || ',' || (owner = " + std::to_string(next->epoch()) + ") FROM executions"
      ),
      "0,true"
  );
}

}  // namespace
}  // namespace ropewalk::sql::testing
