#pragma once
// What a task, an execution and a workflow's day may still spend.
//
// Asked before every call; what is under way is not cut short, so a budget can be passed by what
// the calls of that moment cost. Pure; belongs to one attempt.

#include "engine/base/error.hpp"
#include "providers/ai/ai_parts.hpp"
#include "providers/ai/ai_task.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ropewalk::ai {

struct SpendLimit {
  std::optional<std::int64_t> max_tokens{};
  std::optional<double> max_cost_usd{};
  OnBudget on_exceeded = OnBudget::fail;
};

class BudgetGuard {
 public:
  /// `name`: "task", "execution", "workflow's day"; `before`: what was spent of it already.
  void add(std::string name, SpendLimit limit, Spent before);
  /// A call of this attempt took so much.
  void spent(std::int64_t tokens, double cost_usd);

  struct Exceeded {
    Error error{};  // budget_exceeded (resource, not tried again)
    OnBudget then = OnBudget::fail;
  };
  /// Whether a call that sends so many tokens, at the cost of sending them where that is known,
  /// would go past a budget.
  std::optional<Exceeded> exceeded_by(std::int64_t tokens, std::optional<double> cost_usd) const;

 private:
  struct Entry {
    std::string name{};
    SpendLimit limit{};
    Spent spent{};
  };
  std::vector<Entry> entries_;
};

}  // namespace ropewalk::ai
