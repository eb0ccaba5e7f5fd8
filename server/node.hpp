#pragma once
// One running server: database, shards, engines, and the door in front of them.
//
// start() returns once it is ready: migrations done, what a crash left behind adopted, listening.
// Any thread: url(), request_stop(). wait() is called once, by the owner.

#include "engine/base/error.hpp"
#include "server/config.hpp"

#include <memory>
#include <string>

namespace ropewalk::server {

class Node {
 public:
  /// Errors: data_in_use (another server holds the data directory), database_unreachable,
  /// listen_failed, …
  static Result<std::unique_ptr<Node>> start(Config const& config);
  ~Node();

  /// "http://127.0.0.1:8400" (the real port when 0 was asked for), or "unix:/path".
  std::string url() const;

  /// Asks for a graceful end: no new work, WebSockets are closed with 1012, running attempts get
  /// the grace time. A second call ends them at once. Safe from signal-handling threads.
  void request_stop();

  /// Returns when everything has ended: 0 after request_stop(), else 1 (what failed is in the log).
  int wait();

  class Impl;

 private:
  explicit Node(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ropewalk::server
