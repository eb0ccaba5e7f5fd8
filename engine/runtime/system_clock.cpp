#include "engine/runtime/system_clock.hpp"

namespace ropewalk {

SystemClock::SystemClock()
    : wall_at_start_(std::chrono::floor<Duration>(std::chrono::system_clock::now())),
      steady_at_start_(std::chrono::steady_clock::now()) {}

Instant SystemClock::now() const {
  return wall_at_start_ +
         std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - steady_at_start_);
}

}  // namespace ropewalk
