#include "providers/process/running_child.hpp"

#include <sys/wait.h>

#include <csignal>

namespace ropewalk {
namespace {

std::uint64_t to_us(timeval const& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(time.tv_usec);
}

/// SIGKILL reached it, or a shell or a sandbox says so of what it ran.
bool was_killed(int status) {
  return (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) ||
         (WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGKILL);
}

}  // namespace

std::uint64_t machine_oom_kills() {
  return number_of(read_small_file("/proc/vmstat"), "oom_kill");
}

ChildEnd make_end(RunningChild const& child, int status, rusage const& usage) {
  using std::chrono::microseconds;
  auto const wall = std::chrono::steady_clock::now() - child.started_at;
  ChildEnd end;
  end.wait_status = status;
  end.wall_us = static_cast<std::uint64_t>(std::chrono::duration_cast<microseconds>(wall).count());
  end.user_cpu_us = to_us(usage.ru_utime);
  end.system_cpu_us = to_us(usage.ru_stime);
  end.max_rss_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  end.blocks_read = static_cast<std::uint64_t>(usage.ru_inblock);
  end.blocks_written = static_cast<std::uint64_t>(usage.ru_oublock);
  end.breach = child.breach;
  end.breach_seen = child.breach_seen;
  if (child.group && end.breach == Breach::none) {
    auto const facts = child.group->facts();
    if (facts.oom_kills > 0) {
      end.breach = Breach::memory;
      end.breach_seen = facts.memory_peak_bytes;
    }
  }
  end.memory_ran_out = was_killed(status) && machine_oom_kills() > child.oom_kills_before;
  return end;
}

}  // namespace ropewalk
