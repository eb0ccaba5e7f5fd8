#pragma once
// Which handler answers which request: one table, matched exactly, after the target was normalised
// once.

#include "engine/async/async.hpp"
#include "server/http/message.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::server {

/// What a caller needs to be allowed to use a route. Every route names one; until there are keys,
/// all are granted to whoever passes the Host and Origin checks.
enum class Access : unsigned char { open, read, write, admin };

using Handler = std::function<Async<Response>(Request request)>;

struct Route {
  Method method = Method::get;
  std::string_view pattern{};  // "/v1/executions/{id}/events"
  Access access = Access::admin;
  Handler handler{};
  bool takes_rest = false;  // its last parameter is all that is left of the path, slashes included
};

class Router {
 public:
  /// REQUIRES: no such method and pattern yet.
  void add(Route route);
  std::vector<Route> const& routes() const { return routes_; }

  /// Fills in the request's path, query and params and runs the handler. HEAD is answered by GET's
  /// handler. Errors become problems: bad_request, not_found, method_not_allowed (with Allow).
  /// Exceptions become 500. Every 500 is told to `on_fault`, with what the client is not told.
  Async<Response> dispatch(Request request) const;

  std::function<void(Request const& request, std::string_view what)> on_fault{};

 private:
  struct Match {
    Route const* route = nullptr;
    std::string allow{};  // methods of the path, when none fits
  };
  Match match(Request& request, std::vector<std::string> const& segments) const;

  std::vector<Route> routes_;
  std::vector<std::vector<std::string>> patterns_;  // split, one a route
};

}  // namespace ropewalk::server
