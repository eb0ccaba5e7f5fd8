#include "providers/http/connector.hpp"

#include "providers/http/http_error.hpp"
#include "providers/http/request_head.hpp"
#include "providers/http/response_reader.hpp"
#include "providers/http/tls_stream.hpp"

#include <boost/asio/write.hpp>

#include <array>

namespace ropewalk::http {
namespace {

/// What went wrong on the way to the proxy, or in it: the same class under a code of its own.
Error through_proxy(Error error, ProxyAddress const& proxy) {
  if (error.code == "cancelled") return error;
  error.code = "proxy_failure";
  error.message = "the proxy " + proxy.peer() + " does not help: " + error.message;
  return error;
}

Error refused_tunnel(HttpUrl const& url, ProxyAddress const& proxy, unsigned status) {
  bool const needs_login = status == 407;
  return http_error(
      status >= 500 ? ErrorClass::transient : ErrorClass::permanent,
      "proxy_failure",
      "the proxy " + proxy.peer() + " opens no tunnel to " + url.peer() + ": it answered " +
          std::to_string(status),
      needs_login ? "put the proxy's user and password into its URL" : ""
  );
}

/// Those of `addresses` that may be called; an error when there is none.
Result<Addresses> allowed(Destination const& destination, Addresses addresses) {
  if (!destination.allow) return addresses;
  Addresses out;
  Error refusal;
  for (auto const& address : addresses) {
    if (auto const answer = destination.allow(address, destination.url.port); answer) {
      out.push_back(address);
    } else {
      refusal = answer.error();
    }
  }
  if (!out.empty()) return out;
  return http_error(
      ErrorClass::permanent,
      "address_refused",
      destination.url.peer() + " may not be called: " + refusal.message,
      refusal.hint
  );
}

}  // namespace

std::string Destination::pool_key() const {
  std::string key;
  auto const add = [&key](std::string_view part) {
    key += part;
    key += '\0';
  };
  add(url.is_tls ? "https" : "http");
  add(url.peer());
  add(proxy ? proxy->peer() + " " + proxy->authorization : "");
  if (!url.is_tls) return key;
  add(tls.ca_file);
  add(tls.client_cert);
  add(tls.client_key);
  add(tls.verify ? "verified" : "");
  return key;
}

Result<> Destination::judge() const {
  if (!allow) return {};
  if (!url.unix_path.empty())
    return http_error(
        ErrorClass::permanent, "address_refused", url.peer() + " may not be called: not a network"
    );
  boost::system::error_code not_literal;
  auto const literal = asio::ip::make_address(url.host, not_literal);
  if (!proxy || not_literal) return {};
  auto const judged = allowed(*this, Addresses(1, literal));
  if (!judged) return judged.error();
  return {};
}

Connector::Connector(Executor executor, NameLookup lookup, std::size_t head_bytes_max)
    : resolver_(executor, std::move(lookup)), head_bytes_max_(head_bytes_max) {}

Async<Result<Connected>> Connector::connect_host(Destination const& destination) {
  auto const& url = destination.url;
  CO_TRY(auto const found, co_await resolver_.resolve(url.host));
  CO_TRY(auto const addresses, allowed(destination, found));
  co_return co_await connect_any(addresses, url.port, url.peer());
}

Async<Result<Socket>> Connector::connect_proxy(Destination const& destination) {
  auto const& proxy = *destination.proxy;
  auto found = co_await resolver_.resolve(proxy.host);
  if (!found) co_return through_proxy(found.error(), proxy);
  auto connected = co_await connect_any(*found, proxy.port, proxy.peer());
  if (!connected) co_return through_proxy(connected.error(), proxy);
  if (destination.url.is_tls) {
    auto const opened = co_await open_tunnel(connected->socket, destination);
    if (!opened) co_return opened.error();
  }
  co_return std::move(connected->socket);
}

Async<Result<>> Connector::open_tunnel(Socket& socket, Destination const& destination) {
  auto const& proxy = *destination.proxy;
  auto const request = write_connect(destination.url, proxy);
  auto const source = asio::buffer(request);
  auto [write_ec, written] = co_await asio::async_write(socket, source, use_tuple);
  if (write_ec)
    co_return through_proxy(lost_connection(write_ec, proxy.peer(), "at our first words"), proxy);
  ResponseReader reader(ResponseReader::Body::never, head_bytes_max_, proxy.peer());
  std::array<char, 4096> space;
  while (!reader.has_head()) {
    auto const into = asio::buffer(space);
    auto [ec, count] = co_await socket.async_read_some(into, use_tuple);
    if (ec) co_return through_proxy(lost_connection(ec, proxy.peer(), "before it answered"), proxy);
    auto const read = reader.feed(std::string_view(space.data(), count));
    if (!read) co_return through_proxy(read.error(), proxy);
  }
  if (reader.status() / 100 != 2) co_return refused_tunnel(destination.url, proxy, reader.status());
  if (reader.has_rest())
    co_return http_error(
        ErrorClass::transient,
        "proxy_failure",
        "the proxy " + proxy.peer() + " sent bytes of its own into the tunnel"
    );
  co_return Result<>{};
}

Async<Result<Connection>> Connector::connect(Destination const& destination) {
  auto const& url = destination.url;
  std::shared_ptr<asio::ssl::context> tls;
  if (url.is_tls) {
    CO_TRY(tls, tls_contexts_.get(destination.tls));
  }
  Connection out;
  std::optional<Socket> socket;
  if (destination.proxy) {
    CO_TRY(socket, co_await connect_proxy(destination));
  } else if (!url.unix_path.empty()) {
    CO_TRY(auto connected, co_await connect_unix(url.unix_path, url.peer()));
    socket.emplace(std::move(connected.socket));
  } else {
    CO_TRY(auto connected, co_await connect_host(destination));
    socket.emplace(std::move(connected.socket));
    out.address = connected.address;
  }
  if (!url.is_tls) {
    out.stream = make_plain_stream(std::move(*socket));
    co_return out;
  }
  auto const peer = url.peer();
  bool const verify = destination.tls.verify;
  CO_TRY(out.stream, co_await start_tls(std::move(*socket), tls, url.host, peer, verify));
  co_return out;
}

}  // namespace ropewalk::http
