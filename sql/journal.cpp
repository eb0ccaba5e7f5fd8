#include "sql/journal.hpp"

#include "engine/async/deadline.hpp"
#include "sql/sql_error.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <utility>

namespace ropewalk::sql {
namespace {

using std::chrono::milliseconds;
constexpr Steady::duration delay_min = milliseconds(10);
constexpr Steady::duration delay_max = milliseconds(1000);

Error change_rejected(Error const& cause) {
  Error error = cause;
  error.error_class = ErrorClass::permanent;
  error.code = "change_rejected";
  error.hint = "This change can never be stored: its data is at fault.";
  return error;
}

}  // namespace

PostgresJournal::PostgresJournal(Options options)
    : options_(std::move(options)),
      random_(static_cast<unsigned>(options_.epoch * 1009 + options_.shard + 1)) {
  // The plans are known beforehand: walk the arrays, look every row up by its key. Statistics of a
  // table that has just begun to grow must not talk the planner out of that.
  auto& settings = options_.connect.settings;
  settings["plan_cache_mode"] = "force_generic_plan";
  for (auto const* kind : {"enable_seqscan", "enable_hashjoin", "enable_mergejoin"})
    settings[kind] = "off";
}

Async<Result<CommitResult>> PostgresJournal::commit(std::vector<Change> const& batch) {
  try {
    co_return co_await commit_or_throw(batch);
  } catch (boost::system::system_error const& fault) {
    if (fault.code() != asio::error::operation_aborted) throw;
  }
  connection_.reset();
  Error cancelled;
  cancelled.code = "cancelled";
  cancelled.message = "the journal was stopped while it wrote";
  co_return cancelled;
}

Async<Result<CommitResult>> PostgresJournal::commit_or_throw(std::vector<Change> const& batch) {
  if (batch.empty()) co_return CommitResult();
  auto const started = Steady::now();
  auto stored = co_await store(batch);
  CommitResult out;
  if (!stored && is_data_error(stored.error()) && batch.size() == 1) {
    out.rejected.emplace_back(0, change_rejected(stored.error()));
  } else if (!stored && is_data_error(stored.error())) {
    CO_TRY(out, co_await store_one_by_one(batch));
  } else if (!stored) {
    co_return stored.error();
  }
  if (options_.observer.on_commit)
    options_.observer.on_commit(batch.size(), Steady::now() - started);
  co_return out;
}

Async<Result<CommitResult>> PostgresJournal::store_one_by_one(std::vector<Change> const& batch) {
  CommitResult out;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    auto const one = std::span(batch).subspan(i, 1);
    auto stored = co_await store(one);
    if (stored) continue;
    if (!is_data_error(stored.error())) co_return stored.error();
    out.rejected.emplace_back(i, change_rejected(stored.error()));
  }
  co_return out;
}

/// Tries until it is known what became of the changes: stored, or never to be (fenced, or a data
/// error).
Async<Result<void>> PostgresJournal::store(std::span<Change const> changes) {
  BatchKey key;
  key.epoch = options_.epoch;
  key.shard = options_.shard;
  key.batch = ++batch_;
  auto const steps = encode_batch(key, changes);
  delay_ = delay_min;
  for (;;) {
    auto tried = co_await try_once(steps);
    if (tried || sqlstate_of(tried.error()) == state_already_applied)
      co_return boost::system::in_place_value;
    if (is_data_error(tried.error())) co_return tried;
    if (tried.error().code == "fenced") {
      if (options_.observer.on_fenced) options_.observer.on_fenced();
      co_return tried;
    }
    co_await wait_before_retry(tried.error());
  }
}

Async<Result<void>> PostgresJournal::try_once(std::vector<Step> const& steps) {
  if (!connection_ || connection_->is_broken()) {
    connection_.reset();
    CO_TRY(connection_, co_await Connection::open(options_.connect));
  }
  connection_->drop_after_send = drop_after_send;
  auto done = co_await connection_->run(steps);
  if (connection_->is_broken()) connection_.reset();
  if (!done) co_return done.error();
  co_return boost::system::in_place_value;
}

Async<> PostgresJournal::wait_before_retry(Error const& error) {
  std::uniform_real_distribution<double> jitter(0.5, 1.0);
  auto const delay = std::chrono::duration_cast<Steady::duration>(delay_ * jitter(random_));
  if (options_.observer.on_wait) options_.observer.on_wait(error, delay);
  delay_ = std::min(delay_ * 2, delay_max);
  co_await sleep_for(delay);
}

}  // namespace ropewalk::sql
