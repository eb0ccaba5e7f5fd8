#include "engine/base/time.hpp"
#include "engine/schedule/pool_amount.hpp"
#include "server/api/api.hpp"
#include "server/api/start_request.hpp"
#include "server/http/problem_response.hpp"

namespace ropewalk::server {
namespace {

Async<Response> serve_asset(Asset const& asset) {
  Response out;
  out.content_type = asset.content_type;
  out.body = asset.bytes;
  // Names under /assets/ carry a hash of their content: they never change.
  bool const is_fixed = asset.path.starts_with("/assets/");
  out.headers.push_back(Header{
      "Cache-Control", is_fixed ? "public, max-age=31536000, immutable" : "no-cache"});
  if (asset.content_type.starts_with("text/html"))
    out.headers.push_back(Header{
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' "
        "data:; font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
        "form-action 'none'"});
  co_return out;
}

Result<Duration> read_age(boost::json::object const& body, std::string_view name) {
  auto const* text = body.if_contains(name);
  bool const is_there = text != nullptr && text->is_string();
  auto const age = parse_duration(is_there ? std::string_view(text->get_string()) : "");
  if (age) return *age;
  return invalid_argument(std::string(name) + " is a duration", "write it as \"30d\" or \"12h\"");
}

/// An instant, or a day, which begins at midnight UTC.
Result<Instant> read_instant(
    Request const& request, std::string_view name, std::string_view fallback
) {
  std::string text(request.query_value(name).value_or(fallback));
  constexpr std::size_t day_size = std::string_view("2026-01-31").size();
  if (text.size() == day_size) text += "T00:00:00Z";
  auto const at = parse_instant(text);
  if (at) return *at;
  return invalid_argument(
      std::string(name) + " is a day or a timestamp",
      "write it as 2026-01-31 or 2026-01-31T08:00:00Z"
  );
}

Result<Backend::CostQuery> read_cost_query(Request const& request) {
  if (auto const known = check_query(request, {"by", "from", "to", "limit"}); !known)
    return known.error();
  Backend::CostQuery query;
  auto const by = request.query_value("by").value_or("day");
  if (by == "workflow")
    query.by = sql::SpendGroup::workflow;
  else if (by == "model")
    query.by = sql::SpendGroup::model;
  else if (by != "day")
    return invalid_argument("by is day, workflow or model");
  TRY(query.from, read_instant(request, "from", "1970-01-01"));
  TRY(query.to, read_instant(request, "to", "9999-12-31"));
  constexpr std::uint64_t groups_max = 1000;
  TRY(auto const limit, read_number(request, "limit", groups_max, groups_max));
  query.limit = static_cast<std::uint32_t>(limit);
  return query;
}

}  // namespace

void NodeApi::add_to(Router& router) {
  auto const route = [&](Method method, std::string_view pattern, Access access, auto member) {
    router.add(Route{method, pattern, access, [this, member](Request request) {
                       return (this->*member)(std::move(request));
                     }});
  };
  route(Method::get, "/v1/pools", Access::read, &NodeApi::pools);
  route(Method::patch, "/v1/pools/{name}", Access::admin, &NodeApi::set_pool);
  route(Method::get, "/v1/nodes", Access::read, &NodeApi::nodes);
  route(Method::get, "/v1/providers", Access::read, &NodeApi::providers);
  route(Method::post, "/v1/prune", Access::admin, &NodeApi::prune);
  route(Method::get, "/v1/costs", Access::read, &NodeApi::costs);
  route(Method::get, "/v1/stream", Access::read, &NodeApi::stream);
  route(Method::get, "/healthz", Access::open, &NodeApi::health);
  route(Method::get, "/readyz", Access::open, &NodeApi::ready);
  route(Method::get, "/metrics", Access::read, &NodeApi::metrics);
  route(Method::get, "/openapi.json", Access::open, &NodeApi::openapi);
}

void add_static_files(Router& router) {
  for (auto const& asset : embedded_assets()) {
    auto const serve = [&asset](Request) { return serve_asset(asset); };
    router.add(Route{Method::get, asset.path, Access::open, serve});
    if (asset.path == "/index.html") router.add(Route{Method::get, "/", Access::open, serve});
  }
}

Async<Response> NodeApi::pools(Request) {
  auto pools = co_await backend_.pools();
  if (!pools) co_return problem_response(pools.error());
  boost::json::object out;
  out["items"] = std::move(*pools);
  co_return json_response(out);
}

Async<Response> NodeApi::set_pool(Request request) {
  auto const known = std::vector<std::string_view>{"capacity"};
  auto const body = read_json_object(request, known);
  if (!body) co_return problem_response(body.error());
  auto const* capacity = body->if_contains("capacity");
  auto const& name = request.param("name");
  auto const amount = read_amount(name, capacity == nullptr ? boost::json::value() : *capacity);
  if (!amount) co_return problem_response(amount.error());
  auto const done = co_await backend_.set_capacity(name, *amount);
  if (!done) co_return problem_response(done.error());
  boost::json::object out;
  out["name"] = name;
  out["capacity"] = amount_value(name, *amount);
  co_return json_response(out);
}

Async<Response> NodeApi::nodes(Request) {
  auto nodes = co_await backend_.nodes();
  if (!nodes) co_return problem_response(nodes.error());
  boost::json::object out;
  out["items"] = std::move(*nodes);
  co_return json_response(out);
}

Async<Response> NodeApi::providers(Request request) {
  std::vector<std::string_view> const no_fields;
  auto const known = check_query(request, no_fields);
  if (!known) co_return problem_response(known.error());
  auto items = co_await backend_.providers();
  boost::json::object out;
  out["items"] = std::move(items);
  co_return json_response(out);
}

Async<Response> NodeApi::prune(Request request) {
  auto const known = std::vector<std::string_view>{"olderThan", "costsOlderThan"};
  auto const body = read_json_object(request, known);
  if (!body) co_return problem_response(body.error());
  auto const age = read_age(*body, "olderThan");
  if (!age) co_return problem_response(age.error());
  std::optional<Duration> costs_age;
  if (body->contains("costsOlderThan")) {
    auto const given = read_age(*body, "costsOlderThan");
    if (!given) co_return problem_response(given.error());
    costs_age = *given;
  }
  auto const counts = co_await backend_.prune(*age, costs_age);
  if (!counts) co_return problem_response(counts.error());
  co_return json_response(*counts);
}

Async<Response> NodeApi::costs(Request request) {
  auto const query = read_cost_query(request);
  if (!query) co_return problem_response(query.error());
  auto costs = co_await backend_.costs(*query);
  if (!costs) co_return problem_response(costs.error());
  boost::json::object out;
  out["items"] = std::move(*costs);
  co_return json_response(out);
}

Async<Response> NodeApi::health(Request) {
  boost::json::object out;
  out["status"] = "ok";
  co_return json_response(out);
}

Async<Response> NodeApi::ready(Request) {
  auto const ready = co_await backend_.ready();
  if (!ready) co_return problem_response(ready.error(), 503);
  boost::json::object out;
  out["status"] = "ready";
  co_return json_response(out);
}

Async<Response> NodeApi::metrics(Request) {
  Response out;
  out.content_type = "text/plain; version=0.0.4; charset=utf-8";
  out.body = co_await backend_.metrics();
  co_return out;
}

Async<Response> NodeApi::openapi(Request) {
  Response out;
  out.body = openapi_text();
  co_return out;
}

Async<Response> NodeApi::stream(Request) {
  Error error;
  error.code = "upgrade_required";
  error.message = "/v1/stream is a WebSocket";
  error.hint = "connect to it with the subprotocol ropewalk.v1";
  auto out = problem_response(error);
  out.headers.push_back(Header{"Upgrade", "websocket"});
  co_return out;
}

}  // namespace ropewalk::server
