// Going on with what was left: by a crash of this server, or by another node that lost its lease.
#include "engine/async/deadline.hpp"
#include "engine/base/json.hpp"
#include "server/artifacts/prune_artifacts.hpp"
#include "server/http/problem_response.hpp"
#include "server/node_impl.hpp"
#include "server/observe/log.hpp"

#include <algorithm>
#include <map>

namespace ropewalk::server {
namespace {

constexpr Duration costs_kept = std::chrono::days(400);  // a year and the month to compare with

constexpr std::size_t page_size = 200;

/// False: the database was in the way, or something else that passes.
bool is_unreadable(Error const& error) {
  return error.code == "not_found" || error.code == "invalid_workflow";
}

void log_abandoned(ExecutionId id, Error const& error) {
  log::Fields fields;
  fields["execution"] = id.to_string();
  fields["error"] = to_json(error);
  log::error("an execution cannot be gone on with, and ends as FAILED", fields);
}

/// On the home shard of `ids`. What is read of them stays true until they are live: nobody else
/// has a turn at them, and only who runs an execution writes to it. Errors: those of the store;
/// some may have been adopted then, and may be given again.
Async<Result<>> adopt_at(
    NodeShard& home, NodeCommon& common, std::int64_t epoch, std::vector<ExecutionId> ids
) {
  auto const work = home.work;
  if (!work || work->epoch != epoch) co_return Result<>();  // a later epoch finds them
  std::vector<Turns<ExecutionId>::Turn> turns;
  turns.reserve(ids.size());
  for (auto const& id : ids) {
    auto turn = co_await home.turns.take(id);
    turns.push_back(std::move(turn));
  }
  std::erase_if(ids, [&](ExecutionId id) { return work->engine.is_live(id); });
  auto asking = home.start_limits.waits(ids);
  auto const found = co_await std::move(asking);
  if (!found) co_return found.error();
  std::map<ExecutionId, sql::StartLimits::Wait> waits;
  for (auto const& wait : *found) waits.emplace(wait.execution, wait);
  auto stored = co_await home.store.load_live(epoch, std::move(ids));
  if (!stored) co_return stored.error();
  for (auto& execution : *stored) {
    auto loading = load_definition(common, home.store, execution.created.definition_hash);
    auto const workflow = co_await std::move(loading);
    if (workflow) {
      auto const wait = waits.find(execution.execution);
      std::optional<StartHold> hold;
      if (wait != waits.end()) hold = hold_of(common, wait->second);
      auto adopting = work->engine.adopt(*workflow, std::move(execution), std::move(hold));
      co_await std::move(adopting);
      if (wait == waits.end() || !wait->second.superseded_by) continue;
      auto superseding = work->engine.supersede(wait->first, superseded_error(wait->second));
      co_await std::move(superseding);  // one that had begun goes on
    } else if (is_unreadable(workflow.error())) {
      log_abandoned(execution.execution, workflow.error());
      work->engine.abandon(execution, workflow.error());
    } else {
      co_return workflow.error();
    }
  }
  co_return Result<>();
}

}  // namespace

Async<Result<std::shared_ptr<Workflow const>>> load_definition(
    NodeCommon& common, sql::Store& store, std::string hash
) {
  if (auto found = common.workflows.find(hash)) co_return found;
  auto body = co_await store.get_definition(hash);
  if (!body) co_return body.error();
  // It was accepted under the limits of its day: today's do not take it away.
  WorkflowLimits limits;
  limits.bytes_max = body->size() + 1;
  limits.nodes_max = body->size() + 1;
  limits.tasks_max = 10'000'000;
  limits.edges_max = 100'000'000;
  limits.depth_max = 256;
  auto work = [text = std::move(*body), limits, &types = common.types] {
    return load_workflow(text, types, limits, TextFormat::json);
  };
  auto loading = common.blocking.run(std::move(work));
  auto loaded = co_await std::move(loading);
  if (!loaded.workflow) {
    Error error;
    error.code = "invalid_workflow";
    error.message = "the stored definition cannot be read any more";
    error.detail = to_json(loaded.problems);
    co_return error;
  }
  common.workflows.put(hash, loaded.workflow);
  co_return loaded.workflow;
}

/// Executions of any shard, all begun or none.
Async<Result<>> Node::Impl::adopt_page(std::int64_t epoch, std::vector<LeftBehind> page) {
  auto const count = static_cast<std::uint32_t>(shards_.size());
  std::vector<std::vector<ExecutionId>> by_shard(count);
  for (auto const& left : page) by_shard[left.execution.shard(count)].push_back(left.execution);
  for (std::uint32_t shard = 0; shard < count; ++shard) {
    if (by_shard[shard].empty()) continue;
    auto& home = *shards_[shard];
    auto& ids = by_shard[shard];
    auto make = [&] { return adopt_at(home, common_, epoch, std::move(ids)); };
    auto adopting = on_shard(home.shard, make);
    auto const adopted = co_await std::move(adopting);
    if (!adopted) co_return adopted.error();
  }
  co_return Result<>();
}

/// Those that had begun come first, all of them: they have their places among the executions of
/// their workflow. What could not be adopted stays in left_.
Async<Result<>> Node::Impl::adopt_left(std::int64_t epoch) {
  if (std::exchange(look_for_left_, false)) {
    auto const found = co_await shards_.front()->store.list_live(epoch);
    if (!found) {
      look_for_left_ = true;
      co_return found.error();
    }
    left_.insert(left_.end(), found->begin(), found->end());
  }
  auto left = std::exchange(left_, {});
  std::sort(left.begin(), left.end());
  left.erase(std::unique(left.begin(), left.end()), left.end());
  auto const count = left.size();
  for (auto at = left.begin(); at != left.end();) {
    auto const begun = at->has_begun;
    auto const same = [begun](LeftBehind const& one) { return one.has_begun == begun; };
    auto const room = std::min<std::ptrdiff_t>(left.end() - at, page_size);
    auto const end = std::find_if_not(at, at + room, same);
    auto adopting = adopt_page(epoch, std::vector<LeftBehind>(at, end));
    auto const adopted = co_await std::move(adopting);
    if (!adopted) {
      left_.insert(left_.end(), at, left.end());
      co_return adopted.error();
    }
    at = end;
  }
  log::Fields fields;
  fields["count"] = count;
  if (count > 0) log::info("going on with executions that were under way", fields);
  co_return Result<>{};
}

/// Until it works: the database may be away for a while.
Async<> Node::Impl::watch_adoption(sql::NodeLease& lease) {
  while ((look_for_left_ || !left_.empty()) && !fenced_ && stops_asked_ == 0) {
    auto const adopted = co_await adopt_left(lease.epoch());
    if (adopted) continue;
    log::Fields fields;
    fields["error"] = adopted.error().message;
    log::warn("adopting executions has to wait", fields);
    co_await wake_->wait_until(Steady::now() + std::chrono::seconds(1));
  }
}

/// Removes executions that are older than the retention time, and costs that are older than a year
/// as well, now and then, until cancelled.
Async<> Node::Impl::run_retention() {
  auto const keep = common_.config.retention;
  if (keep.count() == 0) co_return;
  for (;;) {
    auto const older_than = common_.clock.now() - keep;
    auto const pruned = co_await shards_.front()->store.prune(older_than);
    log::Fields fields;
    if (!pruned) {
      fields["error"] = pruned.error().message;
      log::warn("old executions could not be removed", fields);
    } else if (pruned->executions > 0) {
      fields["executions"] = pruned->executions;
      log::info("removed old executions", fields);
    }
    auto const artifacts =
        co_await prune_artifacts(common_.blocking, shards_.front()->store, common_.artifact_root());
    if (!artifacts) {
      fields["error"] = artifacts.error().message;
      log::warn("artifacts of old executions could not be removed", fields);
    }
    auto const costs_older_than = common_.clock.now() - std::max(keep, costs_kept);
    auto const forgotten = co_await shards_.front()->store.prune_spend(costs_older_than);
    if (!forgotten) {
      fields["error"] = forgotten.error().message;
      log::warn("old costs could not be removed", fields);
    }
    co_await sleep_for(std::min<Steady::duration>(keep, std::chrono::hours(1)));
  }
}

}  // namespace ropewalk::server
