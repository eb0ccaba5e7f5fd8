#include "engine/model/graph_export.hpp"
#include "server/api/api.hpp"
#include "server/api/start_request.hpp"
#include "server/http/problem_response.hpp"
#include "server/stream/event_batch.hpp"

namespace ropewalk::server {
namespace {

constexpr std::uint64_t lines_default = 1'000;
constexpr std::uint64_t lines_max = 10'000;
constexpr std::size_t page_bytes_max = 1024 * 1024;

/// {"items":[…],"next":N}: the lines are JSON already and go out as they are. `next` is there when
/// there may be more.
Response lines_response(EventPage const& page, std::uint64_t lines_count_max) {
  std::string body = "{\"items\":[";
  std::uint64_t count = 0;
  std::uint64_t last_seq = 0;
  std::string_view lines = page.frames;
  while (!lines.empty() && count < lines_count_max) {
    auto const line = take_line(lines);
    if (line.empty()) continue;
    if (count++ > 0) body += ',';
    body += line;
    last_seq = seq_of(line);
  }
  body += ']';
  if (!lines.empty() || page.has_more) body += ",\"next\":" + std::to_string(last_seq);
  body += '}';
  Response out;
  out.body = std::move(body);
  return out;
}

Result<std::uint64_t> read_limit(Request const& request) {
  TRY(auto const limit, read_number(request, "limit", lines_default, lines_max));
  if (limit == 0) return invalid_argument("limit is a whole number from 1 on");
  return limit;
}

std::string_view graph_format(Request const& request) {
  if (auto const format = request.query_value("format")) return *format;
  auto const accept = request.header("Accept");
  if (list_has(accept, "text/vnd.mermaid")) return "mermaid";
  if (list_has(accept, "text/vnd.graphviz")) return "dot";
  return "json";
}

/// Instances are nodes of their own: calls below those who made them, items below their list.
void add_calls(boost::json::object& graph, Backend::GraphSource const& source) {
  auto& tasks = graph.at("tasks").as_array();
  auto& edges = graph.at("edges").as_array();
  auto const levels = shown_levels(*source.workflow);
  for (auto const& [id, caller] : source.calls) {
    auto const known = source.workflow->find(std::string_view(id).substr(0, id.find('[')));
    if (!known) continue;
    TaskDef const& called = source.workflow->tasks[*known];
    boost::json::object node{{"id", id}, {"type", called.type->name}};
    node["level"] = levels[*known];
    node["template"] = called.id;
    node["parent"] = caller;
    node["status"] = to_string(source.statuses.at(id));
    tasks.emplace_back(std::move(node));
    edges.emplace_back(boost::json::object{
        {"from", caller}, {"to", id}, {"type", caller == called.id ? "item" : "call"}});
  }
}

boost::json::value graph_json(Backend::GraphSource const& source) {
  auto out = to_graph_json(*source.workflow);
  auto* tasks = out.is_object() ? out.get_object().if_contains("tasks") : nullptr;
  if (tasks == nullptr || !tasks->is_array()) return out;
  for (auto& task : tasks->get_array()) {
    auto& object = task.as_object();
    auto const found = source.statuses.find(std::string_view(object.at("id").as_string()));
    auto const status = found == source.statuses.end() ? Status::pending : found->second;
    object["status"] = to_string(status);
  }
  add_calls(out.get_object(), source);
  return out;
}

}  // namespace

void HistoryApi::add_to(Router& router) {
  auto const route = [&](std::string_view pattern, auto member) {
    router.add(Route{Method::get, pattern, Access::read, [this, member](Request request) {
                       return (this->*member)(std::move(request));
                     }});
  };
  route("/v1/executions/{id}/events", &HistoryApi::events);
  route("/v1/executions/{id}/logs", &HistoryApi::logs);
  route("/v1/executions/{id}/graph", &HistoryApi::graph);
  route("/v1/executions/{id}/why", &HistoryApi::why);
  route("/v1/executions/{id}/tasks/{task}", &HistoryApi::task);
}

Async<Response> HistoryApi::events(Request request) {
  auto const known = check_query(request, std::vector<std::string_view>{"after", "limit"});
  if (!known) co_return problem_response(known.error());
  auto const id = read_execution_id(request);
  if (!id) co_return problem_response(id.error());
  auto const after = read_number(request, "after", 0, INT64_MAX);
  if (!after) co_return problem_response(after.error());
  auto const limit = read_limit(request);
  if (!limit) co_return problem_response(limit.error());
  auto const page = co_await backend_.events(*id, *after, page_bytes_max);
  if (!page) co_return problem_response(page.error());
  co_return lines_response(*page, *limit);
}

Async<Response> HistoryApi::logs(Request request) {
  auto const known = check_query(request, std::vector<std::string_view>{"after", "limit", "task"});
  if (!known) co_return problem_response(known.error());
  auto const id = read_execution_id(request);
  if (!id) co_return problem_response(id.error());
  auto const after = read_number(request, "after", 0, INT64_MAX);
  if (!after) co_return problem_response(after.error());
  auto const limit = read_limit(request);
  if (!limit) co_return problem_response(limit.error());
  std::string task(request.query_value("task").value_or(""));
  auto const page = co_await backend_.logs(*id, std::move(task), *after, page_bytes_max);
  if (!page) co_return problem_response(page.error());
  co_return lines_response(*page, *limit);
}

Async<Response> HistoryApi::graph(Request request) {
  auto const id = read_execution_id(request);
  if (!id) co_return problem_response(id.error());
  auto const format = graph_format(request);
  if (format != "json" && format != "mermaid" && format != "dot") {
    auto const error = invalid_argument("format is json, mermaid or dot");
    co_return problem_response(error);
  }
  auto const source = co_await backend_.graph(*id);
  if (!source) co_return problem_response(source.error());
  if (format == "json") co_return json_response(graph_json(*source));
  Response out;
  bool const is_dot = format == "dot";
  out.content_type = is_dot ? "text/vnd.graphviz; charset=utf-8" : "text/plain; charset=utf-8";
  out.body = is_dot ? to_dot(*source->workflow) : to_mermaid(*source->workflow);
  co_return out;
}

Async<Response> HistoryApi::task(Request request) {
  auto const id = read_execution_id(request);
  if (!id) co_return problem_response(id.error());
  std::string task = request.param("task");
  auto const view = co_await backend_.get_task(*id, std::move(task));
  if (!view) co_return problem_response(view.error());
  co_return json_response(*view);
}

Async<Response> HistoryApi::why(Request request) {
  auto const known = check_query(request, std::vector<std::string_view>{"task"});
  if (!known) co_return problem_response(known.error());
  auto const id = read_execution_id(request);
  if (!id) co_return problem_response(id.error());
  std::string task(request.query_value("task").value_or(""));
  auto const reasons = co_await backend_.why(*id, std::move(task));
  if (!reasons) co_return problem_response(reasons.error());
  boost::json::object out;
  out["items"] = *reasons;
  co_return json_response(out);
}

}  // namespace ropewalk::server
