// What clients want done with executions: start, command, retry, wait, explain.
#include "engine/async/deadline.hpp"
#include "engine/base/json.hpp"
#include "server/http/problem_response.hpp"
#include "server/node_backend.hpp"
#include "server/node_impl.hpp"
#include "server/start_key.hpp"
#include "sql/sha256.hpp"

#include <charconv>
#include <random>

namespace ropewalk::server {
namespace {

Error failure(std::string code, std::string message, std::string hint = {}) {
  Error out;
  out.code = std::move(code);
  out.message = std::move(message);
  out.hint = std::move(hint);
  return out;
}

Error no_work() {
  auto out = failure("shutting_down", "this node takes no work just now", "try again in a moment");
  out.error_class = ErrorClass::transient;
  return out;
}

Error still_running() {
  return failure("still_running", "the execution has not ended", "cancel it first, or wait");
}

Error refused(std::vector<Problem> const& problems) {
  auto out = failure(
      "invalid_workflow",
      "the workflow has " + std::to_string(problems.size()) +
          (problems.size() == 1 ? " problem" : " problems"),
      "each entry of errors says where it stands and how to mend it"
  );
  out.detail = to_json(problems);
  return out;
}

// Coroutines that run on the execution's home shard.

/// `is_repeat`: its Idempotency-Key came before, so it may be there already. Errors: already_exists
/// when it is, and is durable.
Async<Result<>> submit_at(
    NodeShard& home, NodeCommon& common, Submission submission, bool is_repeat
) {
  auto const work = home.work;
  if (!work || !common.is_settled.load()) co_return no_work();
  auto const id = submission.id;
  if (submission.record.idempotency_key.empty())
    co_return co_await work->engine.submit(std::move(submission));
  // The same request may come twice at once: the second looks when the first is done.
  auto const turn = co_await home.turns.take(id);
  if (is_repeat && !work->engine.is_live(id)) {
    auto const known = co_await home.store.get_standing(id);
    if (known) co_return failure("already_exists", "execution " + id.to_string() + " exists");
    if (known.error().code != "not_found") co_return known.error();
  }
  co_return co_await work->engine.submit(std::move(submission));
}

Async<Result<>> command_at(NodeShard& home, ExecutionId id, Command command) {
  auto const work = home.work;
  if (!work) co_return no_work();
  co_return co_await work->engine.command(id, command);
}

Async<Result<>> resolve_at(NodeShard& home, ExecutionId id, TaskResolution resolution) {
  auto const work = home.work;
  if (!work) co_return no_work();
  co_return co_await work->engine.resolve(id, std::move(resolution));
}

Async<Result<>> retry_at(NodeShard& home, NodeCommon& common, ExecutionId id) {
  auto const work = home.work;
  if (!work || !common.is_settled.load()) co_return no_work();
  // Nobody else runs it on from here on: what is read of it stays true.
  auto const turn = co_await home.turns.take(id);
  if (work->engine.is_live(id)) co_return still_running();
  auto const standing = co_await home.store.get_standing(id);
  if (!standing) co_return standing.error();
  if (!is_terminal(standing->status)) co_return still_running();
  auto const claimed = co_await home.store.claim_for_retry(id, work->epoch);
  if (!claimed) co_return claimed.error();
  auto row = co_await home.store.get_execution(id);
  if (!row) co_return row.error();
  auto loading = load_definition(common, home.store, row->stored.created.definition_hash);
  auto const workflow = co_await std::move(loading);
  if (!workflow) co_return workflow.error();
  auto retrying = work->engine.retry(*workflow, std::move(row->stored));
  co_return co_await std::move(retrying);
}

Async<Result<json::value>> why_at(NodeShard& home, ExecutionId id, std::string task) {
  auto const work = home.work;
  if (!work) co_return no_work();
  co_return co_await work->engine.why(id, std::move(task));
}

/// True when it ended; false when it goes on, or is not here.
Async<Result<bool>> wait_at(NodeShard& home, ExecutionId id) {
  auto const work = home.work;
  if (!work) co_return false;
  auto const status = co_await work->engine.wait_for_end(id);
  co_return status.has_value();
}

Async<Result<bool>> wait_a_while(NodeShard& home, ExecutionId id, Steady::duration limit) {
  auto waiting = wait_at(home, id);
  auto const ended = co_await with_deadline(limit, std::move(waiting));
  co_return ended&&* ended;
}

}  // namespace

NodeShard& NodeBackend::home_of(ExecutionId id) const {
  return *all_[id.shard(static_cast<std::uint32_t>(all_.size()))];
}

ExecutionId NodeBackend::new_id() {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  std::array<std::uint64_t, 2> const random{generator(), generator()};
  auto const count = static_cast<std::uint32_t>(all_.size());
  auto const shard = common_.next_home.fetch_add(1) % count;
  return ExecutionId::make(common_.clock.now(), random, shard, count);
}

Async<Result<NodeBackend::Definition>> NodeBackend::find_stored(std::string const& reference) {
  auto const at = reference.rfind('@');
  std::int32_t version = 0;
  if (at != reference.npos) {
    auto const* const end = reference.data() + reference.size();
    auto const [stop, ec] = std::from_chars(reference.data() + at + 1, end, version);
    if (ec != std::errc{} || stop != end || version <= 0)
      co_return failure("invalid_argument", "write name@version, with a number above zero");
  }
  auto const row = co_await shard_.store.get_workflow(reference.substr(0, at), version);
  if (!row) co_return row.error();
  auto loading = load_definition(common_, shard_.store, row->version.hash);
  auto const workflow = co_await std::move(loading);
  if (!workflow) co_return workflow.error();
  Definition out;
  out.workflow = *workflow;
  out.hash = row->version.hash;
  out.version = row->version.version;
  co_return out;
}

Async<Result<NodeBackend::Definition>> NodeBackend::take_inline(InlineDefinition definition) {
  Definition out;
  out.hash = definition.hash;
  out.workflow = common_.workflows.find(out.hash);
  if (!out.workflow) {
    auto loading = load(definition.text, TextFormat::json);
    auto loaded = co_await std::move(loading);
    if (!loaded.workflow) co_return refused(loaded.problems);
    out.workflow = std::move(loaded.workflow);
  }
  auto storing = shard_.store.ensure_definition(out.hash, std::move(definition.text), "");
  auto const stored = co_await std::move(storing);
  if (!stored) co_return stored.error();
  common_.workflows.put(out.hash, out.workflow);
  co_return out;
}

Async<Result<NodeBackend::Definition>> NodeBackend::find_definition(
    std::string const& workflow, InlineDefinition definition
) {
  if (!workflow.empty()) {
    auto finding = find_stored(workflow);
    co_return co_await std::move(finding);
  }
  auto taking = take_inline(std::move(definition));
  co_return co_await std::move(taking);
}

/// The execution that an Idempotency-Key was given to; nullopt: none yet.
Result<std::optional<Started>> first_of(sql::Reservation const& reserved) {
  if (reserved.outcome == sql::Reservation::Outcome::conflict)
    return failure(
        "idempotency_mismatch",
        "this Idempotency-Key came before, with another request",
        "use a new key for a new request"
    );
  if (!reserved.is_accepted) return std::optional<Started>();
  return std::optional<Started>(Started{reserved.execution, true});
}

Async<Result<std::optional<Started>>> NodeBackend::first_start(
    std::string key, std::string body_hash
) {
  if (key.empty()) co_return std::optional<Started>();
  auto looking = shard_.store.find_idempotency(std::move(key), std::move(body_hash));
  auto const found = co_await std::move(looking);
  if (!found) co_return found.error();
  if (!found->has_value()) co_return std::optional<Started>();
  co_return first_of(**found);
}

Async<Result<Started>> NodeBackend::start(StartRequest request) {
  // First of all: a repeat gets the first execution even if it would not be accepted today.
  auto repeating = first_start(request.idempotency_key, request.body_hash);
  auto const first = co_await std::move(repeating);
  if (!first) co_return first.error();
  if (first->has_value()) co_return **first;
  auto finding = find_definition(request.workflow, std::move(request.definition));
  auto definition = co_await std::move(finding);
  if (!definition) co_return definition.error();
  Origin origin;
  auto accepting = accept(std::move(request), std::move(*definition), std::move(origin));
  co_return co_await std::move(accepting);
}

Async<Result<Started>> NodeBackend::accept(
    StartRequest request, Definition definition, Origin origin
) {
  auto inputs = accept_inputs(*definition.workflow, std::move(request.inputs));
  if (!inputs) co_return inputs.error();
  auto const bytes_max = common_.config.limits.input_bytes;
  if (text_size(*inputs, bytes_max) > bytes_max)
    co_return failure(
        "too_large",
        "the inputs are longer than " + std::to_string(bytes_max) + " bytes",
        "pass large data by file, or raise limits.inputBytes"
    );
  request.inputs = std::move(*inputs);
  auto id = new_id();
  bool is_repeat = false;
  if (!request.idempotency_key.empty()) {
    auto reserving =
        shard_.store.reserve_idempotency(request.idempotency_key, request.body_hash, id);
    auto const reserved = co_await std::move(reserving);
    if (!reserved) co_return reserved.error();
    auto const first = first_of(*reserved);
    if (!first) co_return first.error();
    if (first->has_value()) co_return **first;
    is_repeat = reserved->outcome == sql::Reservation::Outcome::known;
    id = reserved->execution;
  }
  auto submitting =
      submit(std::move(request), std::move(definition), std::move(origin), id, is_repeat);
  co_return co_await std::move(submitting);
}

Async<Result<Started>> NodeBackend::submit(
    StartRequest request, Definition definition, Origin origin, ExecutionId id, bool is_repeat
) {
  auto const& limit = definition.workflow->concurrency;
  auto const key = start_key(
      *definition.workflow, request.inputs, "concurrency", limit ? limit->key : std::nullopt
  );
  if (!key) co_return key.error();
  auto planning = plan_start(definition.workflow, request.inputs, id);
  auto plan = co_await std::move(planning);
  if (!plan) co_return plan.error();
  if (plan->instead) co_return *plan->instead;
  json::value clean(std::move(request.inputs));
  replace_nul(clean);
  request.inputs = std::move(clean.get_object());
  Submission submission;
  submission.id = id;
  submission.workflow = definition.workflow;
  auto& record = submission.record;
  record.workflow = definition.workflow->name;
  record.workflow_version = definition.version;
  record.definition_hash = definition.hash;
  record.inputs = to_text(request.inputs);
  record.priority = request.priority.value_or(definition.workflow->priority);
  record.labels = std::move(request.labels);
  record.directory = std::move(request.directory);
  record.idempotency_key = request.idempotency_key;
  record.concurrency_key = *key;
  record.parent = std::move(request.parent);
  record.created_at = common_.clock.now();
  record.replay_of = origin.replay_of;
  submission.reused = std::move(origin.reused);
  submission.inputs = std::move(request.inputs);
  submission.hold = plan->hold;
  auto& home = home_of(id);
  auto make = [&] { return submit_at(home, common_, std::move(submission), is_repeat); };
  auto submitting = on_shard(home.shard, make);
  auto const done = co_await std::move(submitting);
  bool const is_there = done || done.error().code == "already_exists";
  auto finishing = finish_start(std::move(*plan), id, is_there);
  co_await std::move(finishing);
  if (done) co_return Started{id, false};
  if (done.error().code == "already_exists") co_return Started{id, true};
  if (request.idempotency_key.empty() || done.error().code != "change_rejected")
    co_return done.error();
  // The same request may have come to another node at once, and that one was first.
  bool const is_known = co_await is_stored(id);
  if (!is_known) co_return done.error();
  co_return Started{id, true};
}

Async<bool> NodeBackend::is_stored(ExecutionId id) {
  auto const found = co_await place(id);
  co_return found.has_value();
}

Async<Result<>> NodeBackend::command(ExecutionId id, Command command) {
  auto& home = home_of(id);
  auto make = [&home, id, command] { return command_at(home, id, command); };
  auto commanding = on_shard(home.shard, make);
  auto const done = co_await std::move(commanding);
  if (done || done.error().code != "not_found") co_return done;
  auto explaining = not_live(id);
  co_return co_await std::move(explaining);
}

Async<Result<>> NodeBackend::resolve(ExecutionId id, TaskResolution resolution) {
  auto& home = home_of(id);
  auto make = [&home, id, &resolution] { return resolve_at(home, id, std::move(resolution)); };
  auto resolving = on_shard(home.shard, make);
  auto const done = co_await std::move(resolving);
  if (done || done.error().code != "not_found") co_return done;
  auto explaining = not_live(id);
  co_return co_await std::move(explaining);
}

Async<Result<>> NodeBackend::not_live(ExecutionId id) {
  auto const stored = co_await place(id);
  if (!stored) co_return stored.error();
  if (is_terminal(stored->status))
    co_return failure(
        "already_ended", "the execution has ended: " + std::string(to_string(stored->status))
    );
  co_return failure("not_here", "the execution runs on another node", "ask that node");
}

Async<Result<>> NodeBackend::retry(ExecutionId id) {
  auto& home = home_of(id);
  auto make = [this, &home, id] { return retry_at(home, common_, id); };
  auto retrying = on_shard(home.shard, make);
  co_return co_await std::move(retrying);
}

Async<Result<bool>> NodeBackend::wait_for_end(ExecutionId id, Duration limit) {
  auto const give_up = Steady::now() + limit;
  auto& home = home_of(id);
  for (;;) {
    auto const now = Steady::now();
    if (now >= give_up || common_.stopping.load()) co_return false;
    // A second at a time: a call to another shard cannot be cut short from here.
    auto const slice = std::min<Steady::duration>(give_up - now, std::chrono::seconds(1));
    auto make = [&home, id, slice] { return wait_a_while(home, id, slice); };
    auto waiting = on_shard(home.shard, make);
    auto const ended = co_await std::move(waiting);
    if (ended && *ended) co_return true;
    auto const stored = co_await place(id);
    if (!stored) co_return stored.error();
    if (is_terminal(stored->status)) co_return true;
    if (Steady::now() - now < std::chrono::milliseconds(100))
      co_await sleep_for(std::chrono::milliseconds(200));  // it is not live here
  }
}

Async<Result<json::value>> NodeBackend::why(ExecutionId id, std::string task) {
  auto& home = home_of(id);
  auto make = [&home, id, &task] { return why_at(home, id, task); };
  auto asking = on_shard(home.shard, make);
  auto const reasons = co_await std::move(asking);
  if (reasons || reasons.error().code != "not_found") co_return reasons;
  auto const stored = co_await place(id);
  if (!stored) co_return stored.error();
  if (is_terminal(stored->status)) {
    if (!task.empty()) {
      auto const known = co_await expect_task(id, std::move(task));
      if (!known) co_return known.error();
    }
    co_return json::value(json::array());
  }
  co_return reasons;
}

}  // namespace ropewalk::server
