#pragma once
// Running coroutines in tests: a hang is a failure, an exception is a failure.

#include "engine/async/async.hpp"

#include <boost/asio/co_spawn.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <exception>

namespace ropewalk::server {

inline void run_in(
    asio::io_context& io, Async<> body, std::chrono::seconds limit = std::chrono::seconds(20)
) {
  std::exception_ptr fault;
  bool finished = false;
  asio::co_spawn(io, std::move(body), [&](std::exception_ptr error) {
    fault = error;
    finished = true;
    io.stop();
  });
  io.restart();
  io.run_for(limit);
  ASSERT_TRUE(finished) << "the coroutine did not finish";
  if (fault) std::rethrow_exception(fault);
}

}  // namespace ropewalk::server
