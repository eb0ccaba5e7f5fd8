#pragma once
// Whether a call fits into what may still be spent, and how it is said when it does not.
//
// Pure: values in, values out.

#include "engine/base/error.hpp"
#include "engine/model/spend.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace ropewalk::ai {

/// What was paid for already, or is about to be.
struct Spent {
  std::int64_t tokens = 0;  // input and output
  double cost_usd = 0;      // as far as it is known

  Spent& operator+=(Spent const& more);
  Spent& operator-=(Spent const& less);
};

/// What one call is about to take.
struct CallEstimate {
  Spent sends{};               // what goes to the model: that much is certain
  Spent most{};                // with the longest answer that it may give
  bool is_price_known = true;  // else no cost stands in either
};

/// A limit and what it is of.
struct Budget {
  std::string field{};  // "task", "execution" or "perDay": which `budget` of the file
  std::string words{};  // "the budget of the task"
  SpendLimit limit{};
};

/// Of one task of an execution.
Budget task_budget(SpendLimit limit);
/// Of a whole execution.
Budget execution_budget(SpendLimit limit);
/// Of all executions of a workflow on a day of UTC, which is written 2026-01-31.
Budget day_budget(SpendLimit limit, std::string const& workflow, std::string const& day);

/// Whether a call would go past what is allowed, with `spent` spent before it. What its answer will
/// take is not known and does not count.
bool is_exceeded(SpendLimit const& limit, Spent const& spent, CallEstimate const& call);

struct Exceeded {
  Error error{};  // budget_exceeded (resource, not tried again); detail.budget is the field
  OnExceeded then = OnExceeded::fail;
};
/// REQUIRES: is_exceeded(budget.limit, spent, call).
Exceeded exceeded(Budget const& budget, Spent const& spent, CallEstimate const& call);

/// "$0.0123".
std::string dollars_text(double amount);

}  // namespace ropewalk::ai
