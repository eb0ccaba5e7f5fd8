#pragma once
// The REST interface of hooks: what they are, and the deliveries of others to them.
//
// Management and deliveries differ by their method: PUT, GET and DELETE are for who runs the
// server, POST is for the sender, and is let in by the hook's own verification alone.
//
// Owner:  the node, one a shard; it outlives the router that its routes were added to.
// Shard:  every call on its own shard.

#include "engine/async/async.hpp"
#include "engine/ports/clock.hpp"
#include "engine/ports/secret_source.hpp"
#include "server/api/backend.hpp"
#include "server/config.hpp"
#include "server/http/router.hpp"
#include "server/observe/metrics.hpp"
#include "server/triggers/hook_verdict.hpp"
#include "sql/hooks.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace ropewalk::server {

class HookApi {
 public:
  struct Parts {
    Backend& backend;
    sql::HookStore& store;
    SecretSource& secrets;
    Clock const& clock;
    Metrics& metrics;
    Limits const& limits;
  };
  explicit HookApi(Parts parts) : parts_(parts) {}
  void add_to(Router& router);

 private:
  // hook_api.cpp
  Async<Response> put(Request request);
  Async<Response> get(Request request);
  Async<Response> list(Request request);
  Async<Response> remove(Request request);
  Async<Response> deliveries(Request request);
  /// The keys of the hook's secrets. Errors: unknown_secret, secret_unreadable, invalid_secret.
  Async<Result<std::vector<std::string>>> keys_of(HookSpec const& spec);

  // hook_delivery.cpp
  Async<Response> deliver(Request request);
  Async<Response> judge(sql::HookRow hook, HookSpec spec, Request request);
  Async<Response> start(
      sql::HookRow const& hook,
      HookSpec const& spec,
      HookVerdict& verdict,
      boost::json::object detail
  );
  Async<Response> answer(HookSpec const& spec, Started started);
  Async<boost::json::object> result_of(ExecutionId id);
  /// Into the log of the hook; a log that cannot be written keeps no delivery from its way.
  Async<> record(
      sql::HookRow const& hook,
      HookVerdict const& verdict,
      std::string result,
      boost::json::object detail,
      std::optional<ExecutionId> execution
  );

  Parts parts_;
  std::map<std::int64_t, Steady::time_point> refused_at_;  // by hook: when one was logged last
};

}  // namespace ropewalk::server
