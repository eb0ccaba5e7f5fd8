#pragma once
// Asks a question of a chain of models, until one of them answers.
//
// For each model in turn: what is sent is fitted to its window, the budget and the cache are asked,
// a turn is waited for (limits, circuit breaker), then it is called and what it says goes to the
// watchers. Which errors move on to the next model: docs/ai.md.
//
// Shard: that of the attempt. One an attempt.

#include "engine/ports/task_runner.hpp"
#include "providers/ai/ai_parts.hpp"
#include "providers/ai/call_account.hpp"
#include "providers/ai/call_ledger.hpp"
#include "providers/ai/context_fit.hpp"
#include "providers/ai/draft.hpp"
#include "providers/ai/stream_relay.hpp"
#include "providers/ai/token_estimate.hpp"

#include <functional>
#include <string>
#include <vector>

namespace ropewalk::ai {

struct Question {
  std::vector<DraftMessage> draft{};
  ChatRequest base{};  // everything but model and messages
  CallPurpose purpose = CallPurpose::answer;
  ContextStrategy strategy = ContextStrategy::error;
  /// Whether an answer that was kept is one that the task can go on with; empty: any is.
  std::function<bool(ChatAnswer const& answer)> accepts{};
};

struct Answered {
  ModelName model{};
  ChatAnswer answer{};
  json::value cut_report{};  // what was cut from what this model was sent; null when nothing was
  std::string cache_key{};   // under which keep() keeps it; empty: it is not to be, or is already
};

/// Whether another model may do better: after transient and resource errors, and where this model
/// or its key is not to be had.
bool moves_on(Error const& error);

class ModelCaller {
 public:
  /// All of them outlive the caller.
  ModelCaller(
      AiParts const& parts,
      AttemptRequest const& request,
      AiTask const& task,
      AttemptSink& sink,
      StreamRelay& relay,
      CallLedger& ledger,
      std::vector<BudgetShare> const& budgets,
      TokenCorrection& correction
  );

  /// Errors: that of the last model that was asked.
  Async<Result<Answered>> ask(Question question);

  /// Keeps the answer for the same question, if the task wants that and it is a whole one. Only for
  /// what was found good: it is given again for days.
  Async<> keep(Answered const& answered);

  /// What was cut from what was sent last, for people; null when nothing was.
  json::value const& cut_report() const { return cut_report_; }
  /// A budget is used up, and a person is to decide.
  bool is_held() const { return is_held_; }

 private:
  struct Target {
    ModelName model{};
    CallPurpose purpose = CallPurpose::answer;
    bool has_next = false;            // another model of the chain stands by
    std::function<void()> on_turn{};  // it is about to be called
  };
  /// What one call is about to send.
  struct Prepared {
    ProviderConfig const* provider = nullptr;
    ModelInfo info{};
    ChatRequest chat{};
    json::value cut_report{};
    std::vector<std::string> dropped{};  // fields of the task that the model does not take
    std::int64_t input_raw = 0;          // estimates: without and with what was learnt of the model
    std::int64_t input = 0;
    std::int64_t output_max = 0;
  };

  Async<Result<Answered>> ask_one(Question const& question, Target target);
  Async<Result<Answered>> ask_hedged(Question const& question, Target first, Target second);
  Async<Result<Answered>> call_model(
      Question const& question, Target target, ChatListener const& listener
  );
  Result<ProviderConfig const*> find_provider(ModelName const& model) const;
  Async<Result<Prepared>> prepare(Question const& question, Target const& target);
  /// Leaves out what the model is known not to take. Errors: unsupported.
  static Result<> fit_abilities(Question const& question, ModelName const& model, Prepared& into);
  Async<Result<>> fit(Question const& question, ModelName const& model, Prepared& into);
  Async<Result<FittedContext>> summarize(
      ModelName const& model, FittedContext planned, ContextWindow const& window
  );
  Async<std::optional<ChatAnswer>> look_up(
      std::string const& key,
      Question const& question,
      Prepared const& prepared,
      Target const& target,
      ChatListener const& listener
  );
  /// Waits, where what is under way may use a budget up. Errors: price_unknown, budget_exceeded.
  Async<Result<BudgetHold>> reserve_budget(Prepared const& prepared, ModelName const& model);
  Async<Result<Permit>> wait_for_turn(Prepared const& prepared, Target const& target);
  /// `hold` outlives it.
  Async<Result<ChatAnswer>> call_now(
      Prepared const& prepared, Target const& target, BudgetHold& hold, ChatListener const& listener
  );
  CallFacts facts_of(Prepared const& prepared) const;
  void record(
      Prepared const& prepared,
      Target const& target,
      ChatOutcome const& outcome,
      CallAccount const& account
  );

  AiParts const& parts_;
  AttemptRequest const& request_;
  AiTask const& task_;
  AttemptSink& sink_;
  StreamRelay& relay_;
  CallLedger& ledger_;
  std::vector<BudgetShare> const& budgets_;
  TokenCorrection& correction_;
  json::value cut_report_{};
  bool is_held_ = false;
};

}  // namespace ropewalk::ai
