#include "server/triggers/schedule_api.hpp"

#include "engine/base/json.hpp"
#include "server/api/start_request.hpp"
#include "server/http/problem_response.hpp"
#include "server/http/target.hpp"

namespace ropewalk::server {
namespace {

constexpr std::uint32_t page_size = 50;
constexpr std::uint32_t page_size_max = 500;
constexpr std::size_t definition_bytes_max = 1024 * 1024;

Result<ScheduleSpec> read_body(Request const& request) {
  auto const& name = request.param("name");
  if (auto const checked = check_trigger_name(name); !checked) return checked.error();
  if (request.body.size() > definition_bytes_max) {
    Error error;
    error.code = "too_large";
    error.message = "the definition of a schedule has at most 1 MiB";
    return error;
  }
  TRY(auto body, read_json_body(request));
  auto* object = body.if_object();
  if (object == nullptr) return invalid_argument("the body is not a JSON object");
  return read_schedule(name, std::move(*object));
}

}  // namespace

void ScheduleApi::add_to(Router& router) {
  auto const route = [&](Method method, std::string_view pattern, Access access, auto member) {
    router.add(Route{method, pattern, access, [this, member](Request request) {
                       return (this->*member)(std::move(request));
                     }});
  };
  auto const pausing = [&](std::string_view pattern, bool paused) {
    router.add(Route{Method::post, pattern, Access::write, [this, paused](Request request) {
                       return set_paused(std::move(request), paused);
                     }});
  };
  route(Method::get, "/v1/schedules", Access::read, &ScheduleApi::list);
  route(Method::put, "/v1/schedules/{name}", Access::write, &ScheduleApi::put);
  route(Method::get, "/v1/schedules/{name}", Access::read, &ScheduleApi::get);
  route(Method::del, "/v1/schedules/{name}", Access::write, &ScheduleApi::remove);
  pausing("/v1/schedules/{name}/pause", true);
  pausing("/v1/schedules/{name}/resume", false);
  route(Method::post, "/v1/schedules/{name}/trigger", Access::write, &ScheduleApi::trigger);
}

Async<Response> ScheduleApi::put(Request request) {
  auto spec = read_body(request);
  if (!spec) co_return problem_response(spec.error());
  auto putting = backend_.put(std::move(*spec));
  auto const stored = co_await std::move(putting);
  if (!stored) co_return problem_response(stored.error());
  co_return json_response(stored->view, stored->is_new ? 201 : 200);
}

Async<Response> ScheduleApi::get(Request request) {
  auto const found = co_await backend_.get(request.param("name"));
  if (!found) co_return problem_response(found.error());
  co_return json_response(*found);
}

Async<Response> ScheduleApi::list(Request request) {
  auto const known = check_query(request, std::vector<std::string_view>{"after", "limit"});
  if (!known) co_return problem_response(known.error());
  auto const limit = read_number(request, "limit", page_size, page_size_max);
  if (!limit) co_return problem_response(limit.error());
  std::string after(request.query_value("after").value_or(""));
  auto page = co_await backend_.list(std::move(after), static_cast<std::uint32_t>(*limit));
  if (!page) co_return problem_response(page.error());
  co_return page_response(request, std::move(*page));
}

Async<Response> ScheduleApi::remove(Request request) {
  auto const removed = co_await backend_.remove(request.param("name"));
  if (!removed) co_return problem_response(removed.error());
  Response out;
  out.status = 204;
  co_return out;
}

Async<Response> ScheduleApi::set_paused(Request request, bool paused) {
  auto const view = co_await backend_.set_paused(request.param("name"), paused);
  if (!view) co_return problem_response(view.error());
  co_return json_response(*view);
}

Async<Response> ScheduleApi::trigger(Request request) {
  auto const started = co_await backend_.trigger(request.param("name"));
  if (!started) co_return problem_response(started.error());
  boost::json::object view;
  view["execution"] = started->id.to_string();
  auto out = json_response(view, 201);
  out.headers.push_back(Header{"Location", "/v1/executions/" + started->id.to_string()});
  co_return out;
}

}  // namespace ropewalk::server
