#pragma once
// An HTTP server on loopback that does exactly what a test's script says: right, wrong or not at
// all.
//
// Each accepted connection runs the script once, on a thread of its own. What the requests were can
// be asked from the test's thread. The destructor ends all connections and waits for their threads.

#include "tests/providers/support/scripted_connection.hpp"

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace ropewalk::test {

struct ScriptedOptions {
  std::string address = "127.0.0.1";         // or "::1"
  std::string unix_path{};                   // a Unix socket instead
  std::shared_ptr<TlsIdentity const> tls{};  // every connection begins with TLS
  int send_buffer = 0;                       // SO_SNDBUF of accepted sockets; 0: the system's
};

class ScriptedServer {
 public:
  using Script = std::function<void(ScriptedConnection& connection)>;

  explicit ScriptedServer(Script script, ScriptedOptions options = {});
  ScriptedServer(ScriptedServer const&) = delete;
  ScriptedServer& operator=(ScriptedServer const&) = delete;
  ~ScriptedServer();

  std::uint16_t port() const { return port_; }
  /// "http://127.0.0.1:PORT" + `target`; https with TLS.
  std::string url(std::string_view target = "/") const;
  /// Connections accepted so far.
  std::size_t connections_count() const;
  /// Connections whose script still runs.
  std::size_t open_count() const;
  /// Waits until no script runs any more; false when that takes longer than ten seconds.
  bool wait_until_idle();

 private:
  struct Session {
    std::unique_ptr<ScriptedConnection> connection{};
    std::thread thread{};
    bool ended = false;
  };

  void listen_on(ScriptedOptions const& options);
  void accept_all();
  void run_session(Session& session);

  Script script_;
  ScriptedOptions options_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::list<Session> sessions_;
  bool stopping_ = false;
  std::thread acceptor_;
};

/// Answers the requests of all connections with these raw replies, one after the other, and keeps
/// what the requests were. Past the last reply the last one is given again. A reply without a
/// Content-Length or chunks ends with the connection's end.
class RepliesInTurn {
 public:
  explicit RepliesInTurn(std::vector<std::string> replies, std::size_t piece = 0);

  /// For ScriptedServer. Must not outlive this object.
  ScriptedServer::Script script();
  std::vector<ReceivedRequest> requests() const;

 private:
  void answer(ScriptedConnection& connection);

  std::vector<std::string> replies_;
  std::size_t piece_;  // bytes sent at a time; 0: all at once
  mutable std::mutex mutex_;
  std::vector<ReceivedRequest> requests_;
};

}  // namespace ropewalk::test
