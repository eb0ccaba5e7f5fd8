#include "server/api/secret_api.hpp"

#include "server/api/start_request.hpp"
#include "server/http/problem_response.hpp"

namespace ropewalk::server {

void SecretApi::add_to(Router& router) {
  auto const route = [&](Method method, std::string_view pattern, auto member) {
    router.add(Route{method, pattern, Access::admin, [this, member](Request request) {
                       return (this->*member)(std::move(request));
                     }});
  };
  route(Method::get, "/v1/secrets", &SecretApi::list);
  route(Method::post, "/v1/secrets/rotate", &SecretApi::rotate);
  route(Method::put, "/v1/secrets/{name}", &SecretApi::put);
  route(Method::del, "/v1/secrets/{name}", &SecretApi::remove);
}

Async<Response> SecretApi::list(Request request) {
  std::vector<std::string_view> const no_fields;
  auto const known = check_query(request, no_fields);
  if (!known) co_return problem_response(known.error());
  auto listing = secrets_.list();
  auto items = co_await std::move(listing);
  if (!items) co_return problem_response(items.error());
  boost::json::object out;
  out["items"] = std::move(*items);
  co_return json_response(out);
}

Async<Response> SecretApi::put(Request request) {
  auto const known = std::vector<std::string_view>{"value"};
  auto const body = read_json_object(request, known);
  if (!body) co_return problem_response(body.error());
  auto const* value = body->if_contains("value");
  if (value == nullptr || !value->is_string()) {
    Error error;
    error.code = "invalid_argument";
    error.message = "value is a text";
    error.hint = "send {\"value\": \"…\"}";
    co_return problem_response(error);
  }
  std::string name = request.param("name");
  std::string text(value->get_string());
  auto putting = secrets_.put(std::move(name), std::move(text));
  auto const done = co_await std::move(putting);
  if (!done) co_return problem_response(done.error());
  co_return json_response(*done);
}

Async<Response> SecretApi::remove(Request request) {
  std::string name = request.param("name");
  auto removing = secrets_.remove(std::move(name));
  auto const done = co_await std::move(removing);
  if (!done) co_return problem_response(done.error());
  Response out;
  out.status = 204;
  co_return out;
}

Async<Response> SecretApi::rotate(Request) {
  auto rotating = secrets_.rotate();
  auto const done = co_await std::move(rotating);
  if (!done) co_return problem_response(done.error());
  co_return json_response(*done);
}

}  // namespace ropewalk::server
