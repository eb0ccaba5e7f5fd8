#include "sql/cluster_process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstring>
#include <system_error>
#include <utility>

namespace ropewalk::sql {
namespace {

namespace fs = std::filesystem;

Error spawn_failed(std::string const& program, std::string const& what) {
  Error error;
  error.code = "spawn_failed";
  error.message = program + " could not be started: " + what;
  return error;
}

std::string message_of(int code) {
  return std::generic_category().message(code);
}

std::optional<Account> account_of(passwd const* entry) {
  if (!entry) return std::nullopt;
  Account account;
  account.name = entry->pw_name;
  account.uid = entry->pw_uid;
  account.gid = entry->pw_gid;
  int count = 64;
  account.groups.resize(64);
  if (::getgrouplist(entry->pw_name, entry->pw_gid, account.groups.data(), &count) < 0) count = 0;
  account.groups.resize(static_cast<std::size_t>(count));
  account.must_switch = ::geteuid() == 0 && account.uid != 0;
  return account;
}

// Between fork and exec: only async-signal-safe calls.
bool become(Account const& account) {
  if (!account.must_switch) return true;
  return ::setgroups(account.groups.size(), account.groups.data()) == 0 &&
         ::setresgid(account.gid, account.gid, account.gid) == 0 &&
         ::setresuid(account.uid, account.uid, account.uid) == 0;
}

struct Prepared {
  std::vector<char*> arguments{};
  char const* directory = nullptr;
  int output = -1;
  int report = -1;  // where errno goes when something fails
};

[[noreturn]] void become_program(Prepared const& prepared, Account const& account) {
  static char path[] = "PATH=/usr/local/bin:/usr/bin:/bin";
  static char locale[] = "LC_ALL=C.UTF-8";
  static char home[] = "HOME=/nonexistent";
  char* const environment[] = {path, locale, home, nullptr};
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  ::setsid();  // so that a Ctrl-C for the server is not one for PostgreSQL
  ::umask(077);
  int const null = ::open("/dev/null", O_RDONLY);
  bool const is_ready = null >= 0 && ::dup2(null, 0) == 0 && ::dup2(prepared.output, 1) == 1 &&
                        ::dup2(prepared.output, 2) == 2 && ::dup2(prepared.report, 3) == 3 &&
                        ::fcntl(3, F_SETFD, FD_CLOEXEC) == 0 && ::close_range(4, ~0U, 0) == 0 &&
                        become(account) && ::chdir(prepared.directory) == 0;
  if (is_ready) ::execve(prepared.arguments[0], prepared.arguments.data(), environment);
  int const code = errno;
  [[maybe_unused]] auto const ignored = ::write(3, &code, sizeof code);
  ::_exit(127);
}

/// Errno of a child that could not become the program; 0 when it did.
int read_report(int descriptor) {
  int code = 0;
  ssize_t size = 0;
  do size = ::read(descriptor, &code, sizeof code);
  while (size < 0 && errno == EINTR);
  return size == static_cast<ssize_t>(sizeof code) ? code : 0;
}

// By number: glibc 2.36 declares it without extern "C".
int pidfd_open(pid_t pid) {
  return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

std::optional<Account> Account::by_name(std::string const& name) {
  return account_of(::getpwnam(name.c_str()));
}

std::optional<Account> Account::by_uid(uid_t uid) {
  return account_of(::getpwuid(uid));
}

Result<pid_t> spawn(Command const& command, Account const& account) {
  auto const& program = command.arguments.at(0);
  int const output =
      ::open(command.output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (output < 0) return spawn_failed(program, command.output.string() + ": " + message_of(errno));
  std::array<int, 2> report{};
  if (::pipe2(report.data(), O_CLOEXEC) != 0) {
    int const code = errno;
    ::close(output);
    return spawn_failed(program, message_of(code));
  }
  Prepared prepared;
  for (auto const& argument : command.arguments)
    prepared.arguments.push_back(const_cast<char*>(argument.c_str()));
  prepared.arguments.push_back(nullptr);
  prepared.directory = command.directory.c_str();
  prepared.output = output;
  prepared.report = report[1];
  pid_t const pid = ::fork();
  if (pid == 0) become_program(prepared, account);
  int const fork_error = errno;
  ::close(output);
  ::close(report[1]);
  int const code = pid < 0 ? fork_error : read_report(report[0]);
  ::close(report[0]);
  if (pid >= 0 && code != 0) wait_for(pid);
  if (code != 0) return spawn_failed(program, message_of(code));
  return pid;
}

Result<int> run(Command const& command, Account const& account) {
  TRY(auto const pid, spawn(command, account));
  return wait_for(pid);
}

bool can_enter(Account const& account, fs::path const& directory) {
  pid_t const pid = ::fork();
  if (pid == 0) ::_exit(become(account) && ::chdir(directory.c_str()) == 0 ? 0 : 1);
  return pid > 0 && wait_for(pid) == 0;
}

bool is_process_in(pid_t pid, fs::path const& directory) {
  struct stat theirs {};
  struct stat ours {};
  auto const cwd = "/proc/" + std::to_string(pid) + "/cwd";
  return ::stat(cwd.c_str(), &theirs) == 0 && ::stat(directory.c_str(), &ours) == 0 &&
         theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino;
}

std::vector<pid_t> processes_in(fs::path const& directory) {
  std::vector<pid_t> out;
  std::error_code ec;
  for (fs::directory_iterator it("/proc", ec), end; !ec && it != end; it.increment(ec)) {
    auto const name = it->path().filename().string();
    pid_t pid = 0;
    auto const [rest, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc() || *rest != '\0' || pid == ::getpid()) continue;
    if (is_process_in(pid, directory)) out.push_back(pid);
  }
  return out;
}

ProcessHandle::ProcessHandle(pid_t pid) : pid_(pid), descriptor_(pidfd_open(pid)) {}

ProcessHandle::ProcessHandle(ProcessHandle&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), descriptor_(std::exchange(other.descriptor_, -1)) {}

ProcessHandle& ProcessHandle::operator=(ProcessHandle&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

ProcessHandle::~ProcessHandle() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool ProcessHandle::is_running() const {
  return !wait(std::chrono::milliseconds(0));
}

void ProcessHandle::signal(int number) const {
  if (descriptor_ >= 0) ::syscall(SYS_pidfd_send_signal, descriptor_, number, nullptr, 0);
}

bool ProcessHandle::wait(std::chrono::milliseconds limit) const {
  if (descriptor_ < 0) return true;
  pollfd watched{descriptor_, POLLIN, 0};
  int ready = 0;
  do ready = ::poll(&watched, 1, static_cast<int>(limit.count()));
  while (ready < 0 && errno == EINTR);
  if (ready <= 0) return false;
  int status = 0;
  ::waitpid(pid_, &status, WNOHANG);  // fails when it is not our child: nothing to collect then
  return true;
}

}  // namespace ropewalk::sql
