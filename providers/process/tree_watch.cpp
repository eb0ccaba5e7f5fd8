#include "providers/process/tree_watch.hpp"

#include <unistd.h>

#include <algorithm>
#include <unordered_map>

namespace ropewalk {
namespace {

using namespace std::chrono_literals;

constexpr auto pause_least = 20ms;
constexpr auto pause_most = 1000ms;
constexpr int pauses_a_look = 20;  // a twentieth of a core

std::uint64_t to_us(std::uint64_t ticks) {
  static auto const ticks_a_second = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  return ticks * 1'000'000 / ticks_a_second;
}

/// The number in "NAME:   123 kB", in bytes.
std::uint64_t kilobytes_of(std::string const& text, std::string_view name) {
  auto at = text.find("\n" + std::string(name) + ":");
  if (at == std::string::npos) return 0;
  at = text.find_first_of("0123456789", at + name.size());
  if (at == std::string::npos) return 0;
  return std::strtoull(text.c_str() + at, nullptr, 10) * 1024;
}

std::uint64_t exact_memory_of(pid_t pid) {
  auto const folder = "/proc/" + std::to_string(pid);
  auto const shares = "\n" + read_small_file(folder + "/smaps_rollup");
  if (shares.size() > 1)
    return kilobytes_of(shares, "Pss_Anon") + kilobytes_of(shares, "Pss_Shmem");
  auto const status = "\n" + read_small_file(folder + "/status");
  return kilobytes_of(status, "RssAnon") + kilobytes_of(status, "RssShmem");
}

using Table = std::unordered_map<pid_t, ProcessEntry const*>;

/// `root`, what descends from it, and what the launcher adopted of its.
std::vector<ProcessEntry const*> tree_of(
    pid_t root,
    std::unordered_multimap<pid_t, ProcessEntry const*> const& children,
    Table const& table,
    std::multimap<pid_t, pid_t> const& adopted
) {
  std::vector<ProcessEntry const*> out;
  auto const add = [&](pid_t pid) {
    auto const it = table.find(pid);
    if (it != table.end()) out.push_back(it->second);
  };
  add(root);
  auto const [first, last] = adopted.equal_range(root);
  for (auto it = first; it != last; ++it) add(it->second);
  for (std::size_t i = 0; i < out.size() && i <= table.size(); ++i) {
    auto const [begin, end] = children.equal_range(out[i]->pid);
    for (auto it = begin; it != end; ++it) out.push_back(it->second);
  }
  return out;
}

}  // namespace

TreeUse rough_use(std::vector<ProcessEntry const*> const& tree) {
  static auto const page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  TreeUse out;
  for (auto const* process : tree) {
    out.cpu_us += to_us(process->cpu_ticks);
    if (process->is_zombie) continue;
    out.memory_bytes += process->resident_pages * page_bytes;
    out.processes += process->threads;
  }
  return out;
}

std::uint64_t exact_memory(std::vector<ProcessEntry const*> const& tree) {
  std::uint64_t out = 0;
  for (auto const* process : tree)
    if (!process->is_zombie) out += exact_memory_of(process->pid);
  return out;
}

void TreeWatch::add(pid_t root, ResourceLimits const& limits, ControlGroup const* group) {
  if (limits.cpu_us == 0 && limits.memory_bytes == 0 && limits.processes == 0) return;
  watched_.emplace(root, Watched{limits, group, false});
  next_look_ = std::min(next_look_, Clock::now() + pause_least);
}

void TreeWatch::forget(pid_t root) {
  watched_.erase(root);
}

int TreeWatch::pause_ms() const {
  if (watched_.empty()) return -1;
  auto const left =
      std::chrono::duration_cast<std::chrono::milliseconds>(next_look_ - Clock::now()) + 1ms;
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1000));
}

std::optional<BreachSeen> TreeWatch::judge_group(pid_t root, Watched const& watched) const {
  auto const facts = watched.group->facts();
  auto const& limits = watched.limits;
  if (facts.oom_kills > 0) return BreachSeen{root, Breach::memory, facts.memory_peak_bytes};
  if (facts.forks_refused > 0) return BreachSeen{root, Breach::processes, limits.processes + 1};
  if (limits.cpu_us != 0 && facts.cpu_us > limits.cpu_us)
    return BreachSeen{root, Breach::cpu, facts.cpu_us};
  return std::nullopt;
}

std::optional<BreachSeen> TreeWatch::judge_tree(
    pid_t root, Watched const& watched, std::vector<ProcessEntry const*> const& tree
) {
  auto const use = rough_use(tree);
  auto const& limits = watched.limits;
  if (limits.processes != 0 && use.processes > limits.processes)
    return BreachSeen{root, Breach::processes, use.processes};
  if (limits.cpu_us != 0 && use.cpu_us > limits.cpu_us)
    return BreachSeen{root, Breach::cpu, use.cpu_us};
  if (limits.memory_bytes == 0 || use.memory_bytes <= limits.memory_bytes) return std::nullopt;
  auto const exact = exact_memory(tree);
  if (exact <= limits.memory_bytes) return std::nullopt;
  return BreachSeen{root, Breach::memory, exact};
}

std::vector<BreachSeen> TreeWatch::look(std::function<std::multimap<pid_t, pid_t>()> const& adopted
) {
  std::vector<BreachSeen> out;
  auto const began = Clock::now();
  if (watched_.empty() || began < next_look_) return out;
  auto const needs_table = [](auto const& entry) { return entry.second.group == nullptr; };
  std::vector<ProcessEntry> all;
  std::multimap<pid_t, pid_t> adopted_now;
  if (std::ranges::any_of(watched_, needs_table)) {
    all = list_processes();
    adopted_now = adopted();
  }
  Table table;
  std::unordered_multimap<pid_t, ProcessEntry const*> children;
  for (auto const& process : all) {
    table.emplace(process.pid, &process);
    children.emplace(process.parent, &process);
  }
  for (auto& [root, watched] : watched_) {
    if (watched.is_told) continue;
    auto const seen = watched.group != nullptr
                          ? judge_group(root, watched)
                          : judge_tree(root, watched, tree_of(root, children, table, adopted_now));
    if (!seen) continue;
    watched.is_told = true;
    out.push_back(*seen);
  }
  auto const took = Clock::now() - began;
  next_look_ =
      Clock::now() + std::clamp<Clock::duration>(took * pauses_a_look, pause_least, pause_most);
  return out;
}

}  // namespace ropewalk
