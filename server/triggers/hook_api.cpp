// What hooks are: set, shown, listed, removed, and what was delivered to them.
#include "server/triggers/hook_api.hpp"

#include "engine/base/json.hpp"
#include "server/api/start_request.hpp"
#include "server/http/problem_response.hpp"

#include <charconv>

namespace ropewalk::server {
namespace {

constexpr std::uint32_t page_size = 50;
constexpr std::uint32_t page_size_max = 500;
constexpr std::size_t definition_bytes_max = 1024 * 1024;

json::object hook_view(sql::HookRow const& row) {
  json::object out;
  out["name"] = row.name;
  auto const spec = read_stored_hook(row.name, row.definition);
  if (spec) {
    for (auto const& field : spec->definition) out[field.key()] = field.value();
    if (has_timestamp(spec->scheme)) out["tolerance"] = format_duration(spec->tolerance);
  } else {
    out["lastError"] = to_json(spec.error());
  }
  out["createdAt"] = format_instant(row.created_at);
  out["updatedAt"] = format_instant(row.updated_at);
  return out;
}

json::object delivery_view(sql::HookDelivery const& delivery) {
  json::object out;
  out["receivedAt"] = format_instant(delivery.received_at);
  out["result"] = delivery.result;
  if (!delivery.delivery.empty()) out["delivery"] = delivery.delivery;
  if (delivery.execution) out["execution"] = delivery.execution->to_string();
  auto const detail = parse_json(delivery.detail);
  auto const* fields = detail ? detail->if_object() : nullptr;
  if (fields == nullptr) return out;
  for (auto const& field : *fields) out[field.key()] = field.value();
  return out;
}

Result<HookSpec> read_body(Request const& request) {
  auto const& name = request.param("name");
  if (auto const checked = check_trigger_name(name); !checked) return checked.error();
  if (request.body.size() > definition_bytes_max) {
    Error error;
    error.code = "too_large";
    error.message = "the definition of a hook has at most 1 MiB";
    return error;
  }
  TRY(auto body, read_json_body(request));
  auto* object = body.if_object();
  if (object == nullptr) return invalid_argument("the body is not a JSON object");
  return read_hook(name, std::move(*object));
}

/// The cursor of a list of deliveries: the number of the last one seen.
Result<std::int64_t> read_cursor(Request const& request) {
  auto const text = request.query_value("after").value_or("0");
  std::int64_t out = 0;
  auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (ec == std::errc{} && end == text.data() + text.size() && out >= 0) return out;
  Error error;
  error.code = "invalid_cursor";
  error.message = "\"after\" is not a cursor of this list";
  error.hint = "take it from `next` of the page before";
  return error;
}

}  // namespace

void HookApi::add_to(Router& router) {
  auto const route = [&](Method method, std::string_view pattern, Access access, auto member) {
    router.add(Route{method, pattern, access, [this, member](Request request) {
                       return (this->*member)(std::move(request));
                     }});
  };
  route(Method::get, "/v1/hooks", Access::read, &HookApi::list);
  route(Method::put, "/v1/hooks/{name}", Access::write, &HookApi::put);
  route(Method::get, "/v1/hooks/{name}", Access::read, &HookApi::get);
  route(Method::del, "/v1/hooks/{name}", Access::write, &HookApi::remove);
  route(Method::get, "/v1/hooks/{name}/deliveries", Access::read, &HookApi::deliveries);
  route(Method::post, "/v1/hooks/{name}", Access::open, &HookApi::deliver);
}

Async<Result<std::vector<std::string>>> HookApi::keys_of(HookSpec const& spec) {
  std::vector<std::string> secrets;
  for (auto const& name : spec.secrets) {
    auto secret = co_await parts_.secrets.secret(name);
    if (!secret) co_return secret.error();
    secrets.push_back(std::move(*secret));
  }
  co_return hook_keys(spec.scheme, std::move(secrets));
}

Async<Response> HookApi::put(Request request) {
  auto spec = read_body(request);
  if (!spec) co_return problem_response(spec.error());
  // A secret that is not there would be found out by the first delivery, which is late.
  auto finding = keys_of(*spec);
  auto const keys = co_await std::move(finding);
  if (!keys) co_return problem_response(keys.error());
  auto text = stored_text(std::move(spec->definition));
  auto const stored = co_await parts_.store.put(spec->name, std::move(text));
  if (!stored) co_return problem_response(stored.error());
  auto const view = hook_view(stored->row);
  co_return json_response(view, stored->is_new ? 201 : 200);
}

Async<Response> HookApi::get(Request request) {
  auto const row = co_await parts_.store.get(request.param("name"));
  if (!row) co_return problem_response(row.error());
  auto const view = hook_view(*row);
  co_return json_response(view);
}

Async<Response> HookApi::list(Request request) {
  auto const known = check_query(request, std::vector<std::string_view>{"after", "limit"});
  if (!known) co_return problem_response(known.error());
  auto const limit = read_number(request, "limit", page_size, page_size_max);
  if (!limit) co_return problem_response(limit.error());
  std::string after(request.query_value("after").value_or(""));
  auto const count = static_cast<std::int32_t>(*limit);
  auto rows = co_await parts_.store.list(std::move(after), count + 1);
  if (!rows) co_return problem_response(rows.error());
  Page page;
  bool const has_more = rows->size() > *limit;
  if (has_more) rows->resize(*limit);
  for (auto const& row : *rows) page.items.emplace_back(hook_view(row));
  if (has_more && !rows->empty()) page.next = rows->back().name;
  co_return page_response(request, std::move(page));
}

Async<Response> HookApi::remove(Request request) {
  auto const removed = co_await parts_.store.remove(request.param("name"));
  if (!removed) co_return problem_response(removed.error());
  Response out;
  out.status = 204;
  co_return out;
}

Async<Response> HookApi::deliveries(Request request) {
  auto const known = check_query(request, std::vector<std::string_view>{"after", "limit"});
  if (!known) co_return problem_response(known.error());
  auto const limit = read_number(request, "limit", page_size, page_size_max);
  if (!limit) co_return problem_response(limit.error());
  auto const before = read_cursor(request);
  if (!before) co_return problem_response(before.error());
  auto const count = static_cast<std::int32_t>(*limit);
  auto rows = co_await parts_.store.deliveries(request.param("name"), *before, count + 1);
  if (!rows) co_return problem_response(rows.error());
  Page page;
  bool const has_more = rows->size() > *limit;
  if (has_more) rows->resize(*limit);
  for (auto const& row : *rows) page.items.emplace_back(delivery_view(row));
  if (has_more && !rows->empty()) page.next = std::to_string(rows->back().id);
  co_return page_response(request, std::move(page));
}

}  // namespace ropewalk::server
