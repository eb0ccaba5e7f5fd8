#pragma once
// The routes of the simulation as an OpenAI-compatible endpoint.
//
// Owner: SimServer, which joins the scope first. Shard: one.

#include "engine/async/async_scope.hpp"
#include "providers/ai/sim_client.hpp"
#include "server/http/router.hpp"

#include <cstdint>
#include <optional>

namespace ropewalk::server {

class SimApi {
 public:
  /// `options`: sim_options.hpp. `seed`: of requests that name none.
  SimApi(
      Executor executor,
      AsyncScope& scope,
      boost::json::object options,
      std::optional<std::int64_t> seed
  )
      : executor_(executor),
        scope_(scope),
        options_(options),
        client_(std::move(options)),
        seed_(seed) {}

  void add_to(Router& router);

 private:
  Async<Response> complete(Request request);
  bool will_break(ai::ChatRequest const& chat) const;
  Async<Response> models(Request request);
  Async<Response> model(Request request);

  Executor executor_;
  AsyncScope& scope_;
  boost::json::object options_;
  ai::SimClient client_;
  std::optional<std::int64_t> seed_;
};

}  // namespace ropewalk::server
