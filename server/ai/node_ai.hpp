#pragma once
// What AI tasks share on a node: the configured providers, what is known of models, the limits and
// budgets.
//
// Owner: the node. Made on the thread that starts it; immutable afterwards but for the limits and
// budgets, which any shard may ask.

#include "providers/ai/budget_service.hpp"
#include "providers/ai/model_data.hpp"
#include "providers/ai/provider_config.hpp"
#include "providers/ai/provider_limit_service.hpp"
#include "providers/http/http_client.hpp"
#include "server/config.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace ropewalk::server {

class Metrics;

class NodeAi {
 public:
  /// Reads keys and the models file. Errors: invalid_key, models_file (permanent), those of
  /// ModelTable::with.
  static Result<std::unique_ptr<NodeAi>> make(Config const& config);

  /// Before the first task. `home`: where the limits live; `clock` and `metrics` outlive this.
  void start(Executor home, Clock const& clock, Metrics& metrics);

  /// After the shards' threads have ended and before the shards go: the limits' timers are theirs.
  void stop();

  ai::ProviderConfigs const& providers() const { return providers_; }
  /// The keys that are set, by a name for each: what is to be told to nobody.
  std::map<std::string, std::string> keys() const;
  ai::ModelTable const& models() const { return *models_; }
  HttpClientOptions const& http() const { return http_; }
  /// REQUIRES: started.
  ai::ProviderLimitService& limits() { return *limits_; }
  ai::BudgetService& budgets() { return *budgets_; }
  /// GET /v1/providers: settings without keys, and how things stand with each. Any shard.
  Async<boost::json::array> describe();

 private:
  NodeAi() = default;

  ai::ProviderConfigs providers_;
  std::shared_ptr<ai::ModelTable const> models_;
  HttpClientOptions http_;
  std::optional<ai::ProviderLimitService> limits_;
  std::optional<ai::BudgetService> budgets_;
};

}  // namespace ropewalk::server
