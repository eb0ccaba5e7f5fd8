#pragma once
// The limits of all providers on their home shard, for callers on every shard.
//
// Who waits is woken by a message: when a call ends, or at the exact time at which there is enough
// again. Nothing polls.
//
// Owner:  the node; it outlives every acquire(). Permits may outlive it, but not the home shard.
// Shard:  acquire() and the permit's functions on any shard; a permit stays on the one that asked.
// Cancel: terminal cancellation of acquire() ends it with `cancelled` and takes the request back.

#include "engine/async/async.hpp"
#include "engine/ports/clock.hpp"
#include "providers/ai/provider_limits.hpp"

#include <boost/json/array.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace ropewalk::ai {

class LimitHome;  // what lives on the home shard

/// The right to make one call. It goes back by itself: settled with what came of it, or, dropped,
/// with its tokens counted as used.
class Permit {
 public:
  Permit(std::shared_ptr<LimitHome> home, LimitTicket ticket);
  Permit(Permit&& other) noexcept;
  Permit& operator=(Permit&&) = delete;
  ~Permit();

  LimitTicket ticket() const { return ticket_; }
  /// Once; later calls do nothing.
  void settle(CallReport report);
  /// The call was never made: everything is given back.
  void withdraw();

 private:
  std::shared_ptr<LimitHome> home_;  // nullptr: given back
  LimitTicket ticket_ = 0;
};

/// Called on the home shard whenever something has changed. Must not block.
using LimitObserver = std::function<void(std::vector<ProviderLimits::Counts> const& counts)>;
/// Called on the caller's shard when its request has to wait, before it does. Its ticket can be
/// asked about while it lasts.
using WaitListener = std::function<void(LimitWait const& wait)>;

class ProviderLimitService {
 public:
  /// `clock` outlives everything that came from here.
  ProviderLimitService(
      Executor home,
      Clock const& clock,
      std::map<std::string, ProviderLimitSettings> providers,
      LimitObserver observer = {}
  );
  ~ProviderLimitService();

  /// Waits until the call may start. Errors: cancelled, and those of ProviderLimits::ask() and of
  /// CircuitBreaker::refusal().
  Async<Result<Permit>> acquire(LimitRequest request, WaitListener on_waiting = {});
  /// nullopt when it does not wait (any more).
  Async<std::optional<LimitWait>> explain(LimitTicket ticket);
  /// ProviderLimits::describe().
  Async<boost::json::array> describe();

 private:
  std::shared_ptr<LimitHome> home_;
};

}  // namespace ropewalk::ai
