#include "server/http/router.hpp"

#include "engine/base/error.hpp"
#include "server/http/problem_response.hpp"
#include "server/http/target.hpp"

#include <boost/system/system_error.hpp>

#include <exception>

namespace ropewalk::server {
namespace {

std::vector<std::string> split_pattern(std::string_view pattern) {
  std::vector<std::string> out;
  ROPEWALK_CHECK(pattern.starts_with('/'));
  pattern.remove_prefix(1);
  while (!pattern.empty()) {
    auto const slash = pattern.find('/');
    out.emplace_back(pattern.substr(0, slash));
    pattern = slash == pattern.npos ? std::string_view{} : pattern.substr(slash + 1);
  }
  return out;
}

bool is_param(std::string_view part) {
  return part.starts_with('{');
}

bool fits(
    std::vector<std::string> const& pattern,
    std::vector<std::string> const& segments,
    bool takes_rest
) {
  if (takes_rest ? segments.size() < pattern.size() : segments.size() != pattern.size())
    return false;
  for (std::size_t i = 0; i < pattern.size(); ++i)
    if (!is_param(pattern[i]) && pattern[i] != segments[i]) return false;
  return true;
}

Response refused(std::string code, std::string message, std::string hint) {
  Error error;
  error.code = std::move(code);
  error.message = std::move(message);
  error.hint = std::move(hint);
  return problem_response(error);
}

}  // namespace

void Router::add(Route route) {
  for (auto const& other : routes_)
    ROPEWALK_CHECK(other.method != route.method || other.pattern != route.pattern);
  patterns_.push_back(split_pattern(route.pattern));
  routes_.push_back(std::move(route));
}

Router::Match Router::match(Request& request, std::vector<std::string> const& segments) const {
  Match out;
  auto const wanted = request.method == Method::head ? Method::get : request.method;
  std::size_t exact =
      0;  // of two patterns that fit, the one with more fixed parts wins: /validate over /{name}
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    if (!fits(patterns_[i], segments, routes_[i].takes_rest)) continue;
    if (routes_[i].method != wanted) {
      if (!out.allow.empty()) out.allow += ", ";
      out.allow += to_string(routes_[i].method);
      if (routes_[i].method == Method::get) out.allow += ", HEAD";
      continue;
    }
    std::size_t fixed = 1;
    for (auto const& part : patterns_[i]) fixed += is_param(part) ? 0 : 1;
    if (fixed <= exact) continue;
    exact = fixed;
    out.route = &routes_[i];
    request.params.clear();
    for (std::size_t k = 0; k < patterns_[i].size(); ++k)
      if (auto const& part = patterns_[i][k]; is_param(part))
        request.params.emplace_back(part.substr(1, part.size() - 2), segments[k]);
    for (auto k = patterns_[i].size(); k < segments.size(); ++k)
      request.params.back().second += "/" + segments[k];
  }
  return out;
}

Async<Response> Router::dispatch(Request request) const {
  auto target = parse_target(request.target);
  if (!target) {
    auto out = problem_response(target.error());
    out.close = true;  // who writes such a target may mean other things otherwise, too
    co_return out;
  }
  request.query = std::move(target->query);
  request.path.clear();
  for (auto const& segment : target->segments) request.path += "/" + segment;
  auto const found = match(request, target->segments);
  if (found.route == nullptr && !found.allow.empty()) {
    auto out =
        refused("method_not_allowed", "this path does not take that method", "use " + found.allow);
    out.headers.push_back(Header{"Allow", found.allow});
    co_return out;
  }
  if (found.route == nullptr)
    co_return refused(
        "not_found", "there is nothing at this path", "GET /openapi.json lists what there is"
    );
  Error fault_error;
  fault_error.code = "internal";
  auto out = problem_response(fault_error);
  Request told;
  told.method = request.method;
  told.path = request.path;
  std::string what;
  try {
    out = co_await found.route->handler(std::move(request));
    what = out.fault;
  } catch (boost::system::system_error const& fault) {
    if (fault.code() == asio::error::operation_aborted) throw;  // the session is being cancelled
    what = fault.what();
  } catch (std::exception const& fault) {
    what = fault.what();
  }
  if (out.status == 500 && on_fault) on_fault(told, what);
  co_return out;
}

}  // namespace ropewalk::server
