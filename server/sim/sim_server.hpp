#pragma once
// The built-in simulation of a model, served as an OpenAI-compatible endpoint through the server's
// own front.
//
// Owner: whoever awaits run() to its end. Shard: one, its executor's.
// Limits: bodies, connections and times of sim_limits().

#include "server/http/front.hpp"
#include "server/sim/sim_api.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ropewalk::server {

struct SimServerOptions {
  std::string listen = "127.0.0.1:0";  // HOST:PORT, PORT alone, or unix:PATH
  boost::json::object sim{};           // sim_options.hpp
  std::optional<std::int64_t> seed{};  // of requests that name none
  std::vector<std::string> allowed_hosts{};
};

/// A request of 4 MiB, all large ones together 64 MiB, 4096 connections.
Limits sim_limits();

class SimServer {
 public:
  /// Listens. Errors: listen_failed, invalid_argument, and those of the simulation's options.
  static Result<std::unique_ptr<SimServer>> listen(
      Executor executor, SimServerOptions const& options
  );
  ~SimServer();

  /// "http://127.0.0.1:40123/v1", what a client calls its base URL; "unix:PATH".
  std::string url() const;
  /// Serves until stop(), and then until all connections have ended.
  Async<> run();
  /// Takes no more requests, and ends the streams.
  void stop() { front_.stop(); }
  /// Cuts what is left.
  void cancel() { front_.cancel(); }

 private:
  /// There is none to be had here.
  class NoUpgrade final : public UpgradeHandler {
   public:
    Response handshake(Request const& request) override;
    Async<> serve(Socket& socket, std::string first_bytes) override;
  };

  SimServer(Executor executor, SimServerOptions const& options, Acceptor acceptor);

  std::string address_;
  Limits limits_;
  OriginCheck origin_;
  ConnectionCounter connections_;
  NoUpgrade upgrade_;
  Router router_;
  AsyncScope calls_;
  SimApi api_;
  Front front_;
};

}  // namespace ropewalk::server
