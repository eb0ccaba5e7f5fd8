#include "server/api/views.hpp"

#include "engine/base/json.hpp"

#include <algorithm>
#include <unordered_map>
#include <vector>

namespace ropewalk::server {
namespace {

std::string_view hold_name(Hold hold) {
  if (hold == Hold::failed) return "failed";
  return hold == Hold::held ? "held" : "approved";
}

void put_instant(json::object& out, std::string_view name, std::optional<Instant> const& instant) {
  if (instant) out[name] = format_instant(*instant);
}

/// Stored JSON text; it was written by us and is not limited again.
void put_json(json::object& out, std::string_view name, std::string const& text) {
  if (text.empty()) return;
  auto value = parse_json(text, JsonLimits{text.size() + 1, 256, text.size() + 1});
  if (value) out[name] = std::move(*value);
}

json::object labels_view(std::map<std::string, std::string> const& labels) {
  json::object out;
  for (auto const& [name, value] : labels) out[name] = value;
  return out;
}

void put_state(json::object& out, ExecutionState const& state) {
  out["status"] = to_string(state.status);
  if (state.paused) out["paused"] = true;
  if (state.cancel_requested && !is_terminal(state.status)) out["cancelRequested"] = true;
  put_instant(out, "startedAt", state.started_at);
  put_instant(out, "finishedAt", state.finished_at);
  put_json(out, "error", state.error);
  out["lastSeq"] = state.last_seq;
}

json::object attempt_view(AttemptRecord const& attempt) {
  json::object out;
  out["attempt"] = attempt.attempt;
  put_instant(out, "startedAt", attempt.started_at);
  put_instant(out, "finishedAt", attempt.finished_at);
  put_json(out, "error", attempt.error);
  put_json(out, "usage", attempt.usage);
  put_json(out, "detail", attempt.detail);
  return out;
}

/// Those that no task has taken yet: {"name", "at"}.
void put_signals(json::object& out, std::vector<SignalRecord> const& signals) {
  json::array kept;
  for (auto const& signal : signals)
    if (signal.taken_by.empty())
      kept.push_back(json::object{{"name", signal.name}, {"at", format_instant(signal.at)}});
  if (!kept.empty()) out["signals"] = std::move(kept);
}

/// "calls", "tokens" and "costUsd", where anything was called; "unpricedCalls" are not in the cost.
void put_spend(json::object& out, sql::SpendTotal const& total) {
  if (total.calls == 0) return;
  out["calls"] = total.calls;
  out["tokens"] = json::object{
      {"input", total.input_tokens},
      {"cachedInput", total.cached_tokens},
      {"output", total.output_tokens}};
  if (total.unpriced_calls < total.calls) out["costUsd"] = total.cost_usd;
  if (total.unpriced_calls > 0) out["unpricedCalls"] = total.unpriced_calls;
}

void add(sql::SpendTotal& sum, sql::SpendTotal const& total) {
  sum.calls += total.calls;
  sum.input_tokens += total.input_tokens;
  sum.cached_tokens += total.cached_tokens;
  sum.output_tokens += total.output_tokens;
  sum.cost_usd += total.cost_usd;
  sum.unpriced_calls += total.unpriced_calls;
}

/// The task of the workflow that "lookup[1]" is a call of; empty for what is no call.
std::string_view template_of(std::string_view id) {
  auto const bracket = id.find('[');
  return bracket == id.npos ? std::string_view() : id.substr(0, bracket);
}

json::object task_view(TaskRecord const& task) {
  json::object out;
  out["id"] = task.task;
  out["status"] = to_string(task.status);
  out["attempt"] = task.attempt;
  if (task.interruptions > 0) out["interruptions"] = task.interruptions;
  put_instant(out, "queuedAt", task.queued_at);
  put_instant(out, "startedAt", task.started_at);
  put_instant(out, "finishedAt", task.finished_at);
  put_instant(out, "retryAt", task.retry_at);
  put_json(out, "output", task.output);
  put_json(out, "error", task.error);
  put_json(out, "usage", task.usage);
  put_json(out, "waiting", task.waiting);
  if (!task.reused_from.empty()) out["reusedFrom"] = task.reused_from;
  if (task.hold != Hold::none) out["hold"] = hold_name(task.hold);
  if (!task.parent.empty()) {
    out["template"] = template_of(task.task);
    out["parent"] = task.parent;
  }
  return out;
}

/// Called tasks by the task of the workflow that they are calls of, in the order of the calls.
using Calls = std::unordered_map<std::string_view, std::vector<TaskRecord const*>>;

Calls calls_in(std::vector<TaskRecord> const& tasks) {
  Calls out;
  for (auto const& task : tasks)
    if (!task.parent.empty()) out[template_of(task.task)].push_back(&task);
  for (auto& [source, calls] : out)
    std::sort(calls.begin(), calls.end(), [](auto const* left, auto const* right) {
      return std::pair(left->task.size(), std::string_view(left->task)) <  // 10 is more than 9
             std::pair(right->task.size(), std::string_view(right->task));
    });
  return out;
}

using AttemptsByTask = std::unordered_map<std::string_view, json::array>;

void put_attempts(json::object& task, std::string_view id, AttemptsByTask& attempts) {
  if (auto const found = attempts.find(id); found != attempts.end())
    task["attempts"] = std::move(found->second);
}

void put_relatives(json::object& out, sql::ExecutionRow const& row) {
  if (auto const& parent = row.stored.created.parent)
    out["parent"] =
        json::object{{"execution", parent->execution.to_string()}, {"task", parent->task}};
  if (row.children.empty()) return;
  json::array children;
  for (auto const& child : row.children)
    children.push_back(json::object{
        {"execution", child.execution.to_string()},
        {"task", child.task},
        {"workflow", child.workflow},
        {"status", to_string(child.status)}});
  out["children"] = std::move(children);
}

}  // namespace

json::object workflow_view(sql::WorkflowVersion const& version) {
  json::object out;
  out["name"] = version.name;
  out["version"] = version.version;
  out["hash"] = version.hash;
  out["createdAt"] = format_instant(version.created_at);
  return out;
}

json::object summary_view(sql::ExecutionSummary const& summary) {
  json::object out;
  out["id"] = summary.execution.to_string();
  out["workflow"] = summary.workflow;
  if (summary.workflow_version > 0) out["version"] = summary.workflow_version;
  out["priority"] = summary.priority;
  out["labels"] = labels_view(summary.labels);
  out["createdAt"] = format_instant(summary.created_at);
  put_state(out, summary.state);
  return out;
}

json::object execution_view(sql::ExecutionRow const& row, Workflow const* workflow) {
  auto const& stored = row.stored;
  json::object out;
  out["id"] = stored.execution.to_string();
  out["workflow"] = stored.created.workflow;
  if (stored.created.workflow_version > 0) out["version"] = stored.created.workflow_version;
  out["definitionHash"] = stored.created.definition_hash;
  out["priority"] = stored.created.priority;
  out["labels"] = labels_view(stored.created.labels);
  if (!stored.created.directory.empty()) out["directory"] = stored.created.directory;
  out["createdAt"] = format_instant(stored.created.created_at);
  put_state(out, stored.state);
  put_json(out, "inputs", stored.created.inputs);
  put_relatives(out, row);
  if (stored.created.replay_of) out["replayOf"] = stored.created.replay_of->to_string();
  json::array replays;
  for (auto const& replay : row.replays) replays.emplace_back(replay.to_string());
  if (!replays.empty()) out["replays"] = std::move(replays);
  put_signals(out, stored.signals);
  sql::SpendTotal sum;
  std::unordered_map<std::string_view, sql::SpendTotal const*> spend;
  for (auto const& total : row.spend) {
    add(sum, total);
    spend[total.group] = &total;
  }
  put_spend(out, sum);
  AttemptsByTask attempts;
  for (auto const& attempt : row.attempts)
    attempts[attempt.task].emplace_back(attempt_view(attempt));
  std::unordered_map<std::string_view, TaskRecord const*> records;
  for (auto const& task : stored.tasks) {
    records[task.task] = &task;
    bool const is_held = task.hold == Hold::held && stored.state.paused;
    if (is_held || task.hold == Hold::failed) put_json(out, "hold", task.error);
  }
  json::array tasks;
  auto const show = [&](TaskRecord const& task, std::string_view type) {
    auto view = task_view(task);
    if (!type.empty()) view["type"] = type;
    put_attempts(view, task.task, attempts);
    if (auto const found = spend.find(task.task); found != spend.end())
      put_spend(view, *found->second);
    tasks.emplace_back(std::move(view));
  };
  if (workflow != nullptr) {
    auto const calls = calls_in(stored.tasks);
    for (auto const& task : workflow->tasks) {
      auto const found = records.find(task.id);
      TaskRecord pending;
      pending.task = task.id;
      show(found == records.end() ? pending : *found->second, task.type->name);
      if (auto const made = calls.find(task.id); made != calls.end())
        for (auto const* call : made->second) show(*call, task.type->name);
    }
  } else {
    for (auto const& task : stored.tasks) show(task, "");
  }
  out["tasks"] = std::move(tasks);
  return out;
}

json::object task_view(sql::TaskRow const& row) {
  json::object out = task_view(row.task);
  put_json(out, "input", row.task.input);
  put_json(out, "detail", row.task.detail);
  json::array attempts;
  for (auto const& attempt : row.attempts) attempts.emplace_back(attempt_view(attempt));
  if (!attempts.empty()) out["attempts"] = std::move(attempts);
  put_spend(out, row.spend);
  return out;
}

json::object cost_view(sql::SpendTotal const& total) {
  json::object out{{"group", total.group}};
  put_spend(out, total);
  return out;
}

json::object node_view(sql::NodeRow const& row, std::int64_t own_epoch) {
  json::object out;
  out["name"] = row.node.name;
  out["id"] = row.node.node_id;
  out["address"] = row.node.address;
  out["epoch"] = row.epoch;
  out["startedAt"] = format_instant(row.started_at);
  out["leaseUntil"] = format_instant(row.lease_until);
  out["isAlive"] = row.is_alive;
  out["isSelf"] = row.epoch == own_epoch;
  return out;
}

}  // namespace ropewalk::server
