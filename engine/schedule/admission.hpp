#pragma once
// Who may start: weighted pools with one queue, in an order in which nothing starves.
//
// A request names what it needs of each pool and gets all of it or nothing. The order is fixed when
// a request comes in:
//
//   rank = when its execution started − priority · priority_worth
//
// so that a point of priority is worth a stated time of waiting, whatever waits is overtaken only
// by what came soon after it, and among equals the execution that started first is finished first.
// A request that does not fit lets others past; the pools that it lacks are kept for it, and once
// it has waited for `patience`, all that it needs.
//
// Pure: time is an argument. One shard (the home of the pools).

#include "engine/base/error.hpp"
#include "engine/base/ids.hpp"
#include "engine/base/time.hpp"
#include "engine/model/workflow.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace ropewalk {

using RequestId = std::uint64_t;

struct SlotRequest {
  RequestId id = 0;  // unique among all requests of the node
  ExecutionId execution{};
  std::string task{};
  std::shared_ptr<TaskOptions const> options{};  // needs
  std::int32_t priority = 50;
  Instant execution_started{};
  Instant queued_at{};
};

struct AdmissionOptions {
  Duration priority_worth =
      std::chrono::seconds(6);  // one point of priority: 100 points are ten minutes
  Duration patience = std::chrono::seconds(10);
};

/// Who holds units of a pool.
struct PoolHolder {
  ExecutionId execution{};
  std::string task{};
  std::uint64_t amount = 0;
};

struct PoolState {
  std::string name{};
  std::uint64_t capacity = 0;
  std::uint64_t used = 0;
  std::size_t waiting = 0;            // requests that need it
  std::vector<PoolHolder> holders{};  // at most 100
};

/// Why a request waits.
struct WaitReason {
  std::string pool{};  // the first one that it lacks; empty: it is next to be granted
  std::uint64_t needs = 0;
  std::uint64_t free = 0;
  std::uint64_t capacity = 0;
  std::size_t position = 0;  // 1: nobody who needs the same pools is before it
  std::vector<PoolHolder> holders{};
};

class Admission {
 public:
  explicit Admission(std::map<std::string, std::uint64_t> pools, AdmissionOptions options = {});

  /// Queues a request; grant() hands it out. Errors: unknown_pool, exceeds_capacity (it could never
  /// start, not even with the capacity that the pool was made with).
  Result<> request(SlotRequest request);
  /// Gives back what a request holds, or takes it out of the queue. Unknown ids are ignored: the
  /// two races are harmless.
  void release(RequestId id);
  /// The requests that can start now, in order; they hold their slots from here on.
  std::vector<RequestId> grant(Instant now);

  Result<> set_capacity(std::string const& pool, std::uint64_t capacity);
  std::vector<PoolState> describe() const;
  /// nullopt when `id` does not wait.
  std::optional<WaitReason> explain(RequestId id) const;
  std::size_t waiting_count() const { return waiting_.size(); }

 private:
  struct Pool {
    std::string name{};
    std::uint64_t capacity = 0;
    std::uint64_t configured = 0;  // what it began with: a lower capacity may be for a while only
    std::uint64_t used = 0;
    std::map<RequestId, std::uint64_t> holders{};
  };
  struct Need {
    std::uint32_t pool = 0;
    std::uint64_t amount = 0;
    auto operator<=>(Need const&) const = default;
  };
  using Needs = std::vector<Need>;
  struct Rank {
    std::int64_t time = 0;
    ExecutionId execution{};
    RequestId id = 0;
    auto operator<=>(Rank const&) const = default;
  };
  using Queue = std::set<Rank>;
  using Queues =
      std::map<Needs, Queue>;  // requests with equal needs stand in one line: only its head matters
  struct Waiting {
    SlotRequest request{};
    Rank rank{};
    Queues::iterator queue{};
  };
  struct Held {
    SlotRequest request{};
    Needs needs{};
  };

  std::optional<std::uint32_t> find_pool(std::string const& name) const;
  Result<Needs> resolve(SlotRequest const& request) const;
  bool fits(Needs const& needs, std::vector<bool> const& reserved) const;
  bool can_ever_fit(Needs const& needs) const;
  void reserve(Needs const& needs, bool all, std::vector<bool>& reserved) const;
  void hold(Waiting waiting);
  std::vector<PoolHolder> holders_of(Pool const& pool) const;

  AdmissionOptions options_;
  std::vector<Pool> pools_;
  Queues queues_;
  std::unordered_map<RequestId, Waiting> waiting_;
  std::unordered_map<RequestId, Held> held_;
};

}  // namespace ropewalk
