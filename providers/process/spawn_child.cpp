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
  int stdout_fd = -1;
  int stderr_fd = -1;
  int report_fd = -1;
  pid_t launcher = -1;
};

/// What the child says when it could not become the program; nothing when it could.
struct Report {
  int error = 0;
  SpawnStage stage = SpawnStage::none;
};

/// Runs in the launcher's memory until exec (vfork): system calls only. Tells what failed through
/// report_fd, which a successful exec closes.
[[noreturn]] void become(ChildPlan const& plan) {
  Report report{0, SpawnStage::fork};
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != plan.launcher) ::_exit(127);  // it died before the line above
  for (int const signo : launcher_ignores) ::signal(signo, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  rlimit const no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  if (::dup2(plan.stdout_fd, 1) >= 0 && ::dup2(plan.stderr_fd, 2) >= 0 &&
      ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0) {
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

SpawnedChild spawn_child(SpawnBody const& body, int stdout_fd, int stderr_fd) {
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
      stdout_fd,
      stderr_fd,
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
