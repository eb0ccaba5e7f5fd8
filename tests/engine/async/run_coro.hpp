#pragma once
// Runs one coroutine test body on an io_context of its own: a hang is a failure, an exception is a
// failure.

#include "engine/async/async.hpp"

#include <boost/asio/co_spawn.hpp>

#include <gtest/gtest.h>

#include <exception>

namespace ropewalk::test {

inline void run_coro(Async<> body, std::chrono::seconds limit = std::chrono::seconds(20)) {
  asio::io_context io(1);
  std::exception_ptr fault;
  bool finished = false;
  asio::co_spawn(io, std::move(body), [&](std::exception_ptr thrown) {
    fault = thrown;
    finished = true;
  });
  io.run_for(limit);
  ASSERT_TRUE(finished) << "the coroutine did not finish";
  if (fault) std::rethrow_exception(fault);
}

/// Lets everything that is ready run, until `holds()`; false when it does not within the limit.
template <class Condition>
Async<bool> eventually(Condition holds, Steady::duration limit = std::chrono::seconds(10)) {
  Timer timer(co_await asio::this_coro::executor);
  auto const give_up = Steady::now() + limit;
  while (!holds()) {
    if (Steady::now() > give_up) co_return false;
    timer.expires_after(std::chrono::milliseconds(1));
    co_await timer.async_wait(use_async);
  }
  co_return true;
}

}  // namespace ropewalk::test
