#pragma once
// The schedules of a real node, for the API of one shard.

#include "engine/ports/clock.hpp"
#include "server/triggers/schedule_backend.hpp"
#include "server/triggers/schedule_start.hpp"

#include <cstdint>
#include <functional>

namespace ropewalk::server {

class NodeSchedules final : public ScheduleBackend {
 public:
  struct Parts {
    ScheduleParts schedules;
    Clock const& clock;
    std::function<std::int64_t()> epoch;
    std::function<void()> wake;  // tells the node's ScheduleRunner that something changed
  };
  explicit NodeSchedules(Parts parts) : parts_(std::move(parts)) {}

  Async<Result<Stored>> put(ScheduleSpec spec) override;
  Async<Result<boost::json::object>> get(std::string name) override;
  Async<Result<Page>> list(std::string after, std::uint32_t limit) override;
  Async<Result<>> remove(std::string name) override;
  Async<Result<boost::json::object>> set_paused(std::string name, bool paused) override;
  Async<Result<Started>> trigger(std::string name) override;

 private:
  Async<Result<>> check_once(ScheduleSpec const& spec);

  Parts parts_;
};

/// What clients see of a schedule. `runs_count`: how many of its next runs.
boost::json::object schedule_view(sql::ScheduleRow const& row, std::size_t runs_count);

}  // namespace ropewalk::server
