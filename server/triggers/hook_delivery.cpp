// What happens when somebody calls a hook.
#include "engine/base/json.hpp"
#include "engine/base/text.hpp"
#include "server/http/problem_response.hpp"
#include "server/observe/log.hpp"
#include "server/triggers/hook_api.hpp"

#include <algorithm>

namespace ropewalk::server {
namespace {

constexpr std::size_t delivery_bytes_max = 32 * 1024 * 1024;  // GitHub's may have 25 MiB
constexpr auto refusals_logged_every = std::chrono::seconds(1);

using Kind = HookVerdict::Kind;

/// Why, only whoever runs the server is told: in the log of the hook.
Response refusal() {
  Error error;
  error.code = "unauthorized";
  error.message = "the delivery is not verified";
  error.hint = "GET /v1/hooks/NAME/deliveries says why";
  auto out = problem_response(error);
  out.headers.push_back(Header{"WWW-Authenticate", "Webhook"});
  return out;
}

Response unavailable() {
  Error error;
  error.code = "hook_unavailable";
  error.message = "the hook cannot take deliveries just now";
  error.hint = "the server knows why; send it again later";
  return problem_response(error);
}

Response too_large() {
  Error error;
  error.code = "too_large";
  error.message = "a delivery has at most 32 MiB";
  return problem_response(error);
}

json::object facts_of(Request const& request) {
  json::object out;
  out["bytes"] = request.body.size();
  if (auto const type = request.header("Content-Type"); !type.empty())
    out["contentType"] = shorten(repair_utf8(type), 128);
  return out;
}

/// Whether nothing waits for the task: what it gives is a result of the whole.
bool is_last(Workflow const& workflow, std::string_view task) {
  auto const index = workflow.find(task);
  return index && !workflow.tasks[*index].is_template && workflow.graph.dependants(*index).empty();
}

}  // namespace

Async<Response> HookApi::deliver(Request request) {
  auto const hook = co_await parts_.store.get(request.param("name"));
  if (!hook) {
    if (hook.error().code == "not_found") parts_.metrics.hook_delivered("unknown");
    co_return problem_response(hook.error());
  }
  auto const spec = read_stored_hook(hook->name, hook->definition);
  if (!spec) {
    log::Fields fields;
    fields["hook"] = hook->name;
    fields["error"] = spec.error().message;
    log::error("a hook cannot be read", fields);
    co_return unavailable();
  }
  if (request.body.size() > delivery_bytes_max) co_return too_large();
  auto judging = judge(*hook, *spec, std::move(request));
  co_return co_await std::move(judging);
}

Async<Response> HookApi::judge(sql::HookRow hook, HookSpec spec, Request request) {
  auto finding = keys_of(spec);
  auto const keys = co_await std::move(finding);
  if (!keys) {
    log::Fields fields;
    fields["hook"] = hook.name;
    fields["error"] = keys.error().message;
    log::error("deliveries to a hook cannot be verified", fields);
    parts_.metrics.hook_delivered("failed");
    co_return unavailable();
  }
  auto const now = parts_.clock.now();
  HookVerdict verdict;
  std::function<void()> const work = [&] { verdict = judge_delivery(spec, *keys, request, now); };
  auto working = parts_.backend.run_aside(request.body.size(), work);
  co_await std::move(working);
  auto detail = facts_of(request);
  if (!verdict.event.empty()) detail["event"] = shorten(verdict.event, 128);
  if (verdict.kind == Kind::accepted) {
    request.body = {};
    auto starting = start(hook, spec, verdict, std::move(detail));
    co_return co_await std::move(starting);
  }
  Response out;
  std::string result = "answered";
  switch (verdict.kind) {
    case Kind::refused:
      result = "refused";
      detail["error"] = to_json(verdict.error);
      out = refusal();
      break;
    case Kind::malformed:
      result = "failed";
      detail["error"] = to_json(verdict.error);
      out = problem_response(verdict.error);
      break;
    case Kind::filtered: {
      result = "filtered";
      detail["reason"] = verdict.reason;
      json::object view;
      view["started"] = false;
      view["reason"] = verdict.reason;
      out = json_response(view, 202);
      break;
    }
    default:
      out = std::move(verdict.answer);
  }
  auto recording = record(hook, verdict, std::move(result), std::move(detail), std::nullopt);
  co_await std::move(recording);
  co_return out;
}

Async<Response> HookApi::start(
    sql::HookRow const& hook, HookSpec const& spec, HookVerdict& verdict, json::object detail
) {
  auto request = std::move(verdict.request);
  if (!verdict.delivery.empty()) {
    request.idempotency_key = delivery_key(hook.name, hook.id, verdict.delivery);
    request.body_hash = "hook";  // the sender's id alone says which one it is
  }
  auto starting = parts_.backend.start(std::move(request));
  auto const started = co_await std::move(starting);
  std::string result = "failed";
  std::optional<ExecutionId> execution;
  if (started) {
    result = started->is_repeat ? "repeated" : "started";
    execution = started->id;
  } else {
    detail["error"] = to_json(started.error());
  }
  auto recording = record(hook, verdict, std::move(result), std::move(detail), execution);
  co_await std::move(recording);
  if (!started && started.error().code == "not_found") co_return unavailable();  // the workflow
  if (!started) co_return problem_response(started.error());
  auto answering = answer(spec, *started);
  co_return co_await std::move(answering);
}

Async<Response> HookApi::answer(HookSpec const& spec, Started started) {
  auto const place = "/v1/executions/" + started.id.to_string();
  json::object view;
  view["execution"] = started.id.to_string();
  unsigned status = started.is_repeat ? 200 : 201;
  if (spec.wait) {
    auto const limit = std::min(*spec.wait, parts_.limits.wait_max);
    auto const ended = co_await parts_.backend.wait_for_end(started.id, limit);
    bool const has_ended = ended && *ended;
    status = has_ended ? 200 : 202;
    if (has_ended) {
      auto asking = result_of(started.id);
      auto const result = co_await std::move(asking);
      for (auto const& field : result) view[field.key()] = field.value();
    }
  }
  view["started"] = true;
  auto out = json_response(view, status);
  out.headers.push_back(Header{"Location", place});
  co_return out;
}

/// {"status", "outputs": {task: …}, "error"?}: of the tasks that no other waits for.
Async<json::object> HookApi::result_of(ExecutionId id) {
  json::object out;
  auto const view = co_await parts_.backend.get_execution(id);
  auto const graph = co_await parts_.backend.graph(id);
  if (!view || !graph) co_return out;
  if (auto const* status = view->if_contains("status")) out["status"] = *status;
  if (auto const* error = view->if_contains("error")) out["error"] = *error;
  json::object outputs;
  auto const* found = view->if_contains("tasks");
  auto const* tasks = found == nullptr ? nullptr : found->if_array();
  for (std::size_t i = 0; tasks != nullptr && i < tasks->size(); ++i) {
    auto const* task = (*tasks)[i].if_object();
    auto const* task_id = task == nullptr ? nullptr : task->if_contains("id");
    auto const* output = task == nullptr ? nullptr : task->if_contains("output");
    if (task_id == nullptr || output == nullptr || !task_id->is_string()) continue;
    std::string_view const name(task_id->get_string());
    if (is_last(*graph->workflow, name)) outputs[name] = *output;
  }
  out["outputs"] = std::move(outputs);
  co_return out;
}

Async<> HookApi::record(
    sql::HookRow const& hook,
    HookVerdict const& verdict,
    std::string result,
    json::object detail,
    std::optional<ExecutionId> execution
) {
  parts_.metrics.hook_delivered(result);
  if (result == "refused") {
    // Strangers must not make the database write as often as they like.
    auto const now = Steady::now();
    auto const [last, is_first] = refused_at_.try_emplace(hook.id, now);
    if (!is_first && now - last->second < refusals_logged_every) co_return;
    last->second = now;
  }
  sql::HookDelivery delivery;
  delivery.result = std::move(result);
  delivery.delivery = shorten(repair_utf8(verdict.delivery), 255);
  delivery.execution = execution;
  json::value clean(std::move(detail));
  replace_nul(clean);
  delivery.detail = to_text(clean);
  auto logging = parts_.store.log(hook.id, std::move(delivery));
  auto const logged = co_await std::move(logging);
  if (logged) co_return;
  log::Fields fields;
  fields["hook"] = hook.name;
  fields["error"] = logged.error().message;
  log::warn("a delivery could not be logged", fields);
}

}  // namespace ropewalk::server
