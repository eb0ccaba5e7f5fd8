#pragma once
// A few connections of one shard for reads and small writes, opened when first needed.
//
// Owner:  must outlive every lease and every waiting acquire().
// Shard:  all calls on one shard.
// Limits: connections_max open at once; who waits longer than wait_max gets `overloaded`. First
// come, first served.

#include "engine/async/async.hpp"
#include "sql/connection.hpp"

#include <list>
#include <memory>
#include <vector>

namespace ropewalk::sql {

class ConnectionPool;

/// A borrowed connection; goes back by itself, or is thrown away when it broke.
class PoolLease {
 public:
  PoolLease(ConnectionPool& pool, std::unique_ptr<Connection> connection);
  PoolLease(PoolLease&&) noexcept = default;
  PoolLease& operator=(PoolLease&&) = delete;
  ~PoolLease();
  Connection* operator->() const { return connection_.get(); }
  Connection& operator*() const { return *connection_; }

 private:
  ConnectionPool* pool_;
  std::unique_ptr<Connection> connection_;
};

class ConnectionPool {
 public:
  struct Options {
    ConnectOptions connect{};
    std::size_t connections_max = 4;
    Steady::duration wait_max = std::chrono::seconds(10);
  };

  ConnectionPool(Executor executor, Options options);
  ConnectionPool(ConnectionPool const&) = delete;
  ConnectionPool& operator=(ConnectionPool const&) = delete;
  ~ConnectionPool();

  /// Errors: overloaded (transient), and those of Connection::open.
  Async<Result<PoolLease>> acquire();
  Async<Result<Rows>> run(Statement const& statement, Params params = {});
  Async<Result<std::vector<Rows>>> run(std::vector<Step> const& steps);

  std::size_t open_count() const { return open_count_; }

 private:
  friend class PoolLease;
  void give_back(std::unique_ptr<Connection> connection);
  void wake_one();
  std::unique_ptr<Connection> take_idle();
  Async<Result<PoolLease>> open_one();

  Executor executor_;
  Options options_;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::list<Timer> waiting_;
  std::size_t open_count_ = 0;  // idle, borrowed and being opened
};

}  // namespace ropewalk::sql
