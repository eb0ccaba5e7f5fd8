#include "providers/ai/budget_check.hpp"

#include <boost/json/object.hpp>

#include <cstdio>

namespace ropewalk::ai {
namespace {

namespace json = boost::json;

bool has_too_many_tokens(SpendLimit const& limit, Spent const& spent, CallEstimate const& call) {
  return limit.max_tokens && spent.tokens + call.sends.tokens > *limit.max_tokens;
}

bool is_too_dear(SpendLimit const& limit, Spent const& spent, CallEstimate const& call) {
  if (!limit.max_cost_usd) return false;
  // Where the price is not known, what is used up is all that can be told.
  return spent.cost_usd >= *limit.max_cost_usd ||
         spent.cost_usd + call.sends.cost_usd > *limit.max_cost_usd;
}

std::string hint_of(Budget const& budget) {
  std::string const once = budget.limit.on_exceeded == OnExceeded::pause
                               ? "resume the execution to allow it once, "
                               : "";
  if (budget.field == "perDay")
    return once + (once.empty() ? "raise" : "or raise") +
           " budget.perDay of the workflow; the next day begins at midnight UTC";
  return once +
         (once.empty() ? "raise the budget, or make the calls smaller" : "or raise the budget");
}

}  // namespace

Spent& Spent::operator+=(Spent const& more) {
  tokens += more.tokens;
  cost_usd += more.cost_usd;
  return *this;
}

Spent& Spent::operator-=(Spent const& less) {
  tokens -= less.tokens;
  cost_usd -= less.cost_usd;
  return *this;
}

std::string dollars_text(double amount) {
  char text[64];
  std::snprintf(text, sizeof text, "$%.6g", amount);
  return text;
}

Budget task_budget(SpendLimit limit) {
  return {"task", "the budget of the task", limit};
}

Budget execution_budget(SpendLimit limit) {
  return {"execution", "the budget of the execution", limit};
}

Budget day_budget(SpendLimit limit, std::string const& workflow, std::string const& day) {
  return {"perDay", "the budget of workflow \"" + workflow + "\" for " + day + " (UTC)", limit};
}

bool is_exceeded(SpendLimit const& limit, Spent const& spent, CallEstimate const& call) {
  return has_too_many_tokens(limit, spent, call) || is_too_dear(limit, spent, call);
}

Exceeded exceeded(Budget const& budget, Spent const& spent, CallEstimate const& call) {
  SpendLimit const& limit = budget.limit;
  std::string words;
  json::object detail{{"budget", budget.field}, {"retryable", false}};
  if (has_too_many_tokens(limit, spent, call)) {
    words = std::to_string(spent.tokens) + " of " + std::to_string(*limit.max_tokens) +
            " tokens are used, and it would send about " + std::to_string(call.sends.tokens);
    detail["spentTokens"] = spent.tokens;
    detail["maxTokens"] = *limit.max_tokens;
  } else {
    ROPEWALK_CHECK(is_too_dear(limit, spent, call));
    words =
        dollars_text(spent.cost_usd) + " of " + dollars_text(*limit.max_cost_usd) + " are spent";
    if (call.is_price_known)
      words += ", and sending it costs about " + dollars_text(call.sends.cost_usd);
    detail["spentUsd"] = spent.cost_usd;
    detail["maxCostUsd"] = *limit.max_cost_usd;
  }
  Error error{
      ErrorClass::resource,
      "budget_exceeded",
      budget.words + " does not allow another call: " + words,
      hint_of(budget),
      std::move(detail)};
  return {std::move(error), limit.on_exceeded};
}

}  // namespace ropewalk::ai
