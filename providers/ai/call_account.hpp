#pragma once
// What a call took: what its provider counted, what it cost, and what budgets are charged with.
//
// Only the count of a whole answer is a count. What an answer that broke off has cost is not known
// (null, never 0), but budgets are charged with an estimate: else a call that fails again and again
// would be paid for without an end.
//
// Pure: values in, values out.

#include "providers/ai/model_client.hpp"
#include "providers/ai/model_data.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ropewalk::ai {

struct CallFacts {
  std::string_view model{};           // as the provider calls it
  std::int64_t input = 0;             // estimate of what was sent
  std::optional<ModelPrice> price{};  // absent: not known
  bool costs_nothing = false;         // the simulation, a replay
};

struct CallAccount {
  ChatUsage usage{};  // without what is no final count
  std::optional<double> cost_usd{};
  std::string doubt{};    // why the provider's count is left out; empty: it is not
  bool was_left = false;  // it failed, and the provider may have worked for it all the same
  /// For budgets: counted where it was, else estimated; the cost is 0 where there is no price.
  std::int64_t charged_tokens = 0;
  double charged_usd = 0;
  std::optional<std::int64_t> tokens_used{};  // for limits; absent: nobody knows
};

/// Of a call that was made (its usage emptied where it cannot be true), or that never could be (an
/// outcome without a time).
CallAccount account_of(CallFacts const& facts, ChatOutcome const& outcome);

}  // namespace ropewalk::ai
