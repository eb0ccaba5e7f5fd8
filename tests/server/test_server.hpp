#pragma once
// A whole front on a loopback port with a fake backend, and a raw client to talk to it.

#include "server/api/api.hpp"
#include "server/http/front.hpp"
#include "server/stream/stream_server.hpp"
#include "tests/server/fake_backend.hpp"
#include "tests/server/support.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <deque>
#include <optional>
#include <string>

namespace ropewalk::server {

/// Client side of one connection. Everything that does not come within five seconds fails the test.
class TestClient {
 public:
  explicit TestClient(Executor executor) : socket_(executor) {}

  Async<> connect(std::string const& address);
  Async<> send(std::string bytes);
  /// Reads until `text` has come; everything up to its end. Empty when the connection ended first.
  Async<std::string> read_until(std::string text);
  /// Reads until the connection ends.
  Async<std::string> read_all();
  /// A request, and its answer with the whole body.
  Async<std::string> ask(std::string request);

  Async<> upgrade(std::string extra_headers = {});
  Async<> send_text(std::string text);
  Async<> send_frame(unsigned first_byte, std::string payload);
  /// The next frame's payload; "close:CODE" for a close frame, "eof" at the end.
  Async<std::string> next_frame();
  Socket& socket() { return socket_; }

 private:
  Async<bool> read_more();

  Socket socket_;
  std::string buffer_;
};

class TestServer {
 public:
  explicit TestServer(Limits wanted = {});

  /// Runs `client` against the server until it is done, then stops both.
  template <class MakeClient>
  void run(MakeClient make_client) {
    run_in(shard.context(), run_both(make_client(*this)));
  }
  void publish(ExecutionId execution, std::string kind = "task.status");

  Shard shard{0};
  Limits limits;
  FakeBackend backend;
  Hub hub{shard, limits.stream_bytes};
  OriginCheck origin{"127.0.0.1", {}, {}};
  ConnectionCounter connections;
  WorkflowApi workflow_api{backend};
  ExecutionApi execution_api{backend, limits};
  HistoryApi history_api{backend};
  StreamApi stream_api{shard.executor(), backend, hub, limits};
  NodeApi node_api{backend};
  Router router;
  StreamServer streams;
  Front front;
  std::string address;

 private:
  Async<> run_both(Async<> client);
};

}  // namespace ropewalk::server
