#pragma once
// Fitting what a model is sent into its window, and telling what was left out.
//
// Never left out: system messages and the last message of the user. A tool call and its results are
// one unit: both stay or both go; so does the last unit of the exchange, which the model has to
// answer. Pure; any thread. Costs a few estimates of each text that is cut.

#include "providers/ai/ai_task.hpp"
#include "providers/ai/draft.hpp"
#include "providers/ai/token_estimate.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ropewalk::ai {

struct ContextWindow {
  std::int64_t tokens = 0;    // input and output together
  std::int64_t reserved = 0;  // for the answer
  std::int64_t fixed = 0;     // what is sent besides the messages: tools, a schema
  TokenFamily family = TokenFamily::other;
  double factor = 1;  // of TokenCorrection
};

/// What is to be summarized: the runner sends each of `requests` to a model by itself, and gives
/// the answers, in order, to apply_summary.
struct SummaryPlan {
  std::vector<std::size_t> messages{};  // indices, ascending
  std::vector<Message> requests{};      // each fits into `input_max`
  std::int64_t answer_tokens_max = 0;   // of each answer
  std::int64_t tokens_max = 0;          // of the whole summary
};

struct FittedContext {
  std::vector<DraftMessage> messages{};
  std::int64_t tokens = 0;  // of the messages and what is fixed, corrected
  /// {strategy, window, reserved, tokensBefore, tokensAfter, cut: [{message, origin, role, label?,
  /// action: dropped|cut|summarized, tokensBefore, tokensAfter, charactersCut?}], cutCount}; empty
  /// when everything fits. `message` is the index before the cut; at most 100 of them are listed.
  json::object report{};
  std::optional<SummaryPlan> summary{};  // set: `messages` are as they were
};

/// Errors: context_length (resource, detail.retryable false): it does not fit, and the strategy
/// says error, or what must stay does not fit by itself. `summary_input_max`: how many tokens one
/// request for a summary may have.
Result<FittedContext> fit_context(
    std::vector<DraftMessage> messages,
    ContextWindow const& window,
    ContextStrategy strategy,
    std::int64_t summary_input_max = 32'000
);

/// The messages of the plan replaced by the answers, cut at the plan's size. The report says so.
/// REQUIRES: `planned` has a plan.
FittedContext apply_summary(
    FittedContext planned, std::vector<std::string> const& answers, ContextWindow const& window
);

}  // namespace ropewalk::ai
