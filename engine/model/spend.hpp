#pragma once
// What calls to paid services took: tokens and money.
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

}  // namespace ropewalk
