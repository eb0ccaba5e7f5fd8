#pragma once
// How often and when executions begin, as the database keeps count of it for all nodes.
//
// A group is "<kind>/<workflow>/<key>". Times are the database's: what is given back are waits.
//
// Owner:  one a shard, beside its ConnectionPool, which must outlive it.
// Errors: those of ConnectionPool.

#include "engine/base/ids.hpp"
#include "engine/base/time.hpp"
#include "sql/connection_pool.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ropewalk::sql {

class StartLimits {
 public:
  static constexpr std::int32_t queue_max = 10'000;  // of one group's rate limit

  explicit StartLimits(ConnectionPool& pool) : pool_(pool) {}

  struct Rate {
    bool is_allowed = false;
    Duration wait{};  // until it begins, or until it may be asked for again
  };
  /// Counts it when it is allowed. `queues`: one that is too many waits instead of being refused.
  Async<Result<Rate>> rate(
      std::string group, ExecutionId execution, std::int32_t limit, Duration per, bool queues
  );

  struct Debounce {
    std::optional<ExecutionId> superseded{};  // whose place it takes
    Duration wait{};
  };
  Async<Result<Debounce>> debounce(
      std::string group, ExecutionId execution, Duration delay, Duration longest
  );

  struct Singleton {
    std::optional<ExecutionId> holder{};  // nullopt: the place is ours
    bool is_accepted = false;             // the holder is in the database already
  };
  Async<Result<Singleton>> singleton(std::string group, ExecutionId execution);
  /// The execution will not be: the place is free again.
  Async<Result<>> give_up(std::string group, ExecutionId execution);

  struct Wait {
    ExecutionId execution{};
    std::string kind{};  // rateLimit, debounce
    Duration left{};
    std::optional<ExecutionId> superseded_by{};  // which is in the database
  };
  /// Of those that were accepted to begin later.
  Async<Result<std::vector<Wait>>> waits(std::vector<ExecutionId> const& executions);

 private:
  ConnectionPool& pool_;
};

}  // namespace ropewalk::sql
