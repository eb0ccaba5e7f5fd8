#pragma once
// The REST interface of schedules.
//
// Owner:  the node, one a shard; it outlives the router that its routes were added to.
// Shard:  every call on its own shard.

#include "server/http/router.hpp"
#include "server/triggers/schedule_backend.hpp"

namespace ropewalk::server {

class ScheduleApi {
 public:
  explicit ScheduleApi(ScheduleBackend& backend) : backend_(backend) {}
  void add_to(Router& router);

 private:
  Async<Response> put(Request request);
  Async<Response> get(Request request);
  Async<Response> list(Request request);
  Async<Response> remove(Request request);
  Async<Response> set_paused(Request request, bool paused);
  Async<Response> trigger(Request request);

  ScheduleBackend& backend_;
};

}  // namespace ropewalk::server
