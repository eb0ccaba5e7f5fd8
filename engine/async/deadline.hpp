#pragma once
// Time limits on coroutines: the loser of the race is cancelled and awaited, faults pass through.
//
// Why not `work || timer`: when `work` throws, that waits for the timer and calls it a timeout.

#include "engine/async/async.hpp"
#include "engine/base/error.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>

#include <optional>
#include <utility>

namespace ropewalk {

Async<> sleep_for(Steady::duration time);

/// Errors: timeout (transient) when `limit` passes first, whatever `work` calls its being cut
/// short; cancelled when the caller is; else what `work` returns.
template <class T>
Async<Result<T>> with_deadline(Steady::duration limit, Async<Result<T>> work) {
  auto executor = co_await asio::this_coro::executor;
  Timer timer(executor, limit);
  std::optional<Result<T>> out;
  auto store = [](Async<Result<T>> inner, std::optional<Result<T>>& slot) -> Async<> {
    slot.emplace(co_await std::move(inner));
  };
  auto stored = store(std::move(work), out);  // named first: GCC 12 destroys some temporaries twice
  auto race = asio::experimental::make_parallel_group(
      asio::co_spawn(executor, std::move(stored), asio::deferred), timer.async_wait(asio::deferred)
  );
  auto [order, fault, timer_ec] =
      co_await race.async_wait(asio::experimental::wait_for_one(), use_async);
  bool const is_late = order[0] == 1 && !timer_ec;
  if (out && (out->has_value() || !is_late)) co_return std::move(*out);
  if (is_late) co_return Error{ErrorClass::transient, "timeout", "took longer than allowed"};
  if (fault) std::rethrow_exception(fault);
  co_return Error{ErrorClass::permanent, "cancelled", "cancelled"};
}

}  // namespace ropewalk
