#pragma once
// A running `ropewalk serve`, as its users have it: a process with a data directory and a port.

#include "tests/system/support/database.hpp"
#include "tests/system/support/process.hpp"
#include "tests/system/support/socket.hpp"
#include "tests/system/support/temp_directory.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ropewalk::system_test {

class Server {
 public:
  /// Its log is printed at the end when the test has failed.
  explicit Server(std::vector<std::string> flags = {}) : flags_(std::move(flags)) { start(); }
  Server(Server const&) = delete;
  Server& operator=(Server const&) = delete;
  ~Server();

  /// Starts it on the data that is there, and waits until it takes requests. Throws when it does
  /// not.
  void start(milliseconds limit = seconds(60));
  /// kill -9.
  void kill();
  void signal(int number) const { program_->signal(number); }
  /// SIGTERM; its exit status, nullopt when it does not end.
  std::optional<int> stop(milliseconds limit = seconds(60));
  /// SIGKILL for its PostgreSQL.
  void kill_database() const;

  std::vector<std::string>& flags() { return flags_; }
  std::string data() const { return directory_.path("data"); }
  /// A place for files of the test.
  TempDirectory const& files() const { return directory_; }
  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  pid_t pid() const { return program_->pid(); }
  bool is_running() const { return program_->is_running(); }
  std::string log() const { return read_text(directory_.path("log")); }
  Database database() const { return Database::in(data()); }
  /// What runs for it: every attempt has a path in the data directory in its environment.
  std::vector<pid_t> task_processes() const { return processes_with(data() + "/work/"); }

  HttpReply get(std::string const& target) const;
  HttpReply post(std::string const& target, json::value const& body, Headers headers = {}) const;
  /// Starts an inline definition; its id.
  std::string run(json::value const& workflow, json::object const& inputs = {}) const;
  /// The execution once it has ended. Throws when it does not.
  json::object wait_for_end(std::string const& id, milliseconds limit = seconds(60)) const;
  json::object execution(std::string const& id) const;
  /// The status of a task of an execution.
  std::string status_of(std::string const& id, std::string const& task) const;
  /// The value of a metric without labels; 0 when it is not there.
  double metric(std::string const& name) const;
  /// `ropewalk ARGUMENTS --server …`.
  Finished cli(std::vector<std::string> arguments) const;

 private:
  bool has_become_ready();

  TempDirectory directory_;
  std::vector<std::string> flags_;
  std::unique_ptr<Program> program_;
  std::uint16_t port_ = 0;
};

/// A definition from JSON text, with ' for " and " within strings.
json::value definition(std::string const& text);

}  // namespace ropewalk::system_test
