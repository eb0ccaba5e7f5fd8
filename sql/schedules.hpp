#pragma once
// Schedules, and the starts that were decided on.
//
// Whoever decides on the ticks of a schedule compares and sets its version: of several servers one
// does. The decision and the starts that follow from it are one transaction; a start that was
// decided on is made by its key in `idempotency`, once, by whoever comes to it.
//
// Owner:  one a shard, beside its ConnectionPool, which must outlive it.
// Errors: those of ConnectionPool besides what is named. JSON fields are JSON text; empty: none.

#include "engine/async/async.hpp"
#include "engine/base/ids.hpp"
#include "engine/base/time.hpp"
#include "engine/model/status.hpp"
#include "sql/connection_pool.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ropewalk::sql {

enum class StartState : unsigned char { queued, due, started, ended, failed };

struct ScheduleStart {
  Instant tick{};
  Instant due_at{};
  StartState state = StartState::queued;
  std::optional<Instant> started_at{};
  std::optional<ExecutionId> execution{};
  std::optional<Status> status{};  // of the execution; none when it is not there any more
  std::string error{};
};

struct ScheduleRow {
  std::int64_t id = 0;
  std::string name{};
  std::string definition{};
  bool paused = false;
  Instant created_at{};
  Instant updated_at{};
  Instant decided_until{};
  std::int64_t skipped_count = 0;
  std::optional<Instant> skipped_tick{};
  std::string skipped_reason{};
  std::string error{};
  Instant now{};                        // as the database has it
  std::vector<ScheduleStart> starts{};  // latest first; of a list: the last one only
};

struct NewSchedule {
  std::string name{};
  std::string definition{};
  std::string timing{};
  std::optional<bool> paused{};  // none: as it was, or not
};

/// A schedule on whose ticks somebody has to decide.
struct DueSchedule {
  std::int64_t id = 0;
  std::int64_t version = 0;
  std::string name{};
  std::string definition{};
  Instant decided_until{};
  bool has_active = false;
  std::int64_t queued_count = 0;
};

/// A start that is ours to make.
struct DueStart {
  std::int64_t id = 0;
  std::int64_t schedule = 0;
  std::string name{};
  std::string definition{};
  Instant tick{};
  Instant due_at{};
  Instant now{};  // as the database had it
};

struct TickTimes {
  Instant tick{};
  Instant due_at{};
};

struct ScheduleDecision {
  std::vector<TickTimes> start{};
  std::vector<TickTimes> queue{};
  bool promote = false;
  bool drop_queued = false;
  bool cancel_active = false;
  Instant decided_until{};
  std::optional<Instant> next_at{};
  std::int64_t skipped_count = 0;
  std::optional<Instant> skipped_tick{};
  std::string skipped_reason{};
  std::string error{};  // it cannot be decided on; empty: as it was
};

/// What there is to do at one moment.
struct ScheduleWork {
  std::vector<DueSchedule> due{};
  std::vector<DueStart> left{};         // starts that nobody makes any more: ours now
  std::vector<ExecutionId> cancel{};    // of ours: a later tick takes their place
  std::vector<ExecutionId> blocking{};  // ticks wait for their end
  Instant now{};
  std::optional<Instant> next_at{};  // when there is more, by the clock
  bool has_more = false;             // a page was full
};

class ScheduleStore {
 public:
  explicit ScheduleStore(ConnectionPool& pool) : pool_(pool) {}

  struct Put {
    ScheduleRow row{};
    bool is_new = false;
  };
  /// Ticks are decided on from now on, unless the timing is the same as it was.
  Async<Result<Put>> put(NewSchedule schedule);
  /// Errors: not_found.
  Async<Result<ScheduleRow>> get(std::string name);
  Async<Result<std::vector<ScheduleRow>>> list(std::string after, std::int32_t limit);
  /// With what it still was to start. Errors: not_found.
  Async<Result<void>> remove(std::string name);
  /// Ticks of the time while it was paused are gone. Errors: not_found.
  Async<Result<void>> set_paused(std::string name, bool paused);
  /// A start that is due now, whatever still runs. Errors: not_found.
  Async<Result<DueStart>> begin_now(std::string name, std::int64_t epoch);

  Async<Result<ScheduleWork>> look(std::int64_t epoch);
  /// The starts that are ours to make; nullopt: somebody else has decided, or changed it.
  Async<Result<std::optional<std::vector<DueStart>>>> decide(
      DueSchedule schedule, ScheduleDecision decision, std::int64_t epoch, Instant now
  );

  Async<Result<void>> mark_started(DueStart const& start, ExecutionId execution);
  Async<Result<void>> mark_failed(DueStart const& start, std::string error);
  /// Somebody tries again after `delay`.
  Async<Result<void>> put_off(DueStart const& start, Duration delay, std::string error);

 private:
  ConnectionPool& pool_;
};

}  // namespace ropewalk::sql
