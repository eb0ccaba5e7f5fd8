// Engine: why a task waits, in words and in figures.
#include "engine/runtime/engine_impl.hpp"
#include "engine/schedule/pool_amount.hpp"

namespace ropewalk {
namespace {

constexpr std::size_t tasks_explained_max = 1000;
constexpr std::size_t names_shown_max = 20;

json::array describe_holders(std::string_view pool, std::vector<PoolHolder> const& holders) {
  json::array out;
  for (auto const& holder : holders) {
    if (out.size() == names_shown_max) break;
    out.push_back(json::object{
        {"execution", holder.execution.to_string()},
        {"task", holder.task},
        {"amount", amount_value(pool, holder.amount)}});
  }
  return out;
}

void say(
    json::object& line, std::string_view reason, std::string_view message, json::object detail
) {
  line["reason"] = reason;
  line["message"] = message;
  line["detail"] = std::move(detail);
}

void explain_dependencies(Execution const& execution, TaskIndex task, json::object& line) {
  json::array names;
  std::string list;
  auto const unmet = execution.unmet_dependencies(task);
  for (TaskIndex const dependency : unmet) {
    if (names.size() == names_shown_max) break;
    std::string const id(execution.task_id(dependency));
    list += (list.empty() ? "" : ", ") + id + " (" +
            std::string(to_string(execution.task_status(dependency))) + ")";
    names.emplace_back(id);
  }
  if (unmet.size() > names_shown_max) list += ", …";
  say(line,
      "dependencies",
      "waits for " + list,
      {{"waitsFor", std::move(names)}, {"count", unmet.size()}});
}

/// What has failed and waits for a person, and what waits for the end of all others.
bool explain_apart(Execution const& execution, TaskIndex task, json::object& line) {
  if (execution.is_held_failure(task)) {
    Error const* error = execution.task_error(task);
    json::object detail{{"actions", json::array{"retry", "skip", "fail", "complete"}}};
    if (error) detail["error"] = to_json(*error);
    std::string const message = "has failed, and waits for a person to resolve it";
    say(line, "failed", error ? message + ": " + error->message : message, std::move(detail));
    return true;
  }
  if (!execution.task_def(task).is_final || execution.is_finishing()) return false;
  std::size_t const count = execution.unfinished_before_finally();
  say(line,
      "finally",
      "runs when all other tasks have ended: " + std::to_string(count) + " have not",
      {{"count", count}});
  return true;
}

void explain_pause(Execution const& execution, json::object& line) {
  auto const& reason = execution.hold_reason();
  if (!reason) return say(line, "paused", "the execution is paused; resume it to go on", {});
  say(line,
      "held",
      "the execution waits for a person: " + reason->message,
      {{"error", to_json(*reason)}});
}

/// What a `wait` waits for, since when and until when.
void explain_wait(json::object wait, json::object& line) {
  auto const text = [&](std::string_view key) {
    auto const* found = wait.if_contains(key);
    return found ? std::string(found->as_string()) : std::string();
  };
  std::string const what = text("for");
  std::string message = "waits";
  if (what == "signal") message += " for the signal \"" + text("signal") + '"';
  if (what == "approval") {
    std::string answers;
    for (auto const& answer : wait.at("answers").as_array())
      answers += (answers.empty() ? "" : ", ") + std::string(answer.as_string());
    message += " for an answer (" + answers + ")";
  }
  message += " since " + text("since");
  if (wait.contains("until")) message += ", until " + text("until");
  if (wait.contains("onTimeout")) message += " (then: " + text("onTimeout") + ")";
  if (what == "approval") message += ": " + text("message");
  say(line, what, message, std::move(wait));
}

}  // namespace

json::object Engine::Impl::explain_task(Execution const& execution, TaskIndex task) const {
  json::object line{
      {"task", execution.task_id(task)}, {"status", to_string(execution.task_status(task))}};
  switch (execution.task_status(task)) {
    case Status::running: {
      std::string const since = format_instant(execution.task_started_at(task));
      say(line,
          "running",
          "attempt " + std::to_string(execution.task_attempt(task)) + " runs since " + since,
          {{"since", since}});
      if (auto const items = execution.item_counts(task))
        say(line,
            "items",
            std::to_string(items->ended) + " of " + std::to_string(items->all) +
                " items have ended, " + std::to_string(items->failed) + " of them failed",
            {{"items", items->all}, {"ended", items->ended}, {"failed", items->failed}});
      if (auto wait = execution.task_wait(task)) explain_wait(std::move(*wait), line);
      auto const slot = core_.slot_of(execution.id(), task);
      auto const wait = slot ? waits_.find(*slot) : waits_.end();
      if (wait != waits_.end()) say(line, "provider", wait->second, {{"since", since}});
      break;
    }
    case Status::retrying: {
      std::string const at = format_instant(execution.task_retry_at(task).value_or(now()));
      Error const* error = execution.task_error(task);
      json::object detail{{"retryAt", at}};
      if (error) detail["error"] = to_json(*error);
      say(line, "retry", "its last attempt failed; the next one starts at " + at, std::move(detail)
      );
      break;
    }
    default:
      if (explain_apart(execution, task, line)) break;
      if (execution.is_paused())
        explain_pause(execution, line);
      else if (execution.is_queued(task))
        say(line, "starting", "is about to start", {});
      else
        explain_dependencies(execution, task, line);
  }
  return line;
}

void Engine::Impl::explain_hold(StartHold const& held, json::object& line) const {
  auto const at = format_instant(held.at);
  bool const is_debounce = held.limit == "debounce";
  say(line,
      held.limit,
      is_debounce ? "the workflow's debounce waits for further calls until " + at
                  : "the workflow's rateLimit lets it begin at " + at,
      {{"startsAt", at}});
}

Async<> Engine::Impl::explain_slot(RequestId slot, json::object& line) {
  auto const wait = co_await parts_.admission.explain(slot);
  if (!wait) co_return;
  bool const lacks = wait->free < wait->needs;
  std::string message =
      lacks ? "waits for " + amount_text(wait->pool, wait->needs) + " of pool \"" + wait->pool +
                  "\": " + amount_text(wait->pool, wait->free) + " of " +
                  amount_text(wait->pool, wait->capacity) + " free"
            : "waits for pool \"" + wait->pool + "\", which is kept for who waits longer";
  message += "; place " + std::to_string(wait->position) + " in the queue";
  json::object detail{
      {"pool", wait->pool},
      {"needs", amount_value(wait->pool, wait->needs)},
      {"free", amount_value(wait->pool, wait->free)},
      {"capacity", amount_value(wait->pool, wait->capacity)},
      {"position", wait->position},
      {"holders", describe_holders(wait->pool, wait->holders)}};
  say(line, "pool", message, std::move(detail));
}

Async<Result<json::value>> Engine::Impl::why(ExecutionId id, std::string task) {
  Execution const* execution = core_.find(id);
  if (!execution)
    co_return Error{
        ErrorClass::permanent,
        "not_found",
        "execution " + id.to_string() + " is not under way here"};
  json::array lines;
  auto const place = co_await parts_.admission.explain_place(id);
  execution = core_.find(id);  // it may have ended meanwhile
  if (!execution) co_return json::value(std::move(lines));
  std::optional<TaskIndex> const only = task.empty() ? std::nullopt : execution->find_task(task);
  if (!task.empty() && !only)
    co_return Error{
        ErrorClass::permanent,
        "not_found",
        "execution " + id.to_string() + " has no task \"" + task + "\""};
  std::vector<std::pair<std::size_t, RequestId>> queued;
  for (TaskIndex i = 0; i < execution->tasks_count() && lines.size() < tasks_explained_max; ++i) {
    if ((only && i != *only) || (!only && is_terminal(execution->task_status(i)))) continue;
    json::object line = explain_task(*execution, i);
    if (auto const held = holds_.find(id); held != holds_.end()) {
      explain_hold(held->second, line);
    } else if (place) {
      json::array holders;
      for (auto const& holder : place->holders) holders.emplace_back(holder.to_string());
      say(line,
          "concurrency",
          "the workflow's concurrency limit of " + std::to_string(place->limit) +
              " is used up; place " + std::to_string(place->position) + " in the queue",
          {{"limit", place->limit},
           {"running", place->running},
           {"position", place->position},
           {"holders", std::move(holders)}});
    } else if (auto const slot = core_.slot_of(id, i); slot && execution->is_queued(i)) {
      queued.emplace_back(lines.size(), *slot);
    }
    lines.push_back(std::move(line));
  }
  for (auto const& [index, slot] : queued) co_await explain_slot(slot, lines[index].get_object());
  co_return json::value(std::move(lines));
}

}  // namespace ropewalk
