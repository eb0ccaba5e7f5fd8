#include "sql/node_lease.hpp"

#include "engine/async/deadline.hpp"
#include "sql/sql_error.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <utility>

namespace ropewalk::sql {
namespace {

constexpr Statement insert_node{
    "insert_node",
    "INSERT INTO nodes (node_id, name, address, lease_until)"
    " VALUES ($1, $2, $3, clock_timestamp() + $4::bigint * interval '1 millisecond')"
    " RETURNING epoch"};
constexpr Statement earlier_epochs{
    "earlier_epochs", "SELECT epoch FROM nodes WHERE node_id = $1 AND epoch < $2::bigint"};
constexpr Statement renew_lease{
    "renew_lease",
    "WITH mine AS (UPDATE nodes SET lease_until = clock_timestamp() +"
    " $2::bigint * interval '1 millisecond' WHERE epoch = $1::bigint RETURNING epoch)"
    " SELECT epoch, true FROM mine UNION ALL"
    " SELECT epoch, false FROM nodes WHERE epoch <> $1::bigint AND lease_until < "
    "clock_timestamp()"};
constexpr Statement take_over_node{
    "take_over_node",
    "SELECT execution, has_begun"
    " FROM ropewalk_take_over_by_name($1::bigint, $2::bigint, $3::boolean)"};
constexpr Statement adopt{
    "adopt_orphans",
    "UPDATE executions e SET owner = $1::bigint WHERE status < 3 AND owner <> $1::bigint"
    " AND NOT EXISTS (SELECT FROM nodes n WHERE n.epoch = e.owner)"};
constexpr Statement end_transactions{
    "end_transactions",
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND classid = 21079 AND objid = $1::bigint::integer::oid AND objsubid = 2"
    " AND pid <> pg_backend_pid()"};
constexpr Statement expire_lease{
    "expire_lease",
    "UPDATE nodes SET lease_until = clock_timestamp() - interval '1 millisecond'"
    " WHERE epoch = $1::bigint"};
constexpr Statement all_nodes{
    "all_nodes",
    "SELECT epoch, node_id, name, address, started_at, lease_until,"
    " lease_until >= clock_timestamp() FROM nodes ORDER BY epoch"};

}  // namespace

NodeLease::NodeLease(ConnectionPool& pool, Options options)
    : pool_(pool), options_(std::move(options)) {}

Async<Result<std::int64_t>> NodeLease::register_node() {
  auto const asked_at = Steady::now();
  Params params;
  params.text(options_.node.node_id).text(options_.node.name).text(options_.node.address);
  params.int8(options_.ttl.count());
  CO_TRY(auto inserted, co_await pool_.run(insert_node, std::move(params)));
  epoch_ = inserted.integer(0, 0);
  trusted_until_ = asked_at + options_.ttl;

  Params mine;
  mine.text(options_.node.node_id).int8(epoch_);
  CO_TRY(auto earlier, co_await pool_.run(earlier_epochs, std::move(mine)));
  for (std::size_t i = 0; i < earlier.size(); ++i) {
    auto taken = co_await take_over(earlier.integer(i, 0), /*by_force=*/true);
    if (!taken) co_return taken.error();
  }
  auto adopted = co_await adopt_orphans();
  if (!adopted) co_return adopted.error();
  co_return epoch_;
}

Async<Result<NodeLease::Beat>> NodeLease::beat() {
  auto const asked_at = Steady::now();
  Params params;
  params.int8(epoch_).int8(options_.ttl.count());
  CO_TRY(auto rows, co_await pool_.run(renew_lease, std::move(params)));
  Beat beat;
  beat.is_lost = true;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows.boolean(i, 1))
      beat.is_lost = false;
    else
      beat.expired.push_back(rows.integer(i, 0));
  }
  if (!beat.is_lost) trusted_until_ = asked_at + options_.ttl;
  co_return beat;
}

Async<Result<std::vector<LeftBehind>>> NodeLease::take_over(std::int64_t epoch) {
  co_return co_await take_over(epoch, /*by_force=*/false);
}

Async<Result<std::vector<LeftBehind>>> NodeLease::take_over(std::int64_t epoch, bool by_force) {
  for (int tries_left = 3;; --tries_left) {
    Params params;
    params.int8(epoch).int8(epoch_).boolean(by_force);
    auto done = co_await pool_.run(take_over_node, std::move(params));
    if (done) co_return read_left_behind(*done);
    bool const is_locked = sqlstate_of(done.error()) == "55P03";
    if (!is_locked || tries_left == 0) co_return done.error();
    auto ended = co_await end_transactions_of(epoch);
    if (!ended) co_return ended.error();
  }
}

/// The old owner stopped (or its network did) in the middle of a transaction, which holds the lock
/// until it ends.
Async<Result<void>> NodeLease::end_transactions_of(std::int64_t epoch) {
  Params params;
  params.int8(epoch);
  auto done = co_await pool_.run(end_transactions, std::move(params));
  if (!done) co_return done.error();
  co_return boost::system::in_place_value;
}

Async<Result<std::int64_t>> NodeLease::adopt_orphans() {
  Params params;
  params.int8(epoch_);
  CO_TRY(auto rows, co_await pool_.run(adopt, std::move(params)));
  co_return rows.affected();
}

Async<> NodeLease::run(Handlers handlers) {
  auto report = [&handlers](Error const& error) {
    if (handlers.on_error) handlers.on_error(error);
  };
  for (;;) {
    co_await sleep_for(options_.ttl / 3);
    auto beaten = co_await beat();
    if (!beaten) {
      report(beaten.error());
      continue;
    }
    if (beaten->is_lost) {
      if (handlers.on_lost) handlers.on_lost();
      co_return;
    }
    for (auto const epoch : beaten->expired) {
      auto taken = co_await take_over(epoch);
      if (!taken) {
        report(taken.error());
        // Its COMMIT may have been carried out all the same.
        if (handlers.on_doubt) handlers.on_doubt();
      } else if (!taken->empty() && handlers.on_taken) {
        handlers.on_taken(std::move(*taken));
      }
    }
  }
}

Async<Result<void>> NodeLease::release() {
  Params params;
  params.int8(epoch_);
  auto done = co_await pool_.run(expire_lease, std::move(params));
  if (!done) co_return done.error();
  co_return boost::system::in_place_value;
}

Async<Result<std::vector<NodeRow>>> NodeLease::list_nodes() {
  CO_TRY(auto rows, co_await pool_.run(all_nodes));
  std::vector<NodeRow> out(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto& node = out[i];
    node.epoch = rows.integer(i, 0);
    node.node.node_id = rows.text(i, 1);
    node.node.name = rows.text(i, 2);
    node.node.address = rows.text(i, 3);
    node.started_at = rows.at(i, 4).value_or(Instant());
    node.lease_until = rows.at(i, 5).value_or(Instant());
    node.is_alive = rows.boolean(i, 6);
  }
  co_return out;
}

}  // namespace ropewalk::sql
