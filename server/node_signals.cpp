// Signals and answers for executions, and the tasks that ask people.
#include "engine/base/json.hpp"
#include "engine/schedule/execution.hpp"
#include "server/node_backend.hpp"
#include "server/node_impl.hpp"

namespace ropewalk::server {
namespace {

Error no_work() {
  Error out;
  out.error_class = ErrorClass::transient;
  out.code = "shutting_down";
  out.message = "this node takes no work just now";
  out.hint = "try again in a moment";
  return out;
}

Error failure(std::string code, std::string message, std::string hint = {}) {
  Error out;
  out.code = std::move(code);
  out.message = std::move(message);
  out.hint = std::move(hint);
  return out;
}

Error already_ended(Status status) {
  return failure("already_ended", "the execution has ended: " + std::string(to_string(status)));
}

// On the execution's home shard.

Async<Result<SignalFate>> signal_at(NodeShard& home, ExecutionId id, SignalCall call) {
  auto const work = home.work;
  if (!work) co_return no_work();
  auto sending = work->engine.signal(id, std::move(call));
  co_return co_await std::move(sending);
}

Async<Result<>> decide_at(NodeShard& home, ExecutionId id, std::string task, Decision decision) {
  auto const work = home.work;
  if (!work) co_return no_work();
  auto deciding = work->engine.decide(id, std::move(task), std::move(decision));
  co_return co_await std::move(deciding);
}

/// Stored JSON text; it was written by us.
json::value read_back(std::string const& text) {
  JsonLimits const limits{text.size() + 1, 256, text.size() + 1};
  auto value = parse_json(text, limits);
  return value ? std::move(*value) : json::value();
}

json::object approval_view(sql::ApprovalRow const& row) {
  json::object out{
      {"execution", row.execution.to_string()}, {"task", row.task}, {"workflow", row.workflow}};
  auto waiting = read_back(row.waiting);
  if (auto* fields = waiting.if_object()) {
    for (auto& field : *fields)
      if (field.key() != "for") out[field.key()] = std::move(field.value());
  }
  return out;
}

/// "<execution>/<task>", as `next` of the page before.
Result<std::optional<std::pair<ExecutionId, std::string>>> read_cursor(std::string const& after) {
  if (after.empty()) return std::optional<std::pair<ExecutionId, std::string>>();
  auto const slash = after.find('/');
  auto const id = ExecutionId::parse(std::string_view(after).substr(0, slash));
  if (!id || slash == after.npos)
    return failure(
        "invalid_cursor", "\"after\" is not a cursor of this list", "take it from `next`"
    );
  return std::optional(std::pair(*id, after.substr(slash + 1)));
}

}  // namespace

/// Why nobody takes what was sent: it is not under way here.
Async<Error> NodeBackend::not_under_way(ExecutionId id) {
  auto const stored = co_await place(id);
  if (!stored) co_return stored.error();
  if (is_terminal(stored->status)) co_return already_ended(stored->status);
  if (!common_.is_settled.load()) co_return no_work();  // it is about to be taken over
  co_return failure("not_here", "the execution runs on another node", "ask that node");
}

Async<Result<SignalFate>> NodeBackend::signal(ExecutionId id, SignalCall call) {
  auto& home = home_of(id);
  auto make = [&home, id, &call] { return signal_at(home, id, call); };
  auto sending = on_shard(home.shard, make);
  auto const fate = co_await std::move(sending);
  if (fate || (fate.error().code != "not_found" && fate.error().code != "already_ended"))
    co_return fate;
  if (!call.key.empty()) {
    // A repeat is told what the first one was told, also when the execution has ended meanwhile.
    auto const known = co_await shard_.store.find_signal(id, call.key);
    if (!known) co_return known.error();
    if (known->has_value() && **known == call.request_hash) co_return SignalFate::taken;
    if (known->has_value())
      co_return failure(
          "idempotency_mismatch",
          "this Idempotency-Key came before, with another signal",
          "use a new key for a new signal"
      );
  }
  if (fate.error().code == "already_ended") co_return fate;
  auto const reason = co_await not_under_way(id);
  co_return reason;
}

Async<Result<>> NodeBackend::decide(ExecutionId id, std::string task, Decision decision) {
  auto& home = home_of(id);
  auto make = [&home, id, &task, &decision] { return decide_at(home, id, task, decision); };
  auto deciding = on_shard(home.shard, make);
  auto const done = co_await std::move(deciding);
  if (done) co_return done;
  if (done.error().code != "not_found") co_return done;
  auto const reason = co_await not_under_way(id);
  if (reason.code != "already_ended") co_return reason;
  auto const row = co_await shard_.store.get_task(id, task);
  if (!row) co_return row.error();
  auto const output = read_back(row->task.output);
  auto const decided = decided_error(task, &output);
  if (decided) co_return *decided;
  co_return reason;
}

Async<Result<Page>> NodeBackend::approvals(std::string after, std::uint32_t limit) {
  auto cursor = read_cursor(after);
  if (!cursor) co_return cursor.error();
  auto const count = static_cast<std::int32_t>(limit) + 1;
  auto listing = shard_.store.list_approvals(std::move(*cursor), count);
  auto rows = co_await std::move(listing);
  if (!rows) co_return rows.error();
  Page out;
  bool const has_more = rows->size() > limit;
  if (has_more) rows->resize(limit);
  for (auto const& row : *rows) out.items.emplace_back(approval_view(row));
  if (has_more && !rows->empty())
    out.next = rows->back().execution.to_string() + "/" + rows->back().task;
  co_return out;
}

}  // namespace ropewalk::server
