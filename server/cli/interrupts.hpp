#pragma once
// Counts SIGINT and SIGTERM while it lives, so that a loop can look. One object at a time.

#include "server/client/client.hpp"

#include <csignal>

namespace ropewalk::cli {

class Interrupts {
 public:
  Interrupts();
  Interrupts(Interrupts const&) = delete;
  Interrupts& operator=(Interrupts const&) = delete;
  ~Interrupts();

  int count() const;

 private:
  struct sigaction old_int_ {};
  struct sigaction old_term_ {};
};

/// Waits; a signal ends the wait early.
void wait_for(Milliseconds time);

}  // namespace ropewalk::cli
