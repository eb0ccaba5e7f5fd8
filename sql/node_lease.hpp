#pragma once
// A server's claim to be alive, and how the executions of one that is not change hands.
//
// A lease lasts `ttl` by PostgreSQL's clock. Who does not renew it in time may be taken over by any
// other node; from that moment on every batch of the old one is refused (ropewalk_begin_batch).
// Nothing else decides who owns an execution.
//
// Owner:  one per server, on one shard; the pool must outlive it.
// Cancel: run() ends; everything else is one round trip.

#include "engine/async/async.hpp"
#include "engine/base/error.hpp"
#include "sql/connection_pool.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ropewalk::sql {

struct NodeInfo {
  std::string node_id{};  // kept in the data directory: the same for each process that serves it
  std::string name{};
  std::string address{};
};

struct NodeRow {
  std::int64_t epoch = 0;
  NodeInfo node{};
  Instant started_at{};
  Instant lease_until{};
  bool is_alive = false;
};

class NodeLease {
 public:
  struct Options {
    NodeInfo node{};
    std::chrono::milliseconds ttl = std::chrono::seconds(15);
  };

  NodeLease(ConnectionPool& pool, Options options);

  /// Begins a new epoch. Executions of earlier processes with the same node_id, and those that no
  /// node owns, become ours: Store::list_live names them, as long as the epoch has none of its own.
  /// REQUIRES: those processes are dead (the lock on the data directory
  /// sees to that).
  Async<Result<std::int64_t>> register_node();

  /// What a heartbeat learned.
  struct Beat {
    bool is_lost = false;                 // we have been taken over: stop all work
    std::vector<std::int64_t> expired{};  // other nodes to be taken over
  };
  Async<Result<Beat>> beat();

  /// Makes the live executions of a node whose lease has run out ours, and names them. None also
  /// when another node was faster. Load them with Store::load_live.
  Async<Result<std::vector<LeftBehind>>> take_over(std::int64_t epoch);

  /// Heartbeats every ttl/3 until cancelled or lost. on_taken follows each takeover that gave us
  /// something; on_doubt each that failed, and may have given us something nevertheless.
  struct Handlers {
    std::function<void(std::vector<LeftBehind> taken)> on_taken{};
    std::function<void()> on_doubt{};
    std::function<void()> on_lost{};
    std::function<void(Error const&)> on_error{};  // PostgreSQL could not be reached; it goes on
  };
  Async<> run(Handlers handlers);

  /// Gives the lease up: others, or our next process, may take over at once.
  Async<Result<void>> release();

  Async<Result<std::vector<NodeRow>>> list_nodes();

  std::int64_t epoch() const { return epoch_; }
  /// Until then no other node can have taken over. Counted from before the last renewal was asked
  /// for, on a clock that nobody sets; past it, start no work.
  Steady::time_point trusted_until() const { return trusted_until_; }

 private:
  Async<Result<std::vector<LeftBehind>>> take_over(std::int64_t epoch, bool by_force);
  Async<Result<std::int64_t>> adopt_orphans();
  Async<Result<void>> end_transactions_of(std::int64_t epoch);

  ConnectionPool& pool_;
  Options options_;
  std::int64_t epoch_ = 0;
  Steady::time_point trusted_until_{};
};

}  // namespace ropewalk::sql
