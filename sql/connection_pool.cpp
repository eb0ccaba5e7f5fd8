#include "sql/connection_pool.hpp"

#include <utility>

namespace ropewalk::sql {
namespace {

Error overloaded() {
  Error error;
  error.error_class = ErrorClass::transient;
  error.code = "overloaded";
  error.message = "all database connections are busy";
  error.hint = "Try again in a moment.";
  return error;
}

}  // namespace

PoolLease::PoolLease(ConnectionPool& pool, std::unique_ptr<Connection> connection)
    : pool_(&pool), connection_(std::move(connection)) {}

PoolLease::~PoolLease() {
  if (connection_) pool_->give_back(std::move(connection_));
}

ConnectionPool::ConnectionPool(Executor executor, Options options)
    : executor_(executor), options_(std::move(options)) {
  // Read queries have optional filters: the plan must be made for the filters that are there.
  options_.connect.settings["plan_cache_mode"] = "force_custom_plan";
}

ConnectionPool::~ConnectionPool() {
  ROPEWALK_CHECK(waiting_.empty());
}

void ConnectionPool::wake_one() {
  if (!waiting_.empty()) waiting_.front().cancel();
}

void ConnectionPool::give_back(std::unique_ptr<Connection> connection) {
  if (connection->is_broken())
    --open_count_;
  else
    idle_.push_back(std::move(connection));
  wake_one();
}

std::unique_ptr<Connection> ConnectionPool::take_idle() {
  while (!idle_.empty()) {
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    if (!connection->is_broken()) return connection;
    --open_count_;
  }
  return nullptr;
}

Async<Result<PoolLease>> ConnectionPool::open_one() {
  // Counted while it is being opened; uncounted however that ends, also by cancellation.
  struct Counted {
    ConnectionPool& pool;
    bool is_kept = false;
    ~Counted() {
      if (is_kept) return;
      --pool.open_count_;
      pool.wake_one();
    }
  };
  ++open_count_;
  Counted counted{*this};
  CO_TRY(auto connection, co_await Connection::open(options_.connect));
  counted.is_kept = true;
  co_return PoolLease(*this, std::move(connection));
}

Async<Result<PoolLease>> ConnectionPool::acquire() {
  auto const deadline = Steady::now() + options_.wait_max;
  bool has_waited = false;
  for (;;) {
    bool const is_my_turn = has_waited || waiting_.empty();
    if (is_my_turn) {
      if (auto connection = take_idle()) co_return PoolLease(*this, std::move(connection));
      if (open_count_ < options_.connections_max) co_return co_await open_one();
    }
    if (Steady::now() >= deadline) co_return overloaded();
    auto const place = waiting_.emplace(waiting_.end(), executor_, deadline);
    struct Leave {
      std::list<Timer>& list;
      std::list<Timer>::iterator place;
      ~Leave() { list.erase(place); }
    };
    Leave const leave{waiting_, place};
    co_await place->async_wait(use_tuple);
    has_waited = true;
  }
}

Async<Result<Rows>> ConnectionPool::run(Statement const& statement, Params params) {
  CO_TRY(auto lease, co_await acquire());
  co_return co_await lease->run(statement, std::move(params));
}

Async<Result<std::vector<Rows>>> ConnectionPool::run(std::vector<Step> const& steps) {
  CO_TRY(auto lease, co_await acquire());
  co_return co_await lease->run(steps);
}

}  // namespace ropewalk::sql
