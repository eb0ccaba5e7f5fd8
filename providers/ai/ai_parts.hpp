#pragma once
// What AI tasks need from the server around them.
//
// Shard: unless it says otherwise, everything here is called on the shard of the runner that it was
// given to.

#include "engine/base/ids.hpp"
#include "engine/ports/clock.hpp"
#include "engine/ports/conversation_store.hpp"
#include "engine/ports/response_cache.hpp"
#include "engine/ports/workflow_folder.hpp"
#include "providers/ai/ai_observer.hpp"
#include "providers/ai/budget_service.hpp"
#include "providers/ai/model_client.hpp"
#include "providers/ai/model_data.hpp"
#include "providers/ai/prompt_reference.hpp"
#include "providers/ai/provider_config.hpp"
#include "providers/ai/provider_limit_service.hpp"

#include <optional>
#include <string>

namespace ropewalk::ai {

/// The clients of the configured providers.
class ModelClients {
 public:
  virtual ~ModelClients() = default;
  /// The client of a provider in `providers`. It outlives every call.
  virtual ModelClient& client(ProviderConfig const& provider) = 0;
  /// Answers come from recordings: no key is needed, no limit holds, nothing is paid.
  virtual bool is_replay() const { return false; }
};

/// What was paid for already, as it is stored.
class SpendSource {
 public:
  virtual ~SpendSource() = default;
  // Errors: those of the store.
  virtual Async<Result<Spent>> of_task(ExecutionId execution, std::string task) = 0;
  virtual Async<Result<Spent>> of_execution(ExecutionId execution) = 0;
  /// Since the day began (UTC); may be some seconds old.
  virtual Async<Result<Spent>> of_workflow_today(std::string workflow) = 0;
};

/// All of them outlive the runner.
struct AiParts {
  Executor executor;
  Clock const& clock;
  ProviderConfigs const& providers;
  ModelClients& clients;
  ProviderLimitService& limits;
  ModelTable const& models;
  WorkflowFolder& files;
  AiObserver& observer;
  SpendSource& spend;
  BudgetService& budgets;
  ResponseCache& cache;
  ConversationStore& conversations;
  PromptSource* prompts = nullptr;  // null: references to stored prompts are refused
};

}  // namespace ropewalk::ai
