#include "server/api/api.hpp"
#include "server/api/start_request.hpp"
#include "server/http/problem_response.hpp"
#include "server/http/target.hpp"

#include <charconv>

namespace ropewalk::server {
namespace {

/// How the body is to be read. Errors: unsupported_media_type.
Result<TextFormat> format_of(Request const& request) {
  auto type = request.header("Content-Type");
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  if (equal_ignoring_case(type, "application/json")) return TextFormat::json;
  for (std::string_view const yaml : {"application/yaml", "application/x-yaml", "text/yaml"})
    if (equal_ignoring_case(type, yaml)) return TextFormat::yaml;
  Error error;
  error.code = "unsupported_media_type";
  error.message = "a workflow is JSON or YAML";
  error.hint = "send Content-Type: application/json or application/yaml";
  return error;
}

Result<std::int32_t> read_version(std::string const& text) {
  std::int32_t out = 0;
  auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (ec == std::errc{} && end == text.data() + text.size() && out > 0) return out;
  return invalid_argument("a version is a whole number above zero");
}

constexpr std::uint32_t page_size = 50;
constexpr std::uint32_t page_size_max = 500;

}  // namespace

void WorkflowApi::add_to(Router& router) {
  auto const route = [&](Method method, std::string_view pattern, Access access, auto member) {
    router.add(Route{method, pattern, access, [this, member](Request request) {
                       return (this->*member)(std::move(request));
                     }});
  };
  route(Method::post, "/v1/workflows", Access::write, &WorkflowApi::create);
  route(Method::get, "/v1/workflows", Access::read, &WorkflowApi::list);
  route(Method::post, "/v1/workflows/validate", Access::read, &WorkflowApi::validate);
  route(Method::put, "/v1/workflows/{name}", Access::write, &WorkflowApi::put);
  route(Method::get, "/v1/workflows/{name}", Access::read, &WorkflowApi::get);
  route(Method::get, "/v1/workflows/{name}/versions", Access::read, &WorkflowApi::list_versions);
  route(
      Method::get,
      "/v1/workflows/{name}/versions/{version}",
      Access::read,
      &WorkflowApi::get_version
  );
}

Async<Result<LoadedWorkflow>> WorkflowApi::load_body(Request& request) {
  auto const format = format_of(request);
  if (!format) co_return format.error();
  auto loading = backend_.load(std::move(request.body), *format);
  co_return co_await std::move(loading);
}

Async<Response> WorkflowApi::create(Request request) {
  auto const loaded = co_await load_body(request);
  if (!loaded) co_return problem_response(loaded.error());
  if (!loaded->workflow) co_return problems_response(loaded->problems);
  auto const stored = co_await backend_.put_workflow(loaded->workflow);
  if (!stored) co_return problem_response(stored.error());
  auto out = json_response(stored->view, stored->is_new ? 201 : 200);
  auto const place = "/v1/workflows/" + percent_encode(loaded->workflow->name);
  out.headers.push_back(Header{"Location", place});
  co_return out;
}

Async<Response> WorkflowApi::put(Request request) {
  auto const name = request.param("name");
  auto const loaded = co_await load_body(request);
  if (!loaded) co_return problem_response(loaded.error());
  if (!loaded->workflow) co_return problems_response(loaded->problems);
  if (loaded->workflow->name != name) {
    auto const error = invalid_argument(
        "the definition's name is \"" + loaded->workflow->name + "\", the path's is \"" + name +
            "\"",
        "make them the same"
    );
    co_return problem_response(error);
  }
  auto const stored = co_await backend_.put_workflow(loaded->workflow);
  if (!stored) co_return problem_response(stored.error());
  co_return json_response(stored->view, stored->is_new ? 201 : 200);
}

Async<Response> WorkflowApi::validate(Request request) {
  auto const loaded = co_await load_body(request);
  if (!loaded) co_return problem_response(loaded.error());
  boost::json::object out;
  out["valid"] = loaded->workflow != nullptr;
  out["problems"] = to_json(loaded->problems);
  co_return json_response(out);
}

Async<Response> WorkflowApi::list(Request request) {
  auto const known = check_query(request, std::vector<std::string_view>{"after", "limit"});
  if (!known) co_return problem_response(known.error());
  auto const limit = read_number(request, "limit", page_size, page_size_max);
  if (!limit) co_return problem_response(limit.error());
  std::string after(request.query_value("after").value_or(""));
  auto page =
      co_await backend_.list_workflows(std::move(after), static_cast<std::uint32_t>(*limit));
  if (!page) co_return problem_response(page.error());
  co_return page_response(request, std::move(*page));
}

Async<Response> WorkflowApi::get(Request request) {
  auto const found = co_await backend_.get_workflow(request.param("name"), 0);
  if (!found) co_return problem_response(found.error());
  co_return json_response(*found);
}

Async<Response> WorkflowApi::list_versions(Request request) {
  auto const limit = read_number(request, "limit", page_size, page_size_max);
  if (!limit) co_return problem_response(limit.error());
  std::string after(request.query_value("after").value_or(""));
  auto const count = static_cast<std::uint32_t>(*limit);
  auto page = co_await backend_.list_versions(request.param("name"), std::move(after), count);
  if (!page) co_return problem_response(page.error());
  co_return page_response(request, std::move(*page));
}

Async<Response> WorkflowApi::get_version(Request request) {
  auto const version = read_version(request.param("version"));
  if (!version) co_return problem_response(version.error());
  auto const found = co_await backend_.get_workflow(request.param("name"), *version);
  if (!found) co_return problem_response(found.error());
  co_return json_response(*found);
}

}  // namespace ropewalk::server
