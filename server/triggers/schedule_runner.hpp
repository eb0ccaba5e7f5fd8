#pragma once
// Starts what schedules say, as one of any number of servers on a database.
//
// It sleeps until the database has something for it to decide by PostgreSQL's clock, or until it is
// woken: by a change that this server made, or by the end of an execution that others wait for.
// What other servers change it sees when it looks again, after look_again at the latest.
//
// Owner:  the node. Shard: all calls on the one that it was built for.
// Cancel: run() ends; what it had begun to start is started by whoever comes to it.

#include "engine/async/async_scope.hpp"
#include "engine/async/signal.hpp"
#include "server/triggers/schedule_start.hpp"

#include <cstdint>
#include <functional>
#include <set>

namespace ropewalk::server {

class ScheduleRunner {
 public:
  struct Parts {
    Executor executor;
    ScheduleParts schedules;
    std::function<bool()> is_open;  // whether this server takes new work just now
  };
  static constexpr std::chrono::seconds look_again{5};

  explicit ScheduleRunner(Parts parts) : parts_(std::move(parts)), wake_(parts_.executor) {}

  /// As the node with this epoch, until cancelled.
  Async<> run(std::int64_t epoch);
  void wake() { wake_.notify(); }

 private:
  Async<> look_and_sleep(AsyncScope& scope, std::int64_t epoch);
  Async<> look_once(AsyncScope& scope, std::int64_t epoch);
  /// How long nothing is to be done.
  Async<Result<Steady::duration>> look(AsyncScope& scope, std::int64_t epoch);
  Async<Result<>> decide(AsyncScope& scope, sql::DueSchedule due, Instant now, std::int64_t epoch);
  Async<> start(sql::DueStart due);
  Async<> cancel(ExecutionId execution);
  Async<> watch(ExecutionId execution);
  void note(Result<> const& how);

  Parts parts_;
  Signal wake_;
  std::set<ExecutionId> watched_;
  Steady::duration pause_{};
  bool is_failing_ = false;  // the database was away when it last looked
};

}  // namespace ropewalk::server
