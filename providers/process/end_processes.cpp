#include "providers/process/end_processes.hpp"

#include "providers/process/process_tree.hpp"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <set>

namespace ropewalk {
namespace {

using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto sweep_time_max = 2s;
constexpr auto farewell_time_max = 30s;

}  // namespace

void sweep_processes(SweepBody const& what) {
  pid_t const self = ::getpid();
  std::set<std::string> const markers(what.markers.begin(), what.markers.end());
  auto const give_up_at = Steady::now() + sweep_time_max;
  auto const is_marked = [&](pid_t pid) { return markers.contains(marker_of(pid)); };
  auto const is_holder = [&](pid_t pid) { return holds_pipe(pid, what.pipes); };
  for (bool found = true; found && Steady::now() < give_up_at;) {
    found = false;
    auto const all = list_processes();
    for (auto const& process : all)
      if (!process.is_zombie && process.pid != self && is_marked(process.pid))
        found = kill_if(process.pid, is_marked) || found;
    if (what.pipes.empty()) continue;
    for (pid_t const pid : descendants_of(self, all))
      if (is_holder(pid)) found = kill_if(pid, is_holder) || found;
  }
}

void kill_descendants() {
  auto const give_up_at = Steady::now() + farewell_time_max;
  while (Steady::now() < give_up_at) {
    for (pid_t const pid : descendants_of(::getpid(), list_processes())) ::kill(pid, SIGKILL);
    pid_t pid = 0;
    while ((pid = ::waitpid(-1, nullptr, WNOHANG)) > 0) continue;
    if (pid < 0 && errno == ECHILD) return;
    ::poll(nullptr, 0, 1);
  }
}

}  // namespace ropewalk
