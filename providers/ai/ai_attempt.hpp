#pragma once
// One attempt at an AI task: from its fields to its output.
//
// Rounds: the model answers, asks for tools (their results are sent back), or gives something that
// is not what was wanted (it is shown its error). Each is bounded.
//
// Shard: that of the runner. Owner: AiRunner::run.

#include "providers/ai/answer_check.hpp"
#include "providers/ai/model_caller.hpp"

#include <optional>
#include <vector>

namespace ropewalk::ai {

class AiAttempt {
 public:
  /// All of them outlive the attempt.
  AiAttempt(
      AiParts const& parts,
      AttemptRequest const& request,
      AttemptSink& sink,
      TokenCorrection& correction
  );

  /// Usage, spend and detail are there however it ended, also where it was cancelled.
  Async<AttemptOutcome> run();

 private:
  Async<Result<json::value>> caught_work();
  /// The task's output.
  Async<Result<json::value>> work();
  Async<Result<>> prepare();
  Async<Result<DraftParts>> gather_parts();
  Async<Result<>> load_prompt(DraftParts& parts);
  Async<Result<>> load_attachments(DraftParts& parts);
  /// The budgets that its calls are paid from, with what was spent of them before.
  Async<Result<>> load_budgets();
  void add_budget(std::string account, Budget budget, Spent const& stored);
  Async<Result<json::value>> converse();
  bool can_go_on_with(ChatAnswer const& answer) const;
  Async<> keep(std::vector<Answered> good);
  Async<Result<>> run_tools(ChatAnswer const& answer);
  /// `call` and `into` outlive it.
  Async<> answer_call(ToolCallPart const& call, ToolResultPart& into);
  Async<ToolResultPart> run_tool(ToolCallPart const& call);
  std::string conversation_key() const;
  Async<> remember(ChatAnswer const& answer);
  ChatRequest base_request() const;
  /// One of the models does not keep to a schema by itself.
  bool needs_schema_in_words() const;
  void add_exchange(Message message);
  json::value detail() const;
  json::value cut_report() const;
  TextEnd text_end() const;
  json::object stream_record() const;

  AiParts const& parts_;
  AttemptRequest const& request_;
  AttemptSink& sink_;
  TokenCorrection& correction_;
  StreamRelay relay_;
  CallLedger ledger_;
  std::vector<BudgetShare> budgets_{};
  AiTask task_{};
  std::optional<AnswerCheck> check_{};
  std::optional<ModelCaller> caller_{};
  std::vector<DraftMessage> draft_{};
  std::vector<Message> asked_{};  // this turn's part of the conversation
  json::array tool_records_{};
  std::string prompt_version_{};
  std::string not_remembered_{};        // why the turn is not in the history; empty: it is
  std::optional<Answered> answered_{};  // the last answer
};

}  // namespace ropewalk::ai
