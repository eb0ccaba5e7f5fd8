#pragma once
// Sums over the table `spend`: their columns, and how a row of them is read.

#include "sql/rows.hpp"
#include "sql/store_types.hpp"

namespace ropewalk::sql {

/// To be selected behind the group that they are of.
#define SPEND_TOTAL_COLUMNS                                                                    \
  "coalesce(sum(calls), 0)::bigint, coalesce(sum(input_tokens), 0)::bigint,"                   \
  " coalesce(sum(cached_tokens), 0)::bigint, coalesce(sum(output_tokens), 0)::bigint,"         \
  " coalesce(sum(cost_usd), 0)::float8, coalesce(sum(calls) FILTER (WHERE cost_usd IS NULL), " \
  "0)::bigint"

inline SpendTotal read_spend_total(Rows const& rows, std::size_t row) {
  SpendTotal total;
  total.group = rows.text(row, 0);
  total.calls = rows.integer(row, 1);
  total.input_tokens = rows.integer(row, 2);
  total.cached_tokens = rows.integer(row, 3);
  total.output_tokens = rows.integer(row, 4);
  total.cost_usd = rows.real(row, 5).value_or(0);
  total.unpriced_calls = rows.integer(row, 6);
  return total;
}

}  // namespace ropewalk::sql
