#include "providers/ai/call_account.hpp"

#include "providers/ai/token_estimate.hpp"

#include <algorithm>
#include <array>

namespace ropewalk::ai {
namespace {

/// Whether the provider may have worked for an answer that it had no occasion to count.
bool may_have_cost(ChatOutcome const& outcome) {
  constexpr std::array<std::string_view, 6> left{
      "cancelled",
      "connection_lost",
      "stream_truncated",
      "timeout_first_byte",
      "timeout_idle",
      "timeout_total"};
  bool const has_begun = outcome.total > Duration{};
  if (outcome.ended || !has_begun) return false;
  return outcome.first_token > Duration{} || !(outcome.answer.usage == ChatUsage{}) ||
         std::find(left.begin(), left.end(), outcome.ended.error().code) != left.end();
}

/// What of an answer that broke off was counted: some tell at its start what was sent, and of what
/// they have said a first word.
ChatUsage begun(ChatUsage usage) {
  usage.output.reset();
  usage.reasoning.reset();
  return usage;
}

std::int64_t received_tokens(TokenFamily family, ChatAnswer const& answer) {
  std::int64_t tokens =
      estimate_tokens(family, answer.text) + estimate_tokens(family, answer.reasoning);
  for (auto const& call : answer.tool_calls)
    tokens += estimate_tokens(family, call.name) + estimate_tokens(family, call.arguments);
  return tokens;
}

}  // namespace

CallAccount account_of(CallFacts const& facts, ChatOutcome const& outcome) {
  CallAccount out;
  bool const is_whole = outcome.ended.has_value();
  out.was_left = !facts.costs_nothing && may_have_cost(outcome);
  out.usage = is_whole ? outcome.answer.usage : begun(outcome.answer.usage);
  if (facts.costs_nothing)
    out.cost_usd = 0;
  else if (is_whole && facts.price)
    out.cost_usd = cost_usd(*facts.price, out.usage);
  if (!is_whole && !out.was_left) return out;
  ChatUsage charged = out.usage;
  bool const is_counted = charged.input && charged.output;
  if (!charged.input) charged.input = facts.input;
  if (!charged.output) charged.output = received_tokens(token_family(facts.model), outcome.answer);
  out.charged_tokens = *charged.input + *charged.output;
  if (!facts.costs_nothing && facts.price)
    out.charged_usd = cost_usd(*facts.price, charged).value_or(0);
  if (is_counted || (is_whole && !(out.usage == ChatUsage{}))) out.tokens_used = out.charged_tokens;
  return out;
}

}  // namespace ropewalk::ai
