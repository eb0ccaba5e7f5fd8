#pragma once
// Secrets over HTTP: they are set, listed by name, removed and encrypted anew. No route gives a
// value.
//
// Owner:  the node, one a shard; it outlives the router that its routes were added to.
// Shard:  every call on its own shard.

#include "server/http/router.hpp"
#include "server/secrets/shard_secrets.hpp"

namespace ropewalk::server {

class SecretApi {
 public:
  explicit SecretApi(ShardSecrets& secrets) : secrets_(secrets) {}
  void add_to(Router& router);

 private:
  Async<Response> list(Request request);
  Async<Response> put(Request request);
  Async<Response> remove(Request request);
  Async<Response> rotate(Request request);

  ShardSecrets& secrets_;
};

}  // namespace ropewalk::server
