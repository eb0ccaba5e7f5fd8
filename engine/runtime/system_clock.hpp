#pragma once
// The real Clock.

#include "engine/ports/clock.hpp"

#include <chrono>

namespace ropewalk {

class SystemClock : public Clock {
 public:
  SystemClock();
  Instant now() const override;

 private:
  Instant wall_at_start_;
  std::chrono::steady_clock::time_point steady_at_start_;
};

}  // namespace ropewalk
