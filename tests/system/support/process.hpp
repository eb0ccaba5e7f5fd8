#pragma once
// Programs that a test starts, and what /proc says about others.

#include "tests/system/support/wait.hpp"

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::system_test {

struct ProgramOptions {
  std::map<std::string, std::string> environment{};  // besides PATH
  std::string directory{};
  std::string out_file = "/dev/null";
  std::string error_file = "/dev/null";
};

/// A child of the test; killed with the object.
class Program {
 public:
  Program(std::vector<std::string> const& arguments, ProgramOptions const& options);
  Program(Program const&) = delete;
  Program& operator=(Program const&) = delete;
  ~Program();

  pid_t pid() const { return pid_; }
  bool is_running() { return !poll_status().has_value(); }
  void signal(int number) const;
  /// The exit status, 128 + N for signal N; nullopt when it is still running after `limit`.
  std::optional<int> wait(milliseconds limit);

 private:
  std::optional<int> poll_status();

  pid_t pid_ = -1;
  std::optional<int> status_;
};

struct Finished {
  int status = -1;
  std::string out{};
  std::string error{};
};

/// Runs a program to its end. Throws when that takes longer than `limit`.
Finished run_program(
    std::vector<std::string> const& arguments,
    ProgramOptions options = {},
    milliseconds limit = seconds(60)
);

/// The ropewalk that is tested.
std::string ropewalk_binary();

/// Processes, zombies excepted, that have `marker` somewhere in their environment.
std::vector<pid_t> processes_with(std::string_view marker);
bool is_alive(pid_t pid);
/// A process that SIGSTOP has reached.
bool is_stopped(pid_t pid);
std::vector<pid_t> children_of(pid_t pid);
/// Memory in use and its peak, from /proc/<pid>/status.
std::size_t resident_bytes(pid_t pid);
std::size_t resident_bytes_peak(pid_t pid);

}  // namespace ropewalk::system_test
