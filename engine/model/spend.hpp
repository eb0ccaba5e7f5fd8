#pragma once
// What calls to paid services took, and what they may take: tokens and money.
//
// Plain values.

#include <cstdint>
#include <optional>
#include <string>

namespace ropewalk {

/// Of one attempt, by provider and model.
struct Spend {
  std::string provider{};
  std::string model{};
  std::int64_t calls = 0;
  std::int64_t input_tokens = 0;  // cached ones included
  std::int64_t cached_tokens = 0;
  std::int64_t output_tokens = 0;
  std::optional<double> cost_usd{};  // absent: the price is not known
};

/// What happens to a task whose next call a limit does not allow: it fails, or waits for a person.
enum class OnExceeded : unsigned char { fail, pause };

struct SpendLimit {
  std::optional<std::int64_t> max_tokens{};  // input and output
  std::optional<double> max_cost_usd{};
  OnExceeded on_exceeded = OnExceeded::fail;

  bool is_set() const { return max_tokens || max_cost_usd; }
};

/// `budget` of a workflow: what its executions may spend.
struct WorkflowBudget {
  SpendLimit execution{};  // one of them, over all its tasks
  SpendLimit day{};        // all of them together, in a day of UTC
};

}  // namespace ropewalk
