#pragma once
// The door of one shard: listens, and owns the connections that came through it.
//
// Owner:  the node; run() is awaited to its end before the front is destroyed.
// Shard:  every call on its own shard.
// Cancel: stop() lets requests under way be answered; cancelling run() does not.
// Limits: connections of the whole node (ConnectionCounter), sizes and times of Limits.

#include "engine/async/async.hpp"
#include "engine/async/async_scope.hpp"
#include "server/config.hpp"
#include "server/http/origin.hpp"
#include "server/http/router.hpp"
#include "server/http/socket.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <atomic>
#include <list>
#include <memory>
#include <string>
#include <vector>

namespace ropewalk::server {

class HttpSession;

/// Shared by the fronts of all shards.
struct ConnectionCounter {
  std::atomic<std::uint64_t> open{0};
  std::atomic<std::uint64_t> body_bytes{0};  // of large bodies that are being read or worked on
};

/// Takes over a connection whose request asked for a WebSocket. `first_bytes` came right after the
/// request.
class UpgradeHandler {
 public:
  virtual ~UpgradeHandler() = default;
  /// The answer to a request that may not be upgraded; status 101 when it may.
  virtual Response handshake(Request const& request) = 0;
  virtual Async<> serve(Socket& socket, std::string first_bytes) = 0;
};

struct FrontParts {
  Router const& router;
  OriginCheck const& origin;
  Limits const& limits;
  ConnectionCounter& connections;
  UpgradeHandler& upgrade;
  void (*reshape)(Response&) = nullptr;  // set: has the last word on every answer
};

using Acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol, Executor>;

/// A listening socket. `address` is HOST:PORT (`reuse_port`: several may share it) or unix:PATH
/// (mode 0600; a socket file that nobody answers on is replaced). Errors: listen_failed,
/// invalid_argument.
Result<Acceptor> listen_at(Executor executor, std::string const& address, bool reuse_port);
/// "127.0.0.1:8400" with the port that it really has, or "unix:PATH".
std::string address_of(Acceptor const& acceptor);

class Front {
 public:
  Front(Executor executor, FrontParts parts);
  ~Front();

  void add(Acceptor acceptor);
  /// Accepts and serves until stop(); then waits for the connections to end.
  Async<> run();
  /// Accepts no more; idle connections are closed, the others after the answer that they wait for.
  void stop();
  /// Cuts what is left.
  void cancel() { scope_.cancel(); }
  std::size_t sessions_count() const { return sessions_.size(); }

 private:
  friend class HttpSession;
  Async<> accept_loop(Acceptor& acceptor);
  Async<> serve(Socket socket);

  Executor executor_;
  FrontParts parts_;
  std::list<Acceptor> acceptors_;
  std::list<HttpSession*> sessions_;
  bool stopping_ = false;
  AsyncScope scope_;
};

}  // namespace ropewalk::server
