// Goal: what a journal committed is in the database, once, whatever happens to connection, server
// and owner. Method: a real PostgreSQL; faults by hooks, pg_terminate_backend and SIGKILL.

#include "engine/async/deadline.hpp"
#include "sql/node_lease.hpp"
#include "sql/store.hpp"
#include "tests/sql/support.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>

#include <csignal>

namespace ropewalk::sql::testing {
namespace {

using namespace std::chrono_literals;
using JournalTest = SqlTest;

/// Commits and expects that everything was stored.
Async<> commit_all(Journal& journal, std::vector<Change> batch) {
  auto done = co_await journal.commit(batch);
  CO_ASSERT_OK(done);
  EXPECT_EQ(done->rejected.size(), 0u);
}

Change full_change(ExecutionId id) {
  auto change = accepted(id);
  auto& created = *change.created;
  created.inputs = R"({"a": [1, "ü"]})";
  created.priority = 90;
  created.labels = {{"team", "a \"quoted\" one"}, {"env", "prod"}};
  created.directory = "/srv/w";
  created.idempotency_key = "key-1";
  created.concurrency_key = "customer-7";
  change.state->status = Status::running;
  change.state->started_at = created.created_at + 1ms;
  auto task = task_record("classify", Status::retrying);
  task.tries = 2;
  task.interruptions = 1;
  task.queued_at = created.created_at + 2ms;
  task.first_queued_at = created.created_at + 1ms;
  task.log_bytes = 5'000'000'000;
  task.retry_at = created.created_at + 5s;
  task.error = R"({"class":"transient"})";
  change.tasks.push_back(task);
  AttemptRecord attempt;
  attempt.task = "classify";
  attempt.attempt = 1;
  attempt.started_at = created.created_at;
  attempt.error = R"({"code":"timeout"})";
  change.attempts.push_back(attempt);
  return change;
}

void expect_equal(TaskRecord const& got, TaskRecord const& expected) {
  EXPECT_EQ(got.task, expected.task);
  EXPECT_EQ(got.status, expected.status);
  EXPECT_EQ(got.tries, expected.tries);
  EXPECT_EQ(got.interruptions, expected.interruptions);
  EXPECT_EQ(got.queued_at, expected.queued_at);
  EXPECT_EQ(got.first_queued_at, expected.first_queued_at);
  EXPECT_EQ(got.log_bytes, expected.log_bytes);
  EXPECT_EQ(got.started_at, expected.started_at);
  EXPECT_EQ(got.retry_at, expected.retry_at);
  EXPECT_EQ(got.output, expected.output);
  EXPECT_EQ(got.error, expected.error);
}

TEST_F(JournalTest, WhatIsCommittedReadsBackTheSame) {
  auto journal = make_journal(make_node());
  auto pool = make_pool();
  auto body = [](Journal& writer, ConnectionPool& reads) -> Async<> {
    auto const change = full_change(make_id());
    std::vector<Change> batch(1, change);
    co_await commit_all(writer, batch);
    Store store(reads);
    auto row = co_await store.get_execution(change.execution);
    CO_ASSERT_OK(row);
    auto const& created = row->stored.created;
    EXPECT_EQ(created.inputs, change.created->inputs);
    EXPECT_EQ(created.labels, change.created->labels);
    EXPECT_EQ(created.priority, 90);
    EXPECT_EQ(created.directory, "/srv/w");
    EXPECT_EQ(created.idempotency_key, "key-1");
    EXPECT_EQ(created.concurrency_key, "customer-7");
    EXPECT_EQ(created.created_at, change.created->created_at);
    EXPECT_EQ(row->stored.state.status, Status::running);
    EXPECT_EQ(row->stored.state.started_at, change.state->started_at);
    EXPECT_EQ(row->stored.state.last_seq, 1u);
    EXPECT_EQ(row->stored.tasks.size(), 1u);
    expect_equal(row->stored.tasks.at(0), change.tasks[0]);
    EXPECT_EQ(row->attempts.at(0).error, change.attempts[0].error);
    auto events = co_await store.events(change.execution, 0, 1000);
    CO_ASSERT_OK(events);
    EXPECT_EQ(events->chunks.at(0).frames, change.events[0].frames);
  };
  run(body(*journal, *pool));
}

TEST_F(JournalTest, TheLastOfRepeatedRecordsCounts) {
  auto journal = make_journal(make_node());
  auto body = [](Journal& writer) -> Async<> {
    auto const id = make_id();
    std::vector<Change> batch(3);
    batch[0] = accepted(id);
    batch[0].tasks.push_back(task_record("a", Status::running));
    batch[1].execution = batch[2].execution = id;
    batch[1].tasks.push_back(task_record("a", Status::retrying));
    batch[1].tasks.push_back(task_record("b", Status::running));
    batch[1].state.emplace().status = Status::running;
    batch[2].tasks.push_back(task_record("a", Status::completed, "{\"x\":7}"));
    batch[2].state.emplace().status = Status::completed;
    batch[2].events.push_back(event_chunk(2, 4));
    co_await commit_all(writer, batch);
    // The same again over rows that are there now.
    std::vector<Change> more(1);
    more[0].execution = id;
    more[0].tasks.push_back(task_record("b", Status::failed));
    more[0].tasks.push_back(task_record("b", Status::completed, "1"));
    more[0].state.emplace().last_seq = 9;
    co_await commit_all(writer, more);
  };
  run(body(*journal));
  EXPECT_EQ(query("SELECT string_agg(task || status, ',' ORDER BY task) FROM tasks"), "a3,b3");
  EXPECT_EQ(query("SELECT output->>'x' FROM tasks WHERE task = 'a'"), "7");
  EXPECT_EQ(query("SELECT last_seq FROM executions"), "9");
  EXPECT_EQ(query("SELECT string_agg(last_seq::text, ',' ORDER BY 1) FROM events"), "1,4");
}

TEST_F(JournalTest, OneBadChangeIsRejectedAndTheOthersAreStored) {
  auto journal = make_journal(make_node());
  auto body = [](Journal& writer) -> Async<> {
    std::vector<Change> batch(4);
    batch[0] = accepted(make_id());
    batch[1] = accepted(make_id());
    batch[1].tasks.push_back(task_record("a", Status::completed, "not json"));
    batch[2] = accepted(make_id());
    batch[2].events[0].frames = std::string("a\0b", 3);
    batch[3] = accepted(make_id());
    auto done = co_await writer.commit(batch);
    CO_ASSERT_OK(done);
    EXPECT_EQ(done->rejected.size(), 2u);
    EXPECT_EQ(done->rejected.at(0).first, 1u);
    EXPECT_EQ(done->rejected.at(1).first, 2u);
    EXPECT_EQ(done->rejected.at(0).second.code, "change_rejected");
    // A state for an execution that is not there is no data that can be stored either.
    std::vector<Change> stray(1);
    stray[0].execution = make_id();
    stray[0].state.emplace();
    auto missed = co_await writer.commit(stray);
    CO_ASSERT_OK(missed);
    EXPECT_EQ(missed->rejected.size(), 1u);
    std::vector<Change> next(1, accepted(make_id()));
    co_await commit_all(writer, next);
  };
  run(body(*journal));
  EXPECT_EQ(query("SELECT count(*) FROM executions"), "3");
  EXPECT_EQ(query("SELECT count(*) FROM events"), "3");
}

/// As a writer would make it that began from an old state, or that went on from the latest one.
Change next_change(ExecutionId id, std::uint64_t after_seq, std::uint64_t last_seq, Status status) {
  Change change;
  change.execution = id;
  change.after_seq = after_seq;
  change.state.emplace().status = status;
  change.state->last_seq = last_seq;
  change.tasks.push_back(task_record("a", status));
  change.events.push_back(event_chunk(after_seq + 1, last_seq));
  return change;
}

TEST_F(JournalTest, WhatDoesNotFollowOnWhatIsStoredIsRefused) {
  auto journal = make_journal(make_node());
  auto body = [](Journal& writer) -> Async<> {
    auto const id = make_id();
    auto const other = make_id();
    std::vector<Change> batch(1, accepted(id));
    batch.push_back(accepted(other));
    co_await commit_all(writer, batch);
    std::vector<Change> end(1, next_change(id, 1, 4, Status::completed));
    co_await commit_all(writer, end);
    std::vector<Change> late(1, next_change(id, 1, 6, Status::running));
    late.push_back(next_change(other, 1, 2, Status::running));
    auto done = co_await writer.commit(late);
    CO_ASSERT_OK(done);
    EXPECT_EQ(done->rejected.size(), 1u);
    EXPECT_EQ(done->rejected.at(0).first, 0u);
    EXPECT_EQ(done->rejected.at(0).second.code, "change_rejected");
    std::vector<Change> rest(1, next_change(other, 2, 3, Status::completed));
    co_await commit_all(writer, rest);
  };
  run(body(*journal));
  EXPECT_EQ(
      query("SELECT string_agg(status || ':' || last_seq, ' ' ORDER BY id) FROM executions"),
      "3:4 3:3"
  );
  EXPECT_EQ(query("SELECT count(*) FROM events"), "5");
}

TEST_F(JournalTest, AfterATakeoverTheOldOwnerWritesNothing) {
  int fenced_count = 0;
  observer_.on_fenced = [&] { ++fenced_count; };
  auto const old_epoch = make_node("old");
  auto const new_epoch = make_node("new");
  auto old_journal = make_journal(old_epoch);
  auto new_journal = make_journal(new_epoch);
  auto const id = make_id();
  run(commit_all(*old_journal, std::vector(1, accepted(id))));
  auto const take = "SELECT ropewalk_take_over(" + std::to_string(old_epoch) + ", " +
                    std::to_string(new_epoch) + ", ";
  EXPECT_EQ(query(take + "false)"), "-1") << "its lease has not run out";
  EXPECT_EQ(query(take + "true)"), "1");
  EXPECT_EQ(query(take + "true)"), "-1") << "it is gone";

  auto body = [](Journal& old_owner, Journal& new_owner, ExecutionId execution) -> Async<> {
    std::vector<Change> batch(1);
    batch[0].execution = execution;
    batch[0].after_seq = 1;
    batch[0].state.emplace().status = Status::failed;
    batch[0].events.push_back(event_chunk(2, 2));
    auto refused = co_await old_owner.commit(batch);
    EXPECT_EQ(refused ? "stored" : refused.error().code, "fenced");
    batch[0].state->status = Status::completed;
    co_await commit_all(new_owner, batch);
  };
  run(body(*old_journal, *new_journal, id));
  EXPECT_EQ(fenced_count, 1);
  EXPECT_EQ(query("SELECT status FROM executions"), "3");
  EXPECT_EQ(query("SELECT count(*) FROM events"), "2");
}

TEST_F(JournalTest, ALostAnswerToACommitStoresTheBatchOnce) {
  int waits_count = 0;
  observer_.on_wait = [&](Error const&, Steady::duration) { ++waits_count; };
  auto journal = make_journal(make_node());
  int drops_left = 0;
  journal->drop_after_send = [&] { return drops_left-- > 0; };
  auto const id = make_id();
  for (std::uint64_t round = 1; round <= 5; ++round) {
    drops_left = 1;
    auto change = accepted(id);
    if (round > 1) change.created.reset();
    change.after_seq = round - 1;
    change.state->last_seq = round;
    change.events[0] = event_chunk(round, round);
    run(commit_all(*journal, std::vector(1, change)));
  }
  EXPECT_EQ(waits_count, 5);
  EXPECT_EQ(query("SELECT count(*) FROM executions"), "1");
  EXPECT_EQ(query("SELECT string_agg(last_seq::text, '' ORDER BY 1) FROM events"), "12345");
}

/// Commits one event after the other until `rounds` are stored; the disturber works meanwhile.
Async<> write_stream(Journal& journal, ExecutionId id, std::uint64_t rounds) {
  for (std::uint64_t round = 1; round <= rounds; ++round) {
    auto change = accepted(id);
    if (round > 1) change.created.reset();
    change.after_seq = round - 1;
    change.state->last_seq = round;
    change.events[0] = event_chunk(round, round);
    std::vector<Change> batch(1, change);
    co_await commit_all(journal, batch);
    co_await sleep_for(1ms);
  }
}

TEST_F(JournalTest, TerminatedBackendsAreReplaced) {
  auto journal = make_journal(make_node());
  auto disturb = [](ConnectOptions options) -> Async<> {
    for (int i = 0; i < 8; ++i) {
      co_await sleep_for(20ms);
      auto connection = co_await Connection::open(options);
      CO_ASSERT_OK(connection);
      std::string const sql =
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
          " AND application_name = 'ropewalk'";
      auto done = co_await (*connection)->execute(sql);
      CO_ASSERT_OK(done);
    }
  };
  asio::co_spawn(io_, disturb(connect_), [](std::exception_ptr) {});
  run(write_stream(*journal, make_id(), 300));
  EXPECT_EQ(query("SELECT count(*) FROM events"), "300");
}

TEST_F(JournalTest, AKilledPostgresComesBackAndNothingIsMissing) {
  auto journal = make_journal(make_node());
  auto kill = [](pid_t pid) -> Async<> {
    co_await sleep_for(50ms);
    ::kill(pid, SIGKILL);
  };
  asio::co_spawn(io_, kill(shared_cluster().postmaster()), [](std::exception_ptr) {});
  run(write_stream(*journal, make_id(), 300));
  EXPECT_EQ(query("SELECT count(*) FROM events"), "300");
  EXPECT_EQ(query("SELECT last_seq FROM executions"), "300");
}

TEST_F(JournalTest, ACancelledCommitReturns) {
  auto options = connect_;
  options.conninfo = "host=/nonexistent";
  PostgresJournal::Options journal_options;
  journal_options.connect = options;
  PostgresJournal journal(std::move(journal_options));
  std::string code;
  auto body = [](Journal& writer, std::string& out) -> Async<> {
    co_await asio::this_coro::throw_if_cancelled(true);
    std::vector<Change> batch(1, accepted(make_id()));
    auto done = co_await writer.commit(batch);
    out = done ? "stored" : done.error().code;
  };
  asio::cancellation_signal stop;
  bool is_finished = false;
  auto done = [&](std::exception_ptr) { is_finished = true; };
  asio::co_spawn(
      io_, body(journal, code), asio::bind_cancellation_slot(stop.slot(), std::move(done))
  );
  io_.restart();
  io_.run_for(30ms);
  stop.emit(asio::cancellation_type::terminal);
  io_.run_for(2s);
  EXPECT_TRUE(is_finished);
  EXPECT_EQ(code, "cancelled");
}

}  // namespace
}  // namespace ropewalk::sql::testing
