#pragma once
// The journal of one shard: every batch is one transaction in one round trip, fenced by the node's
// epoch.
//
// Owner:  the shard's runtime; one commit() at a time.
// Shard:  all calls on one shard.
// Cancel: commit() returns `cancelled`; whether the batch was stored is then unknown, and the
// object must not be used on.
//
// A batch has a number, recorded in the transaction that stores it. When the answer to a COMMIT is
// lost, the batch is sent again under its number and PostgreSQL tells whether it is there already:
// nothing is stored twice or dropped.

#include "engine/ports/journal.hpp"
#include "sql/batch.hpp"
#include "sql/connection.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <vector>

namespace ropewalk::sql {

/// Called on the journal's shard; every one may be empty.
struct JournalObserver {
  std::function<void(std::size_t changes_count, Steady::duration time)> on_commit{};
  std::function<void()> on_fenced{};
  /// The database cannot be written to just now: the batch is tried again after `delay`.
  std::function<void(Error const& error, Steady::duration delay)> on_wait{};
};

class PostgresJournal final : public Journal {
 public:
  struct Options {
    ConnectOptions connect{};
    std::int64_t epoch = 0;  // of NodeLease
    std::int32_t shard = 0;
    JournalObserver observer{};
  };

  explicit PostgresJournal(Options options);

  Async<Result<CommitResult>> commit(std::vector<Change> const& batch) override;

  /// For tests: true drops the connection after a batch was sent, before its answer is read.
  std::function<bool()> drop_after_send;

 private:
  Async<Result<CommitResult>> commit_or_throw(std::vector<Change> const& batch);
  Async<Result<void>> store(std::span<Change const> changes);
  Async<Result<void>> try_once(std::vector<Step> const& steps);
  Async<Result<CommitResult>> store_one_by_one(std::vector<Change> const& batch);
  Async<> wait_before_retry(Error const& error);

  Options options_;
  std::unique_ptr<Connection> connection_;
  std::minstd_rand random_;
  std::int64_t batch_ = 0;  // number of the latest transaction
  Steady::duration delay_{};
};

}  // namespace ropewalk::sql
