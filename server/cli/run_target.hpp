#pragma once
// What `run` runs on: a server that is up, or an engine of its own in this process.

#include "server/cli/arguments.hpp"
#include "server/client/client.hpp"
#include "server/node.hpp"

#include <memory>

namespace ropewalk::cli {

class RunTarget {
 public:
  /// Finds a server, or starts an engine on the data directory that is reached through a Unix
  /// socket. Errors: those of find_server, load_settings and Node::start.
  static Result<std::unique_ptr<RunTarget>> open(Arguments const& arguments);
  /// Stops the engine, if it is ours.
  ~RunTarget();

  Address const& address() const { return address_; }
  bool is_own() const { return node_ != nullptr; }
  /// The engine, if it is ours, ends at once what is still running.
  void stop_now();

 private:
  Address address_;
  std::unique_ptr<server::Node> node_;
};

}  // namespace ropewalk::cli
