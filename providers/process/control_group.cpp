#include "providers/process/control_group.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <string_view>

namespace ropewalk {
namespace {

constexpr std::size_t small_file_bytes_max = 64 * 1024;
constexpr std::uint64_t cpu_period_us = 100'000;

bool set_limits(std::string const& path, ResourceLimits const& limits) {
  if (limits.memory_bytes != 0) {
    if (!write_small_file(path + "/memory.max", std::to_string(limits.memory_bytes))) return false;
    // A group whose kernel has no swap has no such file; one that dies, dies as a whole.
    static_cast<void>(write_small_file(path + "/memory.swap.max", "0"));
    static_cast<void>(write_small_file(path + "/memory.oom.group", "1"));
  }
  if (limits.processes != 0 &&
      !write_small_file(path + "/pids.max", std::to_string(limits.processes)))
    return false;
  if (limits.cores_thousandth == 0) return true;
  auto const quota = limits.cores_thousandth * cpu_period_us / 1000;
  return write_small_file(
      path + "/cpu.max", std::to_string(quota) + " " + std::to_string(cpu_period_us)
  );
}

}  // namespace

std::string read_small_file(std::string const& path) {
  std::string out;
  FileDescriptor const fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> chunk{};
  while (fd.is_open() && out.size() < small_file_bytes_max) {
    auto const n = ::read(fd.get(), chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    out.append(chunk.data(), static_cast<std::size_t>(n));
  }
  return out;
}

bool write_small_file(std::string const& path, std::string const& text) {
  FileDescriptor const fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd.is_open()) return false;
  return ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

std::uint64_t number_of(std::string const& text, std::string_view name) {
  for (std::string_view rest = text; !rest.empty();) {
    auto const end = rest.find('\n');
    auto const line = rest.substr(0, end);
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == ' ') {
      std::uint64_t number = 0;
      auto const digits = line.substr(name.size() + 1);
      std::from_chars(digits.data(), digits.data() + digits.size(), number);
      return number;
    }
    rest = end == rest.npos ? std::string_view{} : rest.substr(end + 1);
  }
  return 0;
}

std::optional<ControlGroup> ControlGroup::make(std::string path, ResourceLimits const& limits) {
  if (::mkdir(path.c_str(), 0755) != 0) return std::nullopt;
  ControlGroup group(std::move(path));
  bool is_good = set_limits(group.path_, limits);
  if (is_good)
    group.joining_file_.reset(::open((group.path_ + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC)
    );
  if (is_good && group.joining_file_.is_open()) return group;
  int const error = errno;
  group.remove();
  errno = error;
  return std::nullopt;
}

GroupFacts ControlGroup::facts() const {
  GroupFacts out;
  out.oom_kills = number_of(read_small_file(path_ + "/memory.events"), "oom_kill");
  out.forks_refused = number_of(read_small_file(path_ + "/pids.events"), "max");
  out.cpu_us = number_of(read_small_file(path_ + "/cpu.stat"), "usage_usec");
  auto const peak = read_small_file(path_ + "/memory.peak");
  std::from_chars(peak.data(), peak.data() + peak.size(), out.memory_peak_bytes);
  return out;
}

void ControlGroup::kill() const {
  static_cast<void>(write_small_file(path_ + "/cgroup.kill", "1"));
}

bool ControlGroup::remove() const {
  return ::rmdir(path_.c_str()) == 0 || errno == ENOENT;
}

}  // namespace ropewalk
