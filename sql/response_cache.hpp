#pragma once
// Kept answers in PostgreSQL. How long one is kept is measured by the database's clock.
//
// Owner:  one a shard, beside its ConnectionPool, which must outlive it.
// Errors: those of ConnectionPool.

#include "engine/ports/response_cache.hpp"
#include "sql/connection_pool.hpp"

namespace ropewalk::sql {

class PostgresResponseCache final : public ResponseCache {
 public:
  explicit PostgresResponseCache(ConnectionPool& pool) : pool_(pool) {}

  Async<Result<std::optional<std::string>>> get(std::string key) override;
  Async<Result<>> put(std::string key, std::string value, Duration ttl) override;

 private:
  ConnectionPool& pool_;
};

}  // namespace ropewalk::sql
