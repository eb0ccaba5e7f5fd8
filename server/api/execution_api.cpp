#include "engine/base/json.hpp"
#include "server/api/api.hpp"
#include "server/api/start_request.hpp"
#include "server/http/problem_response.hpp"

#include <algorithm>
#include <array>

namespace ropewalk::server {
namespace {

constexpr std::uint32_t page_size = 50;
constexpr std::uint32_t page_size_max = 500;

Result<ExecutionFilter> read_filter(Request const& request) {
  if (auto const known = check_query(request, {"status", "workflow", "label", "after", "limit"});
      !known)
    return known.error();
  ExecutionFilter out;
  for (auto const& [name, value] : request.query) {
    if (name != "status") continue;
    auto const status = parse_status(value);
    if (!status)
      return invalid_argument(
          "there is no such status",
          "PENDING, RUNNING, RETRYING, COMPLETED, FAILED, SKIPPED and CANCELLED are there"
      );
    out.statuses.push_back(*status);
  }
  out.workflow = std::string(request.query_value("workflow").value_or(""));
  for (auto const& [name, value] : request.query) {
    if (name != "label") continue;
    auto const equals = value.find('=');
    if (equals == value.npos || equals == 0) return invalid_argument("write label=NAME=VALUE");
    out.labels.emplace_back(value.substr(0, equals), value.substr(equals + 1));
  }
  if (out.labels.size() > 1) return invalid_argument("one label at a time can be asked for");
  return out;
}

/// {"action": "retry" | "skip" | "fail" | "complete", "output"?}
Result<TaskResolution> read_resolution(Request const& request) {
  constexpr std::array<std::string_view, 4> actions{"retry", "skip", "fail", "complete"};
  TRY(auto body, read_json_object(request, {"action", "output"}));
  auto const* action = body.if_contains("action");
  auto const* word = action ? action->if_string() : nullptr;
  auto const* known = word ? std::ranges::find(actions, std::string_view(*word)) : actions.end();
  if (known == actions.end()) return invalid_argument("action is retry, skip, fail or complete");
  TaskResolution out;
  out.task = std::string(request.param("task"));
  out.how = static_cast<Resolve>(known - actions.begin());
  auto* output = body.if_contains("output");
  if (output && out.how != Resolve::complete)
    return invalid_argument("an output is given with action complete only");
  if (output) out.output = std::move(*output);
  return out;
}

}  // namespace

void ExecutionApi::add_to(Router& router) {
  auto const route = [&](Method method, std::string_view pattern, Access access, auto member) {
    router.add(Route{method, pattern, access, [this, member](Request request) {
                       return (this->*member)(std::move(request));
                     }});
  };
  auto const command_route = [&](std::string_view pattern, Command wanted) {
    router.add(Route{Method::post, pattern, Access::write, [this, wanted](Request request) {
                       return command(std::move(request), wanted);
                     }});
  };
  route(Method::post, "/v1/executions", Access::write, &ExecutionApi::create);
  route(Method::get, "/v1/executions", Access::read, &ExecutionApi::list);
  route(Method::get, "/v1/executions/{id}", Access::read, &ExecutionApi::get);
  command_route("/v1/executions/{id}/cancel", Command::cancel);
  command_route("/v1/executions/{id}/pause", Command::pause);
  command_route("/v1/executions/{id}/resume", Command::resume);
  route(Method::post, "/v1/executions/{id}/retry", Access::write, &ExecutionApi::retry);
  route(
      Method::post,
      "/v1/executions/{id}/tasks/{task}/resolve",
      Access::write,
      &ExecutionApi::resolve
  );
  route(Method::post, "/v1/executions/{id}/replay", Access::write, &ExecutionApi::replay);
  route(Method::get, "/v1/executions/{id}/diff/{other}", Access::read, &ExecutionApi::diff);
  route(Method::post, "/v1/executions/{id}/signals/{name}", Access::write, &ExecutionApi::signal);
  route(
      Method::post, "/v1/executions/{id}/approvals/{task}", Access::write, &ExecutionApi::approve
  );
  route(Method::get, "/v1/approvals", Access::read, &ExecutionApi::approvals);
}

Async<Response> ExecutionApi::create(Request request) {
  auto key = read_idempotency_key(request);
  if (!key) co_return problem_response(key.error());
  Result<StartRequest> wanted = Error{};
  std::function<void()> const read = [&] { wanted = read_start_request(request, std::move(*key)); };
  auto reading = backend_.run_aside(request.body.size(), read);
  co_await std::move(reading);
  if (!wanted) co_return problem_response(wanted.error());
  auto starting = backend_.start(std::move(*wanted));
  auto const begun = co_await std::move(starting);
  if (!begun) co_return problem_response(begun.error());
  auto answering = started(std::move(request), *begun);
  co_return co_await std::move(answering);
}

Async<Response> ExecutionApi::started(Request request, Started begun) {
  auto const place = "/v1/executions/" + begun.id.to_string();
  Response out;
  if (auto const wait = read_prefer_wait(request)) {
    auto const limit = std::min(*wait, limits_.wait_max);
    auto const ended = co_await backend_.wait_for_end(begun.id, limit);
    bool const has_ended = ended && *ended;
    auto const view = co_await backend_.get_execution(begun.id);
    if (view) {
      out = json_response(*view, has_ended ? 200 : 202);
      auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(limit).count();
      out.headers.push_back(Header{"Preference-Applied", "wait=" + std::to_string(seconds)});
    } else {
      out = problem_response(view.error());
    }
  } else {
    boost::json::object view;
    view["id"] = begun.id.to_string();
    if (!begun.is_repeat) view["status"] = "PENDING";
    out = json_response(view, begun.is_repeat ? 200 : 201);
  }
  out.headers.push_back(Header{"Location", place});
  co_return out;
}

Async<Response> ExecutionApi::list(Request request) {
  auto filter = read_filter(request);
  if (!filter) co_return problem_response(filter.error());
  auto const limit = read_number(request, "limit", page_size, page_size_max);
  if (!limit) co_return problem_response(limit.error());
  std::string after(request.query_value("after").value_or(""));
  auto const count = static_cast<std::uint32_t>(*limit);
  auto listing = backend_.list_executions(std::move(*filter), std::move(after), count);
  auto page = co_await std::move(listing);
  if (!page) co_return problem_response(page.error());
  co_return page_response(request, std::move(*page));
}

Async<Response> ExecutionApi::get(Request request) {
  auto const id = read_execution_id(request);
  if (!id) co_return problem_response(id.error());
  auto const view = co_await backend_.get_execution(*id);
  if (!view) co_return problem_response(view.error());
  co_return json_response(*view);
}

Async<Response> ExecutionApi::command(Request request, Command wanted) {
  auto const id = read_execution_id(request);
  if (!id) co_return problem_response(id.error());
  auto const done = co_await backend_.command(*id, wanted);
  if (!done) co_return problem_response(done.error());
  boost::json::object out;
  out["id"] = id->to_string();
  co_return json_response(out, 202);
}

Async<Response> ExecutionApi::resolve(Request request) {
  auto const id = read_execution_id(request);
  if (!id) co_return problem_response(id.error());
  auto wanted = read_resolution(request);
  if (!wanted) co_return problem_response(wanted.error());
  auto resolving = backend_.resolve(*id, std::move(*wanted));
  auto const done = co_await std::move(resolving);
  if (!done) co_return problem_response(done.error());
  boost::json::object out;
  out["id"] = id->to_string();
  out["task"] = request.param("task");
  co_return json_response(out, 202);
}

Async<Response> ExecutionApi::retry(Request request) {
  auto const id = read_execution_id(request);
  if (!id) co_return problem_response(id.error());
  auto const done = co_await backend_.retry(*id);
  if (!done) co_return problem_response(done.error());
  boost::json::object out;
  out["id"] = id->to_string();
  co_return json_response(out, 202);
}

}  // namespace ropewalk::server
