#pragma once
// Waiting for a condition, with a deadline: no test sleeps for a time that it hopes is enough.

#include <chrono>
#include <thread>

namespace ropewalk::system_test {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Looks again and again; false when `limit` passed before `holds()` was true.
template <class Condition>
bool eventually(Condition holds, milliseconds limit = seconds(20)) {
  auto const deadline = Steady::now() + limit;
  while (!holds()) {
    if (Steady::now() > deadline) return false;
    std::this_thread::sleep_for(milliseconds(5));  // style-ok(sleep)
  }
  return true;
}

}  // namespace ropewalk::system_test
