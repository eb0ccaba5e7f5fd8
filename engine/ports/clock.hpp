#pragma once
// Port: what time it is.

#include "engine/base/time.hpp"

namespace ropewalk {

class Clock {
 public:
  virtual ~Clock() = default;
  /// Never goes back. Wall time as it was when the process started, carried on by the monotonic
  /// clock: a jump of the host's clock moves no timer. Any thread.
  virtual Instant now() const = 0;
};

}  // namespace ropewalk
