#include "providers/process/isolation.hpp"

#include "providers/process/control_group.hpp"
#include "providers/process/environment.hpp"
#include "providers/process/sandbox.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <vector>

namespace ropewalk {
namespace {

namespace json = boost::json;

constexpr int trial_ms_max = 5000;
constexpr std::size_t words_bytes_max = 4096;

struct Trial {
  bool succeeded = false;
  std::string words{};  // the end of what it wrote to stderr
};

/// Waits for the end of a child, at most trial_ms_max.
bool has_succeeded(pid_t pid) {
  FileDescriptor const process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  pollfd wait{process.get(), POLLIN, 0};
  if (!process.is_open() || ::poll(&wait, 1, trial_ms_max) <= 0) ::kill(pid, SIGKILL);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

Trial try_program(std::vector<std::string> arguments) {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return {false, std::strerror(errno)};
  FileDescriptor const reader(ends[0]);
  FileDescriptor writer(ends[1]);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, writer.get(), 2);
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  std::array<char*, 1> env{nullptr};
  pid_t pid = -1;
  int const error =
      ::posix_spawn(&pid, arguments.front().c_str(), &actions, nullptr, argv.data(), env.data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return {false, std::strerror(error)};
  writer.reset();
  Trial out;
  out.succeeded = has_succeeded(pid);
  std::array<char, words_bytes_max> words{};
  auto const n = ::read(reader.get(), words.data(), words.size());
  if (n > 0) out.words.assign(words.data(), static_cast<std::size_t>(n));
  while (!out.words.empty() && out.words.back() == '\n') out.words.pop_back();
  return out;
}

Means find_bwrap() {
  char const* path = std::getenv("PATH");
  auto const program = find_program("bwrap", path != nullptr ? path : path_default, {});
  if (!program) return {{}, "bubblewrap is not installed: apt-get install bubblewrap"};
  std::vector<std::string> arguments{*program};
  add_sandbox_walls(arguments, false);
  arguments.insert(arguments.end(), {"--", "/bin/true"});
  auto const trial = try_program(std::move(arguments));
  if (trial.succeeded) return {*program, {}};
  auto const words = trial.words.empty() ? std::string("it did not end") : trial.words;
  return {
      {},
      "the system does not let bubblewrap make its namespaces (" + words +
          "): allow unprivileged user namespaces, or run the server with the rights for them"};
}

/// Where control groups of version 2 are mounted; empty: nowhere.
std::string group_mount() {
  // "36 25 0:31 ROOT MOUNT OPTIONS … - cgroup2 SOURCE OPTIONS"
  std::istringstream lines(read_small_file("/proc/self/mountinfo"));
  for (std::string line; std::getline(lines, line);) {
    if (line.find(" - cgroup2 ") == std::string::npos) continue;
    std::istringstream fields(line);
    std::string field;
    for (int i = 0; i < 5; ++i) fields >> field;
    return field;
  }
  return {};
}

/// The path of our own group below the mount; empty: there is none.
std::string own_group() {
  std::istringstream lines(read_small_file("/proc/self/cgroup"));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("0::")) return line.substr(3);
  return {};
}

bool has_word(std::string const& text, std::string_view word) {
  std::istringstream words(text);
  for (std::string each; words >> each;)
    if (each == word) return true;
  return false;
}

Means no_groups(std::string why) {
  return {{}, std::move(why)};
}

std::string why_not(std::string const& what) {
  return what + ": " + std::strerror(errno);
}

/// A group that gives out controllers must not hold processes: this one goes into one of its own.
Means take_over(std::string const& own) {
  auto const controllers = read_small_file(own + "/cgroup.controllers");
  if (!has_word(controllers, "memory") || !has_word(controllers, "pids"))
    return no_groups("the memory and pids controllers are not given to " + own);
  if (::access((own + "/cgroup.subtree_control").c_str(), W_OK) != 0)
    return no_groups(
        own + " is not ours to write: start the server as a service with Delegate=yes"
    );
  auto const self = std::to_string(::getpid());
  auto procs = read_small_file(own + "/cgroup.procs");
  if (procs != self + "\n") return no_groups("other processes are in " + own);
  auto const inner = own + "/server";
  if (::mkdir(inner.c_str(), 0755) != 0 && errno != EEXIST)
    return no_groups(why_not("cannot make " + inner));
  if (!write_small_file(inner + "/cgroup.procs", self))
    return no_groups(why_not("cannot enter " + inner));
  std::string const wanted = has_word(controllers, "cpu") ? "+memory +pids +cpu" : "+memory +pids";
  if (write_small_file(own + "/cgroup.subtree_control", wanted)) return {own, {}};
  auto const reason = why_not("cannot give controllers to groups below " + own);
  static_cast<void>(write_small_file(own + "/cgroup.procs", self));
  ::rmdir(inner.c_str());
  return no_groups(reason);
}

Means find_groups() {
  auto const mount = group_mount();
  auto const own = own_group();
  if (mount.empty() || own.empty())
    return no_groups("this machine has no control groups of version 2");
  return take_over(own == "/" ? mount : mount + own);
}

Error unavailable(std::string const& what, std::string const& reason) {
  Error out;
  out.code = "isolation_unavailable";
  out.message = "the task asks for " + what + ", which this machine cannot give: " + reason;
  out.hint = "GET /v1/nodes shows what each server can do";
  return out;
}

json::object view(Means const& means) {
  json::object out{{"works", means.works()}};
  if (!means.works()) out["reason"] = means.reason;
  return out;
}

}  // namespace

Isolation probe_isolation() {
  Isolation out;
  out.bwrap = find_bwrap();
  out.groups = find_groups();
  return out;
}

json::object to_json(Isolation const& isolation) {
  json::object out;
  out["bwrap"] = view(isolation.bwrap);
  out["controlGroups"] = view(isolation.groups);
  return out;
}

Result<> check_isolation(
    Isolation const& isolation, ResourceLimits const& limits, bool wants_sandbox
) {
  if (wants_sandbox && !isolation.bwrap.works())
    return unavailable("`sandbox: bwrap`", isolation.bwrap.reason);
  if (limits.cores_thousandth != 0 && !isolation.groups.works())
    return unavailable("`limits.cores`", isolation.groups.reason);
  return {};
}

}  // namespace ropewalk
