#pragma once
// What AI tasks need on one shard: HTTP connections, clients, files, the store behind the ports.
//
// Owner: ShardWork. Shard: everything on that one.

#include "providers/ai/ai_runner.hpp"
#include "server/ai/node_ai.hpp"
#include "server/blocking.hpp"
#include "server/workflow_files.hpp"
#include "sql/conversations.hpp"
#include "sql/response_cache.hpp"
#include "sql/store.hpp"

#include <map>
#include <memory>
#include <string>

namespace ropewalk::server {

/// A day's sum of a workflow is read at most once a second: what this node spends meanwhile is in
/// its budgets.
class StoredSpend final : public ai::SpendSource {
 public:
  StoredSpend(sql::Store& store, Clock const& clock) : store_(store), clock_(clock) {}
  Async<Result<ai::Spent>> of_task(ExecutionId execution, std::string task) override;
  Async<Result<ai::Spent>> of_execution(ExecutionId execution) override;
  Async<Result<ai::Spent>> of_workflow_today(std::string workflow) override;

 private:
  struct DaySum {
    Instant read_at{};
    ai::Spent spent{};
  };

  sql::Store& store_;
  Clock const& clock_;
  std::map<std::string, DaySum, std::less<>> days_;  // by workflow
};

class ShardAi final : public ai::ModelClients {
 public:
  struct Parts {
    Executor executor;
    Config const& config;
    NodeAi& node;
    Clock const& clock;
    BlockingPool& blocking;
    sql::ConnectionPool& pool;
    sql::Store& store;
    ai::AiObserver& observer;
  };
  explicit ShardAi(Parts const& parts);
  ~ShardAi() override;

  ai::ModelClient& client(ai::ProviderConfig const& provider) override;
  bool is_replay() const override;
  ai::AiRunner& runner() { return runner_; }

 private:
  class Disk;  // recordings
  struct Layers {
    std::unique_ptr<ai::ModelClient> inner{};
    std::unique_ptr<ai::ModelClient> outer{};  // records or replays; null: neither
  };
  Layers make_client(ai::ProviderConfig const& provider);
  ai::AiParts ai_parts(Parts const& parts);

  Parts parts_;
  HttpClient http_;
  std::unique_ptr<Disk> disk_;
  WorkflowFiles files_;
  StoredSpend spend_;
  sql::PostgresResponseCache cache_;
  sql::PostgresConversations conversations_;
  std::map<std::string, Layers, std::less<>> clients_;
  ai::AiRunner runner_;
};

}  // namespace ropewalk::server
