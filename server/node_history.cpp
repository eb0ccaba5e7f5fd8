// What the API shows of tasks by themselves, of providers and of costs, and how history is cut.
#include "engine/base/json.hpp"
#include "providers/process/package_set.hpp"
#include "server/api/views.hpp"
#include "server/artifacts/prune_artifacts.hpp"
#include "server/node_backend.hpp"
#include "server/node_impl.hpp"

namespace ropewalk::server {

Async<Result<json::object>> NodeBackend::get_task(ExecutionId id, std::string task) {
  auto const row = co_await shard_.store.get_task(id, task);
  if (row) co_return task_view(*row);
  if (row.error().code != "not_found") co_return row.error();
  // A task that still waits for others has no record: it is in the definition alone.
  auto const execution = co_await shard_.store.get_execution(id);
  if (!execution) co_return execution.error();
  auto loading = load_definition(common_, shard_.store, execution->stored.created.definition_hash);
  auto const workflow = co_await std::move(loading);
  if (!workflow || !(*workflow)->find(task)) co_return row.error();
  sql::TaskRow pending;
  pending.task.task = std::move(task);
  co_return task_view(pending);
}

Async<json::array> NodeBackend::providers() {
  auto describing = common_.ai->describe();
  co_return co_await std::move(describing);
}

Async<Result<json::array>> NodeBackend::costs(CostQuery query) {
  auto const limit = static_cast<std::int32_t>(query.limit);
  auto const totals = co_await shard_.store.spend_by(query.by, query.from, query.to, limit);
  if (!totals) co_return totals.error();
  json::array out;
  for (auto const& total : *totals) out.emplace_back(cost_view(total));
  co_return out;
}

Async<Result<json::object>> NodeBackend::prune(Duration age, std::optional<Duration> costs_age) {
  auto const now = common_.clock.now();
  auto const pruned = co_await shard_.store.prune(now - age);
  if (!pruned) co_return pruned.error();
  auto const artifacts =
      co_await prune_artifacts(common_.blocking, shard_.store, common_.artifact_root());
  if (!artifacts) co_return artifacts.error();
  auto prune_sets = [root = common_.package_root(),
                     seconds = std::chrono::duration_cast<std::chrono::seconds>(age).count(),
                     bytes_max = common_.config.limits.package_bytes] {
    return prune_packages(root, seconds, bytes_max);
  };
  auto pruning_sets = common_.blocking.run(prune_sets);
  auto const packages = co_await std::move(pruning_sets);
  json::object out;
  out["executions"] = pruned->executions;
  out["packages"] = packages;
  out["artifacts"] = *artifacts;
  out["definitions"] = pruned->definitions;
  out["idempotencyKeys"] = pruned->idempotency_keys;
  out["cachedResponses"] = pruned->cached_responses;
  out["conversationTurns"] = pruned->conversation_turns;
  if (!costs_age) co_return out;
  auto const forgotten = co_await shard_.store.prune_spend(now - *costs_age);
  if (!forgotten) co_return forgotten.error();
  out["costs"] = *forgotten;
  co_return out;
}

}  // namespace ropewalk::server
