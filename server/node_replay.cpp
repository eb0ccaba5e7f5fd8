// Executions that go on from the results of others, and how two executions differ.
#include "engine/base/json.hpp"
#include "engine/schedule/replay_plan.hpp"
#include "server/api/execution_diff.hpp"
#include "server/node_backend.hpp"
#include "server/node_impl.hpp"
#include "sql/sha256.hpp"

#include <array>

namespace ropewalk::server {
namespace {

constexpr std::size_t task_bytes_about = 200;  // of a definition, to guess how long it takes

/// `over` takes the place of the fields of the same names.
json::object merged(json::object base, json::object over) {
  for (auto& field : over) base[field.key()] = std::move(field.value());
  return base;
}

json::object read_object(std::string const& text) {
  JsonLimits const limits{text.size() + 1, 256, text.size() + 1};
  auto value = parse_json(text, limits);
  if (!value || !value->is_object()) return {};
  return std::move(value->get_object());
}

/// The definition with other variables.
InlineDefinition with_variables(Workflow const& workflow, json::object variables) {
  json::object document = workflow.document;
  document["variables"] = merged(workflow.variables, std::move(variables));
  json::value const whole(std::move(document));
  InlineDefinition out;
  out.text = to_text(whole);
  out.hash = sql::sha256_hex(to_canonical_text(whole));
  return out;
}

}  // namespace

/// What a replay runs: the same as before, unless it says otherwise.
Async<Result<NodeBackend::Definition>> NodeBackend::find_replayed(
    NewExecution const& source, std::shared_ptr<Workflow const> before, ReplayRequest& request
) {
  Definition out;
  out.workflow = std::move(before);
  out.hash = source.definition_hash;
  out.version = source.workflow_version;
  if (!request.workflow.empty() || !request.definition.hash.empty()) {
    auto finding = find_definition(request.workflow, std::move(request.definition));
    auto found = co_await std::move(finding);
    if (!found) co_return found.error();
    out = std::move(*found);
  }
  if (!request.variables) co_return out;
  auto changed = with_variables(*out.workflow, std::move(*request.variables));
  auto taking = take_inline(std::move(changed));
  co_return co_await std::move(taking);
}

Async<Result<Started>> NodeBackend::replay(ExecutionId id, ReplayRequest request) {
  auto repeating = first_start(request.idempotency_key, request.body_hash);
  auto const first = co_await std::move(repeating);
  if (!first) co_return first.error();
  if (first->has_value()) co_return **first;
  auto row = co_await shard_.store.get_execution(id);
  if (!row) co_return row.error();
  auto const& source = row->stored.created;
  auto loading = load_definition(common_, shard_.store, source.definition_hash);
  auto const before = co_await std::move(loading);
  if (!before) co_return before.error();
  ReplayWish wish;
  wish.from = std::move(request.from);
  wish.has_changed_data = request.inputs.has_value() || request.variables.has_value();
  auto finding = find_replayed(source, *before, request);
  auto definition = co_await std::move(finding);
  if (!definition) co_return definition.error();
  Result<std::vector<ReusedTask>> plan = Error{};
  std::function<void()> const make_plan = [&] {
    plan = plan_replay(**before, *definition->workflow, row->stored, wish);
  };
  auto deciding = run_aside(definition->workflow->tasks.size() * task_bytes_about, make_plan);
  co_await std::move(deciding);
  if (!plan) co_return plan.error();
  StartRequest start;
  start.inputs = read_object(source.inputs);
  if (request.inputs) start.inputs = merged(std::move(start.inputs), std::move(*request.inputs));
  start.priority = source.priority;
  start.labels = source.labels;
  start.directory = source.directory;
  start.idempotency_key = std::move(request.idempotency_key);
  start.body_hash = std::move(request.body_hash);
  Origin origin;
  origin.replay_of = id;
  origin.reused = std::move(*plan);
  auto accepting = accept(std::move(start), std::move(*definition), std::move(origin));
  co_return co_await std::move(accepting);
}

Async<Result<json::object>> NodeBackend::diff(ExecutionId first, ExecutionId second) {
  std::array<sql::ExecutionRow, 2> rows;
  std::array<std::shared_ptr<Workflow const>, 2> workflows;
  std::array<ExecutionId, 2> const ids{first, second};
  for (std::size_t i = 0; i < ids.size(); ++i) {
    auto row = co_await shard_.store.get_execution(ids[i]);
    if (!row) co_return row.error();
    rows[i] = std::move(*row);
    auto loading = load_definition(common_, shard_.store, rows[i].stored.created.definition_hash);
    auto const workflow = co_await std::move(loading);
    if (!workflow) co_return workflow.error();
    workflows[i] = *workflow;
  }
  json::object out;
  std::function<void()> const compare = [&] {
    out = diff_executions(
        ExecutionSide{rows[0], *workflows[0]}, ExecutionSide{rows[1], *workflows[1]}
    );
  };
  auto const tasks = rows[0].stored.tasks.size() + rows[1].stored.tasks.size();
  auto comparing = run_aside(tasks * task_bytes_about, compare);
  co_await std::move(comparing);
  co_return out;
}

}  // namespace ropewalk::server
