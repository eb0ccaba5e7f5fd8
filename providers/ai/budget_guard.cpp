#include "providers/ai/budget_guard.hpp"

#include <boost/json/object.hpp>

#include <cstdio>

namespace ropewalk::ai {
namespace {

std::string dollars(double amount) {
  char text[64];
  std::snprintf(text, sizeof text, "$%.6g", amount);
  return text;
}

BudgetGuard::Exceeded exceeded(
    std::string const& name, OnBudget then, std::string const& words, json::object detail
) {
  detail["budget"] = name;
  detail["retryable"] = false;
  Error error{
      ErrorClass::resource,
      "budget_exceeded",
      "the " + name + "'s budget does not allow another call: " + words,
      then == OnBudget::pause ? "resume the execution to allow it once, or raise the budget"
                              : "raise the budget, or make the calls smaller",
      std::move(detail)};
  return {std::move(error), then};
}

}  // namespace

void BudgetGuard::add(std::string name, SpendLimit limit, Spent before) {
  if (limit.max_tokens || limit.max_cost_usd) entries_.push_back({std::move(name), limit, before});
}

void BudgetGuard::spent(std::int64_t tokens, double cost_usd) {
  for (auto& entry : entries_) {
    entry.spent.tokens += tokens;
    entry.spent.cost_usd += cost_usd;
  }
}

std::optional<BudgetGuard::Exceeded> BudgetGuard::exceeded_by(
    std::int64_t tokens, std::optional<double> cost_usd
) const {
  for (auto const& [name, limit, spent] : entries_) {
    if (limit.max_tokens && spent.tokens + tokens > *limit.max_tokens) {
      std::string const words =
          std::to_string(spent.tokens) + " of " + std::to_string(*limit.max_tokens) +
          " tokens are used, and it would send about " + std::to_string(tokens);
      json::object detail{{"spentTokens", spent.tokens}, {"maxTokens", *limit.max_tokens}};
      return exceeded(name, limit.on_exceeded, words, std::move(detail));
    }
    double const cost = spent.cost_usd + cost_usd.value_or(0);
    if (limit.max_cost_usd &&
        (cost > *limit.max_cost_usd || spent.cost_usd >= *limit.max_cost_usd)) {
      std::string const words =
          dollars(spent.cost_usd) + " of " + dollars(*limit.max_cost_usd) + " are spent" +
          (cost_usd ? ", and sending it costs about " + dollars(*cost_usd) : std::string());
      json::object detail{{"spentUsd", spent.cost_usd}, {"maxCostUsd", *limit.max_cost_usd}};
      return exceeded(name, limit.on_exceeded, words, std::move(detail));
    }
  }
  return std::nullopt;
}

}  // namespace ropewalk::ai
