#pragma once
// Opens connections: name, address, proxy tunnel, TLS.
//
// Owner: one HttpClient, which outlives what it starts. Shard: all calls on the constructing shard.

#include "providers/http/byte_stream.hpp"
#include "providers/http/connect_address.hpp"
#include "providers/http/name_resolver.hpp"
#include "providers/http/proxy.hpp"
#include "providers/http/tls_context.hpp"

#include <memory>
#include <optional>
#include <string>

namespace ropewalk::http {

/// What asks about an address before it is connected to (HttpRequest::allow).
using AllowAddress = decltype(HttpRequest::allow);

struct Destination {
  HttpUrl url{};
  std::optional<ProxyAddress> proxy{};
  TlsOptions tls{};
  AllowAddress allow{};

  /// Equal for destinations whose connections can stand in for each other.
  std::string pool_key() const;
  /// What `allow` lets be said before anything is resolved: nothing against a name, but a Unix
  /// socket is refused, and behind a proxy a host that is written as an address is asked about.
  /// Errors: address_refused.
  Result<> judge() const;
};

struct Connection {
  std::unique_ptr<ByteStream> stream{};
  std::optional<asio::ip::address> address{};  // of the host itself; none behind a proxy
};

class Connector {
 public:
  Connector(Executor executor, NameLookup lookup, std::size_t head_bytes_max);

  /// REQUIRES: judge() had nothing against it. Errors: dns_failure, address_refused,
  /// connection_refused, connection_lost, tls_failure, proxy_failure, cancelled.
  Async<Result<Connection>> connect(Destination const& destination);

 private:
  Async<Result<Connected>> connect_host(Destination const& destination);
  Async<Result<Socket>> connect_proxy(Destination const& destination);
  Async<Result<>> open_tunnel(Socket& socket, Destination const& destination);

  NameResolver resolver_;
  TlsContexts tls_contexts_;
  std::size_t head_bytes_max_;
};

}  // namespace ropewalk::http
