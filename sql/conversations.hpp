#pragma once
// Conversations in PostgreSQL, a row a turn.
//
// Owner:  one a shard, beside its ConnectionPool, which must outlive it.
// Errors: those of ConnectionPool.

#include "engine/ports/conversation_store.hpp"
#include "sql/connection_pool.hpp"

namespace ropewalk::sql {

class PostgresConversations final : public ConversationStore {
 public:
  explicit PostgresConversations(ConnectionPool& pool) : pool_(pool) {}

  Async<Result<std::vector<std::string>>> load(
      std::string key, std::int32_t turns_max, std::string turn_id
  ) override;
  Async<Result<>> append(std::string key, std::string turn_id, std::string turn) override;

 private:
  ConnectionPool& pool_;
};

}  // namespace ropewalk::sql
