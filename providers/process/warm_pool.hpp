#pragma once
// Interpreters that have started and wait for a script: one script each, then they end.
//
// Why: starting Python or Node takes longer than many a script runs. What waits was started before
// anybody knew for which task, so it holds nothing of any task.
//
// Owner: a runner, so one for each shard; close() before the launcher's. Limits: so many of each
// interpreter, so many interpreters. What waits is ended with the launcher.

#include "providers/process/environment.hpp"
#include "providers/process/launcher.hpp"

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace ropewalk {

/// A process that waits. Its order, and behind it what the script reads, is sent to `order`.
struct WarmProcess {
  std::shared_ptr<Child> child{};
  FileDescriptor out{};  // what it prints
  FileDescriptor err{};
  FileDescriptor order{};
};

/// What a waiting interpreter is told.
struct WarmOrder {
  std::string script{};
  std::string directory{};
  std::vector<std::string> arguments{};
  Environment environment{};
  std::string stdin_text{};
};

struct Interpreter {
  std::string program{};
  bool is_python = true;  // else Node

  auto operator<=>(Interpreter const&) const = default;
};

class WarmPool {
 public:
  /// `idle_max`: how many of each interpreter wait at most; 0: none.
  WarmPool(Launcher& launcher, Environment inherited, std::size_t idle_max)
      : launcher_(launcher), inherited_(std::move(inherited)), idle_max_(idle_max) {}

  /// One that waits, with its order sent; nullopt when none does or the order is too large for it.
  /// Either way others are started, for those who come next.
  std::optional<WarmProcess> take(Interpreter const& interpreter, WarmOrder const& order);
  /// Ends what waits.
  Async<> close();

 private:
  std::optional<WarmProcess> start(Interpreter const& interpreter) const;
  void refill(Interpreter const& interpreter);
  void end(WarmProcess process);

  Launcher& launcher_;
  Environment inherited_;
  std::size_t idle_max_;
  std::map<Interpreter, std::deque<WarmProcess>> idle_{};
  std::deque<Interpreter> recent_{};  // the one that was asked for last is in front
  std::vector<std::shared_ptr<Child>> ending_{};
};

/// The order as it is sent: its length in ten digits, itself, and what is to be read.
std::string to_bytes(WarmOrder const& order);

}  // namespace ropewalk
