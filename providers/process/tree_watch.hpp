#pragma once
// Keeps the limits that the kernel does not keep by itself: what a tree of processes uses
// together, looked up again and again.
//
// Used by the launcher. Looking costs time, so the pause between two looks grows with what a look
// took: watching takes a twentieth of a core at most, and a tree can use more than its limit for
// as long as a pause. Where an attempt has a control group the kernel counts, and this only reads.

#include "providers/process/control_group.hpp"
#include "providers/process/process_tree.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ropewalk {

/// What an attempt's processes use together.
struct TreeUse {
  std::uint64_t cpu_us = 0;
  std::uint64_t memory_bytes = 0;
  std::uint64_t processes = 0;  // threads count
};

/// Of the processes in `tree`: all numbers as the process table has them, where memory that several
/// of them share counts several times.
TreeUse rough_use(std::vector<ProcessEntry const*> const& tree);
/// Memory, where what is shared counts once. Slower.
std::uint64_t exact_memory(std::vector<ProcessEntry const*> const& tree);

struct BreachSeen {
  pid_t root = 0;
  Breach breach = Breach::none;
  std::uint64_t seen = 0;  // how much it was, in the unit of the limit
};

class TreeWatch {
 public:
  using Clock = std::chrono::steady_clock;

  /// `group`: of this attempt; must stay where it is until forget(). nullptr: there is none.
  void add(pid_t root, ResourceLimits const& limits, ControlGroup const* group);
  void forget(pid_t root);

  /// For poll(): milliseconds until the next look, -1 when there is nothing to watch.
  int pause_ms() const;
  /// Looks when it is time. `adopted`: processes of the launcher's own that belong to an attempt,
  /// with its root. Those it found to be over a limit are told once.
  std::vector<BreachSeen> look(std::function<std::multimap<pid_t, pid_t>()> const& adopted);

 private:
  struct Watched {
    ResourceLimits limits{};
    ControlGroup const* group = nullptr;
    bool is_told = false;
  };

  std::optional<BreachSeen> judge_group(pid_t root, Watched const& watched) const;
  static std::optional<BreachSeen> judge_tree(
      pid_t root, Watched const& watched, std::vector<ProcessEntry const*> const& tree
  );

  std::map<pid_t, Watched> watched_;
  Clock::time_point next_look_{};
};

}  // namespace ropewalk
