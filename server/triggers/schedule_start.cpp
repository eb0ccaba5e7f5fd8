#include "server/triggers/schedule_start.hpp"

#include "engine/base/json.hpp"
#include "server/http/problem_response.hpp"
#include "server/observe/log.hpp"
#include "server/triggers/json_scope.hpp"

#include <algorithm>

namespace ropewalk::server {
namespace {

constexpr Duration tries_for = std::chrono::hours(1);  // then an error that passes is for good
constexpr Duration try_delay_min = std::chrono::seconds(1);
constexpr Duration try_delay_max = std::chrono::minutes(1);
constexpr unsigned unavailable = 503;

bool may_pass(Error const& error) {
  return error.error_class == ErrorClass::transient || status_of(error) == unavailable;
}

void log_failed(sql::DueStart const& start, Error const& error, bool is_final) {
  log::Fields fields;
  fields["schedule"] = start.name;
  fields["tick"] = format_instant(start.tick);
  fields["code"] = error.code;
  fields["error"] = error.message;
  if (is_final)
    log::warn("a schedule's start failed", fields);
  else
    log::info("a schedule's start is tried again", fields);
}

/// Longer the longer it has been due.
Duration delay_of(Duration late) {
  return std::clamp(late / 2, try_delay_min, try_delay_max);
}

}  // namespace

Result<StartRequest> request_of(sql::DueStart const& start) {
  TRY(auto const spec, read_stored_schedule(start.name, start.definition));
  json::object schedule;
  schedule["name"] = start.name;
  schedule["tick"] = format_instant(start.tick);
  json::object variables;
  variables["schedule"] = std::move(schedule);
  JsonScope const scope(std::move(variables));
  TRY(auto inputs, spec.start.inputs.evaluate(scope));
  StartRequest out;
  if (!inputs.is_object()) {
    Error error;
    error.code = "invalid_inputs";
    error.message = "`inputs` does not give an object";
    return error;
  }
  out.inputs = std::move(inputs.get_object());
  out.workflow = spec.start.workflow;
  out.labels = spec.start.labels;
  out.labels["schedule"] = start.name;
  out.priority = spec.start.priority;
  // With a blank: no client's Idempotency-Key has one.
  out.idempotency_key = "schedule " + start.name + "#" + std::to_string(start.schedule) + " " +
                        format_instant(start.tick);
  out.body_hash = "schedule";  // the key alone says which one it is
  return out;
}

Async<Result<Started>> make_start(ScheduleParts parts, sql::DueStart start) {
  auto const begun = Steady::now();
  auto request = request_of(start);
  Result<Started> started = Error{};
  if (request) {
    auto starting = parts.backend.start(std::move(*request));
    started = co_await std::move(starting);
  } else {
    started = request.error();
  }
  auto const late = start.now - start.due_at;
  if (started) {
    auto const took = std::chrono::floor<Duration>(Steady::now() - begun);
    auto const marked = co_await parts.store.mark_started(start, started->id);
    if (!marked) co_return marked.error();  // whoever comes next finds the same execution
    parts.metrics.schedule_started("started", late + took);
    co_return started;
  }
  auto const error = to_text(to_json(started.error()));
  bool const is_final = !may_pass(started.error()) || late > tries_for;
  log_failed(start, started.error(), is_final);
  parts.metrics.schedule_started(is_final ? "failed" : "put_off", std::nullopt);
  Result<> written;
  if (is_final)
    written = co_await parts.store.mark_failed(start, error);
  else
    written = co_await parts.store.put_off(start, delay_of(late), error);
  if (!written) log_failed(start, written.error(), false);
  co_return started;
}

}  // namespace ropewalk::server
