#include "server/api/api.hpp"
#include "server/api/start_request.hpp"
#include "server/http/problem_response.hpp"
#include "server/stream/task_stream_body.hpp"

#include <algorithm>
#include <chrono>

namespace ropewalk::server {
namespace {

constexpr Duration heartbeat_max = std::chrono::seconds(15);

/// Which is how a browser is told not to connect again.
Response nothing_more() {
  Response out;
  out.status = 204;
  return out;
}

}  // namespace

void StreamApi::add_to(Router& router) {
  router.add(Route{
      Method::get,
      "/v1/executions/{id}/tasks/{task}/stream",
      Access::read,
      [this](Request request) { return task_stream(std::move(request)); }});
}

/// The task's status; that of the execution when that has ended and the task never got one.
Async<Result<Status>> StreamApi::end_of(
    ExecutionId id, Backend::GraphSource const& source, std::string const& task
) {
  auto const known = source.statuses.find(task);
  if (known != source.statuses.end() && known->second != Status::pending) co_return known->second;
  auto const place = co_await backend_.place(id);
  if (!place) co_return place.error();
  co_return place->status;
}

Async<Response> StreamApi::task_stream(Request request) {
  auto const known = check_query(request, std::vector<std::string_view>{});
  if (!known) co_return problem_response(known.error());
  auto const id = read_execution_id(request);
  if (!id) co_return problem_response(id.error());
  auto const& task = request.param("task");
  auto const heartbeat = std::min<Duration>(heartbeat_max, limits_.idle_timeout / 2);
  auto const body = std::make_shared<TaskStreamBody>(executor_, hub_, *id, task, heartbeat);
  // Watched first, looked up then: what ends in between is seen in one of the two.
  co_await body->watch();
  auto const source = co_await backend_.graph(*id);
  if (!source) co_return problem_response(source.error());
  if (!source->workflow->find(task) && !source->statuses.contains(task)) {
    Error unknown;
    unknown.code = "not_found";
    unknown.message = "the execution has no task \"" + task + "\"";
    co_return problem_response(unknown);
  }
  auto const resumed = parse_event_id(request.header("Last-Event-ID"));
  if (resumed && body->has_all(*resumed)) co_return nothing_more();
  if (resumed) body->resume(*resumed);
  auto const ended = co_await end_of(*id, *source, task);
  if (!ended) co_return problem_response(ended.error());
  if (is_terminal(*ended) && !body->is_live()) {
    auto const texts = co_await backend_.texts(*id, task, std::string());
    if (!texts) co_return problem_response(texts.error());
    bool const is_same = texts->empty() || (resumed && resumed->attempt == texts->front().attempt);
    if (resumed && resumed->has_ended && is_same) co_return nothing_more();
    if (!texts->empty()) body->give_stored(to_streams(*id, *texts));
    body->task_ended(texts->empty() ? 0 : texts->front().attempt, to_string(*ended));
  }
  Response out;
  out.content_type = "text/event-stream";
  out.headers.push_back(Header{"Cache-Control", "no-store"});
  out.stream = body;
  co_return out;
}

}  // namespace ropewalk::server
