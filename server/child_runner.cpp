#include "server/child_runner.hpp"

#include "engine/async/async_scope.hpp"
#include "engine/base/json.hpp"
#include "engine/model/make_field.hpp"

#include <boost/asio/this_coro.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <utility>

namespace ropewalk::server {
namespace {

constexpr std::uint32_t depth_max = 16;
constexpr auto cancel_patience = std::chrono::minutes(1);

Error refusal(std::string code, std::string message, std::string hint = {}) {
  return Error{ErrorClass::permanent, std::move(code), std::move(message), std::move(hint)};
}

Result<StartRequest> read_request(AttemptRequest const& request) {
  StartRequest out;
  auto const* workflow = request.config.if_contains("workflow");
  if (!workflow || !workflow->is_string() || workflow->get_string().empty())
    return refusal("invalid_config", "`workflow` is not the name of a workflow");
  out.workflow = std::string(workflow->get_string());
  if (auto const* inputs = request.config.if_contains("inputs")) {
    if (!inputs->is_object())
      return refusal("invalid_config", "`inputs` is not an object", "write inputs: {name: value}");
    out.inputs = inputs->get_object();
  }
  if (auto const* labels = request.config.if_contains("labels"); labels && labels->is_object())
    for (auto const& label : labels->get_object())
      out.labels[std::string(label.key())] = label.value().is_string()
                                                 ? std::string(label.value().get_string())
                                                 : to_text(label.value());
  if (request.depth >= depth_max)
    return refusal(
        "children_too_deep",
        "executions start others no deeper than " + std::to_string(depth_max),
        "look for a workflow that starts itself"
    );
  out.priority = request.priority;
  out.directory = request.directory;
  out.parent = ParentTask{request.execution, request.task, request.depth + 1};
  out.idempotency_key = "child:" + request.idempotency_key + "/" + std::to_string(request.tries);
  out.body_hash = "child";
  return out;
}

json::object outputs_of(json::object const& view, Workflow const& workflow) {
  json::object out;
  auto const* tasks = view.if_contains("tasks");
  if (!tasks || !tasks->is_array()) return out;
  for (auto const& entry : tasks->get_array()) {
    auto const& task = entry.as_object();
    auto const index = workflow.find(task.at("id").as_string());
    if (!index) continue;  // one run of a task, not the task
    TaskDef const& def = workflow.tasks[*index];
    bool const is_last = workflow.graph.dependants(*index).empty();
    auto const* output = task.if_contains("output");
    if (is_last && !def.is_final && !def.is_template && output) out[def.id] = *output;
  }
  return out;
}

Error ended_badly(ExecutionId child, json::object const& view) {
  std::string const status(view.at("status").as_string());
  Error out;
  out.error_class = ErrorClass::dependency;
  out.code = status == "CANCELLED" ? "child_cancelled" : "child_failed";
  out.message = "execution " + child.to_string() + " of workflow \"" +
                std::string(view.at("workflow").as_string()) + "\" ended as " + status;
  out.hint = "look at it: ropewalk show " + child.to_string();
  json::object detail{{"execution", child.to_string()}, {"status", status}};
  if (auto const* error = view.if_contains("error"); error && error->is_object()) {
    if (auto const* message = error->get_object().if_contains("message"))
      out.message += ": " + std::string(message->as_string());
    detail["error"] = *error;
  }
  out.detail = std::move(detail);
  return out;
}

/// What follows an execution to its end while its attempt may be told to stop.
struct Watch {
  Backend& backend;
  std::atomic<bool> const& stopping;
  ExecutionId child;
  Timer ended;  // cancelled when it has
  Result<bool> result{false};
  bool is_over = false;
  bool is_given_up = false;
};

Async<> follow(Watch& watch) {
  while (!watch.is_given_up && !watch.stopping.load()) {
    auto waiting = watch.backend.wait_for_end(watch.child, std::chrono::seconds(2));
    watch.result = co_await std::move(waiting);
    if (!watch.result || *watch.result) break;
  }
  watch.is_over = true;
  watch.ended.cancel();
}

}  // namespace

void register_child_type(TaskTypes& types) {
  TaskType type;
  type.name = "workflow";
  type.description = "Starts another workflow and waits for its end.";
  type.takes_default_pool = false;
  auto workflow = make_field("workflow", FieldKind::string, "NAME, or NAME@VERSION.");
  workflow.required = true;
  type.fields = {
      std::move(workflow),
      make_field("inputs", FieldKind::object, "What it is given."),
      make_field("labels", FieldKind::object, "Labels of the execution, besides its workflow's."),
      make_field("wait", FieldKind::boolean, "false: starts it, and does not wait for its end.")};
  types.add(std::move(type));
}

Async<AttemptOutcome> ChildRunner::run(AttemptRequest request, AttemptSink& sink) {
  AttemptOutcome outcome;
  auto wanted = read_request(request);
  if (!wanted) {
    outcome.output = wanted.error();
    co_return outcome;
  }
  std::string const name = wanted->workflow;
  auto starting = backend_.start(std::move(*wanted));
  auto const started = co_await std::move(starting);
  if (!started) {
    outcome.output = started.error();
    co_return outcome;
  }
  std::string const child = started->id.to_string();
  LogLine line;
  line.text = (started->is_repeat ? "waits again for execution " : "started execution ") + child +
              " of workflow " + name;
  co_await sink.log(std::move(line));
  outcome.detail = json::object{{"child", child}};
  auto const* waits = request.config.if_contains("wait");
  if (waits && waits->is_bool() && !waits->get_bool()) {
    outcome.output = json::value(json::object{{"execution", child}});
    co_return outcome;
  }
  sink.waiting("waits for execution " + child + " of workflow " + name);
  auto waiting = wait(started->id);
  auto const ended = co_await std::move(waiting);
  if (!ended || !*ended) {
    outcome.is_interrupted = ended.has_value();
    if (!ended) outcome.output = ended.error();
    co_return outcome;
  }
  auto concluding = conclude(started->id);
  AttemptOutcome concluded = co_await std::move(concluding);
  co_return concluded;
}

Async<Result<bool>> ChildRunner::wait(ExecutionId child) {
  bool const throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);  // the scope is joined on every path
  Watch watch{backend_, stopping_, child, Timer(executor_), false, false, false};
  AsyncScope scope(executor_);
  auto following = follow(watch);
  scope.spawn(std::move(following));
  bool is_cancelled = false;
  auto give_up = Steady::time_point::max();
  while (!watch.is_over && Steady::now() < give_up) {
    auto const state = co_await asio::this_coro::cancellation_state;
    if (!is_cancelled && state.cancelled() != asio::cancellation_type::none) {
      is_cancelled = true;
      if (stopping_.load()) break;  // it goes on, and is waited for again
      give_up = Steady::now() + cancel_patience;
      auto cancelling = backend_.command(child, Command::cancel);
      auto const told = co_await std::move(cancelling);
      if (!told) break;  // it has ended meanwhile, or nobody here can tell it
    }
    if (watch.is_over) break;
    watch.ended.expires_at(give_up);
    co_await watch.ended.async_wait(use_tuple);
  }
  watch.is_given_up = true;
  co_await scope.join();
  co_await asio::this_coro::throw_if_cancelled(throws);
  if (is_cancelled)
    co_return Error{ErrorClass::transient, "cancelled", "the task was stopped while it waited"};
  co_return watch.result;
}

Async<AttemptOutcome> ChildRunner::conclude(ExecutionId child) {
  AttemptOutcome outcome;
  outcome.detail = json::object{{"child", child.to_string()}};
  auto reading = backend_.get_execution(child);
  auto const view = co_await std::move(reading);
  auto asking = backend_.graph(child);
  auto const source = co_await std::move(asking);
  if (!view || !source) {
    outcome.output = view ? source.error() : view.error();
    co_return outcome;
  }
  if (view->at("status").as_string() != "COMPLETED") {
    outcome.output = ended_badly(child, *view);
    co_return outcome;
  }
  outcome.output = json::value(json::object{
      {"execution", child.to_string()},
      {"status", "COMPLETED"},
      {"outputs", outputs_of(*view, *source->workflow)}});
  co_return outcome;
}

}  // namespace ropewalk::server
