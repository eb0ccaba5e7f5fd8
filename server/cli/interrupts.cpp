#include "server/cli/interrupts.hpp"

#include <poll.h>

#include <atomic>

namespace ropewalk::cli {
namespace {

// Lock-free, and so fit for a signal handler; read by other threads.
std::atomic<int> signals_count{0};
static_assert(std::atomic<int>::is_always_lock_free);

void count_signal(int /*signal*/) {
  ++signals_count;
}

}  // namespace

Interrupts::Interrupts() {
  signals_count = 0;
  struct sigaction action {};
  action.sa_handler = count_signal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &old_int_);
  sigaction(SIGTERM, &action, &old_term_);
}

Interrupts::~Interrupts() {
  sigaction(SIGINT, &old_int_, nullptr);
  sigaction(SIGTERM, &old_term_, nullptr);
}

int Interrupts::count() const {
  return signals_count;
}

void wait_for(Milliseconds time) {
  poll(nullptr, 0, static_cast<int>(time.count()));
}

}  // namespace ropewalk::cli
