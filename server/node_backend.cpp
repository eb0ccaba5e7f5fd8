// Reading for the API: workflows, executions, events, the node.
#include "server/node_backend.hpp"

#include "engine/async/deadline.hpp"
#include "engine/base/json.hpp"
#include "engine/schedule/pool_amount.hpp"
#include "server/api/start_request.hpp"
#include "server/api/views.hpp"
#include "server/node_impl.hpp"
#include "sql/sha256.hpp"

#include <charconv>

namespace ropewalk::server {
namespace {

constexpr std::size_t text_bytes_quick = 32 * 1024;  // what is read at once, on the shard itself
constexpr std::size_t task_bytes_about = 100;

WorkflowLimits workflow_limits(Limits const& limits) {
  WorkflowLimits out;
  out.bytes_max = limits.workflow_bytes;
  out.tasks_max = limits.tasks;
  out.depth_max = limits.depth;
  return out;
}

Error invalid_cursor() {
  Error out;
  out.code = "invalid_cursor";
  out.message = "\"after\" is not a cursor of this list";
  out.hint = "take it from `next` of the page before";
  return out;
}

EventPage page_of(sql::ChunkPage const& page) {
  EventPage out;
  for (auto const& chunk : page.chunks) {
    out.frames += chunk.frames;
    if (!chunk.frames.empty() && chunk.frames.back() != '\n') out.frames += '\n';
    out.last_seq = chunk.last_seq;
  }
  out.has_more = page.has_more;
  return out;
}

}  // namespace

Async<> NodeBackend::run_aside(std::size_t bytes, std::function<void()> const& work) {
  if (bytes <= text_bytes_quick) {
    work();
    co_return;
  }
  auto job = [&work] {
    work();
    return true;
  };
  auto running = common_.blocking.run(job);
  co_await std::move(running);
}

Async<LoadedWorkflow> NodeBackend::load(std::string text, TextFormat format) {
  auto const limits = workflow_limits(common_.config.limits);
  if (text.size() <= text_bytes_quick) co_return load_workflow(text, common_.types, limits, format);
  auto work = [text = std::move(text), limits, format, &types = common_.types] {
    return load_workflow(text, types, limits, format);
  };
  auto loading = common_.blocking.run(std::move(work));
  co_return co_await std::move(loading);
}

Async<Result<NodeBackend::Stored>> NodeBackend::put_workflow(
    std::shared_ptr<Workflow const> workflow
) {
  sql::Store::NewWorkflow fresh;
  fresh.name = workflow->name;
  std::function<void()> const write = [&fresh, &workflow] {
    fresh.body = to_text(workflow->document);  // in the order of its author, which the hash ignores
    fresh.hash = sql::sha256_hex(canonical_text(*workflow));
  };
  auto writing = run_aside(workflow->tasks.size() * task_bytes_about, write);
  co_await std::move(writing);
  auto const hash = fresh.hash;
  auto putting = shard_.store.put_workflow(std::move(fresh));
  auto const put = co_await std::move(putting);
  if (!put) co_return put.error();
  common_.workflows.put(hash, workflow);
  Stored out;
  out.is_new = put->is_new;
  out.view["name"] = workflow->name;
  out.view["version"] = put->version;
  out.view["hash"] = hash;
  if (!workflow->description.empty()) out.view["description"] = workflow->description;
  co_return out;
}

Async<Result<json::object>> NodeBackend::get_workflow(std::string name, std::int32_t version) {
  auto const row = co_await shard_.store.get_workflow(std::move(name), version);
  if (!row) co_return row.error();
  auto out = workflow_view(row->version);
  auto const& body = row->body;
  auto definition = parse_json(body, JsonLimits{body.size() + 1, 256, body.size() + 1});
  if (definition) {
    auto const* object = definition->if_object();
    auto const* text = object == nullptr ? nullptr : object->if_contains("description");
    if (text != nullptr) out["description"] = *text;
    out["definition"] = std::move(*definition);
  }
  co_return out;
}

Async<Result<Page>> NodeBackend::list_workflows(std::string after, std::uint32_t limit) {
  auto const count = static_cast<std::int32_t>(limit);
  auto rows = co_await shard_.store.list_workflows(std::move(after), count + 1);
  if (!rows) co_return rows.error();
  Page out;
  bool const has_more = rows->size() > limit;
  if (has_more) rows->resize(limit);
  for (auto const& row : *rows) out.items.emplace_back(workflow_view(row));
  if (has_more && !rows->empty()) out.next = rows->back().name;
  co_return out;
}

Async<Result<Page>> NodeBackend::list_versions(
    std::string name, std::string after, std::uint32_t limit
) {
  std::int32_t before = 0;
  auto const [end, ec] = std::from_chars(after.data(), after.data() + after.size(), before);
  if (!after.empty() && (ec != std::errc{} || before <= 0)) co_return invalid_cursor();
  auto const count = static_cast<std::int32_t>(limit);
  auto rows = co_await shard_.store.list_versions(name, before, count + 1);
  if (!rows) co_return rows.error();
  if (rows->empty() && after.empty()) {
    Error error;
    error.code = "not_found";
    error.message = "there is no workflow \"" + name + "\"";
    co_return error;
  }
  Page out;
  bool const has_more = rows->size() > limit;
  if (has_more) rows->resize(limit);
  for (auto const& row : *rows) out.items.emplace_back(workflow_view(row));
  if (has_more && !rows->empty()) out.next = std::to_string(rows->back().version);
  co_return out;
}

Async<Result<json::object>> NodeBackend::get_execution(ExecutionId id) {
  auto const row = co_await shard_.store.get_execution(id);
  if (!row) co_return row.error();
  auto loading = load_definition(common_, shard_.store, row->stored.created.definition_hash);
  auto const workflow = co_await std::move(loading);
  co_return execution_view(*row, workflow ? workflow->get() : nullptr);
}

Async<Result<Page>> NodeBackend::list_executions(
    ExecutionFilter filter, std::string after, std::uint32_t limit
) {
  sql::ExecutionFilter wanted;
  wanted.statuses = std::move(filter.statuses);
  wanted.workflow = filter.workflow;
  if (!filter.labels.empty()) wanted.label = filter.labels.front();
  wanted.limit = static_cast<std::int32_t>(limit) + 1;
  if (!after.empty()) {
    wanted.after = ExecutionId::parse(after);
    if (!wanted.after) co_return invalid_cursor();
  }
  auto listing = shard_.store.list_executions(std::move(wanted));
  auto rows = co_await std::move(listing);
  if (!rows) co_return rows.error();
  Page out;
  bool const has_more = rows->size() > limit;
  if (has_more) rows->resize(limit);
  for (auto const& row : *rows) out.items.emplace_back(summary_view(row));
  if (has_more && !rows->empty()) out.next = rows->back().execution.to_string();
  co_return out;
}

Async<Result<LivePlace>> NodeBackend::place(ExecutionId id) {
  auto const standing = co_await shard_.store.get_standing(id);
  if (!standing) co_return standing.error();
  LivePlace out;
  out.last_seq = standing->last_seq;
  out.status = standing->status;
  // The first event says that it was accepted: a task that has ended has left others.
  out.has_ended_tasks = standing->last_seq > 1;
  co_return out;
}

Async<Result<EventPage>> NodeBackend::events(
    ExecutionId id, std::uint64_t after, std::size_t bytes_max
) {
  auto const bytes = static_cast<std::int64_t>(bytes_max);
  auto const page = co_await shard_.store.events(id, after, bytes);
  if (!page) co_return page.error();
  if (page->chunks.empty() && after == 0) {
    auto const known = co_await place(id);
    if (!known) co_return known.error();
  }
  co_return page_of(*page);
}

Async<Result<EventPage>> NodeBackend::logs(
    ExecutionId id, std::string task, std::uint64_t after, std::size_t bytes_max
) {
  auto const bytes = static_cast<std::int64_t>(bytes_max);
  auto const page = co_await shard_.store.logs(id, task, after, bytes);
  if (!page) co_return page.error();
  if (page->chunks.empty() && !task.empty()) {
    auto const known = co_await expect_task(id, std::move(task));
    if (!known) co_return known.error();
  } else if (page->chunks.empty() && after == 0) {
    auto const known = co_await place(id);
    if (!known) co_return known.error();
  }
  co_return page_of(*page);
}

Async<Result<>> NodeBackend::expect_task(ExecutionId id, std::string task) {
  auto const source = co_await graph(id);
  if (!source) co_return source.error();
  if (source->workflow->find(task)) co_return Result<>{};
  Error error;
  error.code = "not_found";
  error.message = "execution " + id.to_string() + " has no task \"" + task + "\"";
  co_return error;
}

Async<Result<std::vector<StoredText>>> NodeBackend::texts(
    ExecutionId id, std::string task, std::string after
) {
  auto const rows = co_await shard_.store.streams(id, std::move(task), std::move(after));
  if (!rows) co_return rows.error();
  std::vector<StoredText> out;
  for (auto const& row : *rows)
    out.push_back(
        read_stored_text(row.task, row.attempt, std::string(to_string(row.status)), row.stream)
    );
  co_return out;
}

Async<Result<NodeBackend::GraphSource>> NodeBackend::graph(ExecutionId id) {
  auto const row = co_await shard_.store.get_execution(id);
  if (!row) co_return row.error();
  auto loading = load_definition(common_, shard_.store, row->stored.created.definition_hash);
  auto const workflow = co_await std::move(loading);
  if (!workflow) co_return workflow.error();
  GraphSource out;
  out.workflow = *workflow;
  for (auto const& task : row->stored.tasks) {
    out.statuses[task.task] = task.status;
    if (!task.parent.empty()) out.calls.emplace_back(task.task, task.parent);
  }
  co_return out;
}

Async<Result<json::value>> NodeBackend::pools() {
  auto const states = co_await admission_->describe_pools();
  json::array out;
  for (auto const& state : states) {
    json::object pool;
    pool["name"] = state.name;
    pool["capacity"] = amount_value(state.name, state.capacity);
    pool["used"] = amount_value(state.name, state.used);
    pool["waiting"] = state.waiting;
    json::array holders;
    for (auto const& holder : state.holders) {
      json::object item;
      item["execution"] = holder.execution.to_string();
      item["task"] = holder.task;
      item["amount"] = amount_value(state.name, holder.amount);
      holders.emplace_back(std::move(item));
    }
    pool["holders"] = std::move(holders);
    out.emplace_back(std::move(pool));
  }
  co_return json::value(std::move(out));
}

Async<Result<>> NodeBackend::set_capacity(std::string pool, std::uint64_t capacity) {
  co_return co_await admission_->set_capacity(std::move(pool), capacity);
}

Async<Result<json::array>> NodeBackend::nodes() {
  sql::NodeLease lease(shard_.pool, sql::NodeLease::Options{});
  auto const rows = co_await lease.list_nodes();
  if (!rows) co_return rows.error();
  json::array out;
  auto const own = common_.epoch.load();
  for (auto const& row : *rows) {
    auto view = node_view(row, own);
    if (row.epoch == own) view["isolation"] = to_json(common_.isolation);
    out.emplace_back(std::move(view));
  }
  co_return out;
}

Async<Result<>> NodeBackend::ready() {
  Error error;
  error.error_class = ErrorClass::transient;
  if (common_.stopping.load()) {
    error.code = "shutting_down";
    error.message = "the server is stopping";
    co_return error;
  }
  if (!shard_.work) {
    error.code = "database_unavailable";
    error.message = "this node has no lease on the database just now";
    co_return error;
  }
  auto asking = shard_.store.list_workflows("", 1);
  auto const answered = co_await with_deadline(std::chrono::seconds(2), std::move(asking));
  if (answered) co_return Result<>{};
  error.code = "database_unavailable";
  error.message = "the database does not answer";
  co_return error;
}

Async<std::string> NodeBackend::metrics() {
  auto const states = co_await admission_->describe_pools();
  for (auto const& state : states) {
    auto const used = static_cast<double>(state.used) / (state.name == "cpu" ? 1000 : 1);
    common_.metrics.set_pool(state.name, used, static_cast<double>(state.waiting));
  }
  std::uint64_t live = 0;
  std::uint64_t websockets = 0;
  for (auto* shard : all_) {
    auto const look = [](NodeShard& seen) -> Async<std::pair<std::uint64_t, std::uint64_t>> {
      co_return std::pair<std::uint64_t, std::uint64_t>(
          seen.work ? seen.work->engine.live_count() : 0, seen.streams.sessions_count()
      );
    };
    auto make = [look, shard] { return look(*shard); };
    auto looking = on_shard(shard->shard, make);
    auto const seen = co_await std::move(looking);
    live += seen.first;
    websockets += seen.second;
  }
  common_.metrics.set_connections(common_.connections.open.load(), websockets);
  common_.metrics.set_live_executions(live);
  co_return common_.metrics.text();
}

}  // namespace ropewalk::server
