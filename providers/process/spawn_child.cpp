#include "providers/process/spawn_child.hpp"

#include "providers/process/file_descriptor.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <vector>

namespace ropewalk {
namespace {

std::vector<char*> to_pointers(std::vector<std::string> const& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (auto const& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

struct ChildPlan {
  char const* program = nullptr;
  char const* directory = nullptr;
  char* const* argv = nullptr;
  char* const* env = nullptr;
  ChildFiles files{};
  ResourceLimits const* limits = nullptr;
  int nice = 0;
  int report_fd = -1;
  pid_t launcher = -1;
};

/// What the child says when it could not become the program; nothing when it could.
struct Report {
  int error = 0;
  SpawnStage stage = SpawnStage::none;
};

constexpr std::uint64_t seconds_to_end = 2;  // between SIGXCPU and SIGKILL
// Until the tree is looked at the next time one process may ask for this much, and no more.
constexpr std::uint64_t data_headroom_bytes = 1024ULL * 1024 * 1024;

/// Never above what the system allows anyway. 0: as it is.
bool set_limit(decltype(RLIMIT_CPU) resource, std::uint64_t soft, std::uint64_t hard) {
  if (soft == 0) return true;
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0) return false;
  auto const most = limit.rlim_max;
  limit.rlim_cur = soft < most ? soft : most;
  limit.rlim_max = hard < most ? hard : most;
  return ::setrlimit(resource, &limit) == 0;
}

bool set_limits(ResourceLimits const& limits, bool has_group) {
  std::uint64_t const cpu_seconds = (limits.cpu_us + 999'999) / 1'000'000;
  constexpr std::uint64_t memory_most = 1ULL << 60U;  // more is no limit, and would not double
  bool const watches_memory =
      limits.memory_bytes != 0 && limits.memory_bytes < memory_most && !has_group;
  std::uint64_t const data = watches_memory ? 2 * limits.memory_bytes + data_headroom_bytes : 0;
  return set_limit(RLIMIT_CPU, cpu_seconds, cpu_seconds + seconds_to_end) &&
         set_limit(RLIMIT_FSIZE, limits.file_bytes, limits.file_bytes) &&
         set_limit(RLIMIT_NOFILE, limits.open_files, limits.open_files) &&
         set_limit(RLIMIT_DATA, data, data);
}

bool join_group(int joining_file) {
  return joining_file < 0 || ::write(joining_file, "0", 1) == 1;
}

bool take_files(ChildFiles const& files) {
  return (files.in < 0 || ::dup2(files.in, 0) >= 0) && ::dup2(files.out, 1) >= 0 &&
         ::dup2(files.err, 2) >= 0 && ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
}

/// Runs in the launcher's memory until exec (vfork): system calls only. Tells what failed through
/// report_fd, which a successful exec closes.
[[noreturn]] void become(ChildPlan const& plan) {
  Report report{0, SpawnStage::fork};
  ::setsid();
  ::setpriority(PRIO_PROCESS, 0, plan.nice);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != plan.launcher) ::_exit(127);  // it died before the line above
  for (int const signo : launcher_ignores) ::signal(signo, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  rlimit const no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  bool is_ready = take_files(plan.files);
  if (is_ready) {
    report.stage = SpawnStage::group;
    is_ready = join_group(plan.files.joining_file);
  }
  if (is_ready) {
    report.stage = SpawnStage::limits;
    is_ready = set_limits(*plan.limits, plan.files.joining_file >= 0);
  }
  if (is_ready) {
    report.stage = SpawnStage::directory;
    if (::chdir(plan.directory) == 0) {
      report.stage = SpawnStage::exec;
      ::execve(plan.program, plan.argv, plan.env);
    }
  }
  report.error = errno;
  static_cast<void>(!::write(plan.report_fd, &report, sizeof report));
  ::_exit(127);
}

}  // namespace

SpawnedChild spawn_child(SpawnBody const& body, ChildFiles const& files, int nice) {
  auto const argv = to_pointers(body.argv);
  auto const env = to_pointers(body.env);
  // A pipe, not memory that vfork shares: under a sanitizer vfork is a plain fork.
  int pipe_fds[2] = {-1, -1};
  if (::pipe2(pipe_fds, O_CLOEXEC) != 0) return {-1, errno, SpawnStage::fork};
  FileDescriptor const reader(pipe_fds[0]);
  FileDescriptor writer(pipe_fds[1]);
  ChildPlan const plan{
      body.program.c_str(),
      body.directory.c_str(),
      argv.data(),
      env.data(),
      files,
      &body.limits,
      nice,
      writer.get(),
      ::getpid()};
  // The child touches nothing but its plan before it execs: what posix_spawn does inside, with more
  // to set up.
  pid_t const pid = ::vfork();  // NOLINT(bugprone-unsafe-functions)
  if (pid == 0) become(plan);
  if (pid < 0) return {-1, errno, SpawnStage::fork};
  writer.reset();
  Report report;
  ssize_t const said = ::read(reader.get(), &report, sizeof report);
  if (said == static_cast<ssize_t>(sizeof report)) {
    ::waitpid(pid, nullptr, 0);
    return {-1, report.error, report.stage};
  }
  return {pid, 0, SpawnStage::none};
}

}  // namespace ropewalk
