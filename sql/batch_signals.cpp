#include "sql/batch_columns.hpp"

#include <optional>
#include <utility>

namespace ropewalk::sql {
namespace {

constexpr Statement upsert_signals{
    "upsert_signals",
    "INSERT INTO signals (execution, number, at, name, key, request_hash, taken_by, payload)"
    " SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::text[], $5::text[],"
    " $6::text[], $7::text[], $8::json[])"
    " ON CONFLICT (execution, number) DO UPDATE SET taken_by = excluded.taken_by,"
    " payload = excluded.payload"};

}  // namespace

void add_signal_steps(std::vector<Step>& steps, std::span<Change const> changes) {
  Latest<std::pair<ExecutionId, std::uint64_t>> latest;
  bool has_any = false;
  for (auto const& change : changes) {
    for (auto const& signal : change.signals) {
      latest.see({change.execution, signal.number});
      has_any = true;
    }
  }
  if (!has_any) return;
  Columns columns(E::uuid, E::int8, E::timestamptz, E::text, E::text, E::text, E::text, E::json);
  for (auto const& change : changes) {
    for (auto const& signal : change.signals) {
      if (!latest.is_latest({change.execution, signal.number})) continue;
      columns[0].add(change.execution);
      columns[1].add_int8(signed_seq(signal.number));
      columns[2].add(std::optional<Instant>(signal.at));
      columns[3].add(signal.name);
      columns[4].add_if_any(signal.key);
      columns[5].add_if_any(signal.request_hash);
      columns[6].add_if_any(signal.taken_by);
      columns[7].add_if_any(signal.payload);
    }
  }
  Step& step = steps.emplace_back();
  step.statement = &upsert_signals;
  step.params = columns.finish();
}

}  // namespace ropewalk::sql
