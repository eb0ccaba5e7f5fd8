#pragma once
// Running PostgreSQL's programs under their own user, and watching them by pidfd.
//
// Any thread. Blocks: not for shards.

#include "engine/base/error.hpp"

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ropewalk::sql {

/// Whom to run as. PostgreSQL refuses to run as root.
struct Account {
  std::string name{};
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups{};
  bool must_switch = false;  // we are root and it is not

  static std::optional<Account> by_name(std::string const& name);
  static std::optional<Account> by_uid(uid_t uid);
};

struct Command {
  std::vector<std::string> arguments{};  // the first is the program's full path
  std::filesystem::path directory{};     // to start in
  std::filesystem::path
      output{};  // stdout and stderr are appended here (opened before the user is switched)
};

/// Starts a program in a session of its own. Errors: spawn_failed.
Result<pid_t> spawn(Command const& command, Account const& account);
/// Runs it to its end and gives its wait status.
Result<int> run(Command const& command, Account const& account);

/// Whether the account can use this directory, tried as that account.
bool can_enter(Account const& account, std::filesystem::path const& directory);

/// Processes whose current directory is `directory`: of PGDATA, the postmaster and its children.
std::vector<pid_t> processes_in(std::filesystem::path const& directory);
bool is_process_in(pid_t pid, std::filesystem::path const& directory);

/// A process that can be waited for and signalled without fear that its number is another's by now.
class ProcessHandle {
 public:
  ProcessHandle() = default;
  explicit ProcessHandle(pid_t pid);
  ProcessHandle(ProcessHandle&& other) noexcept;
  ProcessHandle& operator=(ProcessHandle&& other) noexcept;
  ~ProcessHandle();

  pid_t pid() const { return pid_; }
  int descriptor() const { return descriptor_; }  // readable once it has ended
  bool is_running() const;
  void signal(int number) const;
  /// False when it still runs after `limit`. Collects it when it is our child.
  bool wait(std::chrono::milliseconds limit) const;

 private:
  pid_t pid_ = -1;
  int descriptor_ = -1;
};

}  // namespace ropewalk::sql
