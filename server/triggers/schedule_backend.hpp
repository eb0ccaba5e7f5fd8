#pragma once
// What the API of schedules needs from below, seen from one shard: the node implements it, tests
// fake it.
//
// Shard: every call on the shard that it belongs to.

#include "engine/async/async.hpp"
#include "server/api/backend.hpp"
#include "server/triggers/schedule_spec.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <string>

namespace ropewalk::server {

class ScheduleBackend {
 public:
  virtual ~ScheduleBackend() = default;

  struct Stored {
    boost::json::object view{};
    bool is_new = false;
  };
  /// Errors: invalid_argument (it is due once, and that time has passed).
  virtual Async<Result<Stored>> put(ScheduleSpec spec) = 0;
  /// With its next five runs and its last starts. Errors: not_found.
  virtual Async<Result<boost::json::object>> get(std::string name) = 0;
  virtual Async<Result<Page>> list(std::string after, std::uint32_t limit) = 0;
  /// Errors: not_found.
  virtual Async<Result<>> remove(std::string name) = 0;
  /// Errors: not_found.
  virtual Async<Result<boost::json::object>> set_paused(std::string name, bool paused) = 0;
  /// Starts it now, whatever still runs. Errors: not_found (it, or its workflow), those of
  /// Backend::start.
  virtual Async<Result<Started>> trigger(std::string name) = 0;
};

}  // namespace ropewalk::server
