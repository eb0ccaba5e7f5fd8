#include "providers/process/process_tree.hpp"

#include "providers/process/file_descriptor.hpp"
#include "providers/process/launcher_protocol.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <map>
#include <memory>
#include <string_view>

namespace ropewalk {
namespace {

constexpr std::size_t proc_file_bytes_max =
    8 * 1024 * 1024;  // an environment may be as large as exec allows

std::string read_all(std::string const& path) {
  std::string out;
  FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 16384> chunk{};
  while (fd.is_open() && out.size() < proc_file_bytes_max) {
    auto const n = ::read(fd.get(), chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    out.append(chunk.data(), static_cast<std::size_t>(n));
  }
  return out;
}

pid_t to_pid(std::string_view text) {
  pid_t pid = 0;
  auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (ec != std::errc{} || end != text.data() + text.size()) return 0;
  return pid;
}

std::uint64_t to_number(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

using Directory = std::unique_ptr<DIR, int (*)(DIR*)>;

Directory open_directory(std::string const& path) {
  return Directory(::opendir(path.c_str()), &::closedir);
}

std::string proc_path(pid_t pid, std::string_view file) {
  return "/proc/" + std::to_string(pid) + "/" + std::string(file);
}

}  // namespace

ProcessEntry read_process(pid_t pid) {
  // "<pid> (<name, which may hold anything>) <state> <parent> <group> …": see proc(5)
  std::string const stat = read_all(proc_path(pid, "stat"));
  auto const name_end = stat.rfind(')');
  if (name_end == std::string::npos || name_end + 4 > stat.size()) return {};
  std::string_view rest = std::string_view(stat).substr(name_end + 2);
  std::array<std::string_view, 22> fields{};
  for (auto& field : fields) {
    auto const end = std::min(rest.find(' '), rest.size());
    field = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  ProcessEntry out;
  out.pid = pid;
  out.parent = to_pid(fields[1]);
  out.group = to_pid(fields[2]);
  out.is_zombie = fields[0] == "Z" || fields[0] == "X";
  for (std::size_t i = 11; i < 15; ++i) out.cpu_ticks += to_number(fields[i]);
  out.threads = to_number(fields[17]);
  out.resident_pages = to_number(fields[21]);
  return out;
}

std::vector<ProcessEntry> list_processes() {
  std::vector<ProcessEntry> out;
  auto const directory = open_directory("/proc");
  if (!directory) return out;
  while (dirent const* entry = ::readdir(directory.get())) {
    pid_t const pid = to_pid(entry->d_name);
    if (pid <= 0) continue;
    auto const process = read_process(pid);
    if (process.pid != 0) out.push_back(process);
  }
  return out;
}

std::vector<pid_t> list_own_children() {
  std::vector<pid_t> out;
  pid_t const self = ::getpid();
  std::string const path = proc_path(self, "task/" + std::to_string(self) + "/children");
  if (::access(path.c_str(), R_OK) == 0) {
    std::string const text = read_all(path);
    for (std::size_t begin = 0; begin < text.size();) {
      auto const end = std::min(text.find(' ', begin), text.size());
      pid_t const pid = to_pid(std::string_view(text).substr(begin, end - begin));
      if (pid > 0) out.push_back(pid);
      begin = end + 1;
    }
    return out;
  }
  for (auto const& process : list_processes())  // a kernel without CONFIG_PROC_CHILDREN
    if (process.parent == self) out.push_back(process.pid);
  return out;
}

std::vector<pid_t> descendants_of(pid_t ancestor, std::vector<ProcessEntry> const& all) {
  std::multimap<pid_t, pid_t> children;
  for (auto const& process : all) children.emplace(process.parent, process.pid);
  std::vector<pid_t> out{ancestor};
  for (std::size_t i = 0; i < out.size() && i <= all.size(); ++i) {
    auto const [first, last] = children.equal_range(out[i]);
    for (auto it = first; it != last; ++it) out.push_back(it->second);
  }
  out.erase(out.begin());
  return out;
}

std::string marker_of(pid_t pid) {
  std::string const environment = read_all(proc_path(pid, "environ"));
  std::string_view rest = environment;
  while (!rest.empty()) {
    auto const end = std::min(rest.find('\0'), rest.size());
    auto const variable = rest.substr(0, end);
    if (variable.size() > marker_variable.size() && variable.starts_with(marker_variable) &&
        variable[marker_variable.size()] == '=')
      return std::string(variable.substr(marker_variable.size() + 1));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {};
}

bool holds_pipe(pid_t pid, std::vector<std::string> const& pipes) {
  auto const directory = open_directory(proc_path(pid, "fd"));
  if (!directory) return false;
  while (dirent const* entry = ::readdir(directory.get())) {
    std::array<char, 64> target{};
    auto const n =
        ::readlinkat(::dirfd(directory.get()), entry->d_name, target.data(), target.size());
    if (n <= 0) continue;
    std::string_view const name(target.data(), static_cast<std::size_t>(n));
    if (std::find(pipes.begin(), pipes.end(), name) != pipes.end()) return true;
  }
  return false;
}

bool kill_if(pid_t pid, std::function<bool(pid_t)> const& is_target) {
  FileDescriptor const process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process.is_open()) return false;
  if (!is_target(pid)) return false;
  return ::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0) == 0;
}

}  // namespace ropewalk
