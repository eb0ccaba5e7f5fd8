// Going on with what was left: by a crash of this server, or by another node that lost its lease.
#include "engine/async/deadline.hpp"
#include "engine/base/json.hpp"
#include "server/http/problem_response.hpp"
#include "server/node_impl.hpp"
#include "server/observe/log.hpp"

namespace ropewalk::server {
namespace {

constexpr std::int32_t page_size = 200;

Async<> adopt_at(
    NodeShard& home, std::shared_ptr<Workflow const> workflow, StoredExecution stored
) {
  auto const work = home.work;
  if (!work || work->engine.is_live(stored.execution)) co_return;
  co_await work->engine.adopt(std::move(workflow), std::move(stored));
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

Async<> Node::Impl::adopt_one(std::int64_t, StoredExecution stored) {
  auto const id = stored.execution;
  auto loading = load_definition(common_, shards_.front()->store, stored.created.definition_hash);
  auto const workflow = co_await std::move(loading);
  if (!workflow) {
    log::Fields fields;
    fields["execution"] = id.to_string();
    fields["error"] = to_json(workflow.error());
    log::error("an execution cannot be gone on with", fields);
    co_return;
  }
  auto& home = *shards_[id.shard(static_cast<std::uint32_t>(shards_.size()))];
  auto make = [&home, &workflow, &stored] { return adopt_at(home, *workflow, std::move(stored)); };
  auto adopting = on_shard(home.shard, make);
  co_await std::move(adopting);
}

Async<Result<>> Node::Impl::adopt_all(std::int64_t epoch) {
  ExecutionId after;
  std::size_t count = 0;
  for (;;) {
    auto page = co_await shards_.front()->store.load_live(epoch, after, page_size);
    if (!page) co_return page.error();
    if (page->empty()) break;
    after = page->back().execution;
    count += page->size();
    bool const is_last = page->size() < static_cast<std::size_t>(page_size);
    for (auto& stored : *page) {
      auto adopting = adopt_one(epoch, std::move(stored));
      co_await std::move(adopting);
    }
    if (is_last) break;
  }
  log::Fields fields;
  fields["count"] = count;
  if (count > 0) log::info("going on with executions that were under way", fields);
  co_return Result<>{};
}

/// Until it works: the database may be away for a while.
Async<> Node::Impl::watch_adoption(sql::NodeLease& lease) {
  while (taken_ && !fenced_ && stops_asked_ == 0) {
    taken_ = false;
    auto const adopted = co_await adopt_all(lease.epoch());
    if (adopted) continue;
    taken_ = true;
    log::Fields fields;
    fields["error"] = adopted.error().message;
    log::warn("adopting executions has to wait", fields);
    co_await sleep_for(std::chrono::seconds(1));
  }
}

/// Removes what is older than the retention time, now and then, until cancelled.
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
    co_await sleep_for(std::min<Steady::duration>(keep, std::chrono::hours(1)));
  }
}

}  // namespace ropewalk::server
