#pragma once
// The one HTTP/1.1 client: API calls, webhooks and LLM providers all go through it.
//
// A response is handed over when its head has arrived; its body is then read piece by piece, and
// what is not read is not taken from the socket: back-pressure reaches the server by itself.
// Connections are kept alive and used again per (scheme, host, port, proxy, TLS options).
//
// Owner:   one client a shard; it must outlive every response it gave.
// Shard:   all calls on the constructing shard. Names are resolved on a thread of their own.
// Cancel:  terminal cancellation of send() or read_some() ends it with `cancelled`; the connection
// is closed. Limits:  head_bytes_max of a response's head; the body is as long as its reader
// allows.

#include "engine/async/async.hpp"
#include "engine/base/error.hpp"
#include "engine/base/time.hpp"

#include <boost/asio/ip/address.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk {

struct HttpHeader {
  std::string name{};
  std::string value{};
};
using HttpHeaders = std::vector<HttpHeader>;

/// The first value of `name` (any case); empty when there is none.
std::string_view find_header(HttpHeaders const& headers, std::string_view name);

/// Zero: no limit.
struct HttpTimeouts {
  Duration connect = std::chrono::seconds(10);      // name, connection and TLS together
  Duration first_byte = std::chrono::seconds(120);  // from the request's end to the head's end
  Duration idle = std::chrono::seconds(60);         // between two pieces of the body
  Duration total{};                                 // from send() to the body's end
};

struct TlsOptions {
  std::string ca_file{};      // PEM; empty: the system's
  std::string client_cert{};  // PEM files; empty: none
  std::string client_key{};
  bool verify = true;  // false only where the user wrote so
  bool operator==(TlsOptions const&) const = default;
};

struct HttpRequest {
  std::string method = "GET";
  std::string url{};  // http, https; "http+unix:///path/to/socket:/target" for a Unix socket
  HttpHeaders headers{};
  std::string body{};  // Content-Length is written for it
  HttpTimeouts timeouts{};
  TlsOptions tls{};
  /// Asked about every address after the name was resolved and before it is connected to; an error
  /// refuses it; kept connections are asked about again. Empty: all are allowed. (The SSRF guard.)
  /// Behind a proxy only hosts that are written as addresses can be asked about. With it, Unix
  /// sockets are refused.
  std::function<Result<>(boost::asio::ip::address const& address, std::uint16_t port)> allow{};
};

class HttpResponse {
 public:
  class Body;  // the connection while it is being read

  HttpResponse(unsigned status, HttpHeaders headers, std::shared_ptr<Body> body);
  HttpResponse(HttpResponse&&) noexcept;
  HttpResponse& operator=(HttpResponse&&) noexcept;
  ~HttpResponse();  // closes the connection when the body was not read to its end

  unsigned status = 0;
  HttpHeaders headers{};

  std::string_view header(std::string_view name) const { return find_header(headers, name); }

  /// The next piece of the body, as it came (at most 64 KiB); empty at its end. Errors:
  /// timeout_idle, timeout_total, connection_lost (cut before its stated end), malformed_response,
  /// cancelled.
  Async<Result<std::string>> read_some();
  /// The rest of the body. Errors: those of read_some(), response_too_large.
  Async<Result<std::string>> read_all(std::size_t bytes_max);

 private:
  std::shared_ptr<Body> body_;
};

struct HttpClientOptions {
  std::size_t head_bytes_max = 64 * 1024;
  std::size_t idle_per_host_max = 32;  // connections kept for later
  Duration idle_keep = std::chrono::seconds(30);
  /// HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY (either case; HTTP_PROXY only in lower case
  /// counts when REQUEST_METHOD is set, see httpoxy); read by whoever makes the options. Empty: no
  /// proxy.
  std::string http_proxy{};
  std::string https_proxy{};
  std::vector<std::string> no_proxy{};
  bool proxy_loopback = false;  // else "localhost" and loopback addresses are called directly
  std::string user_agent = "ropewalk";
  /// Blocking, on a thread of its own: the addresses of a name. Empty: the system's resolver.
  std::function<Result<std::vector<boost::asio::ip::address>>(std::string const& host)> lookup{};
};

/// The proxy settings of an environment.
HttpClientOptions http_options_from_environment(
    std::function<std::string(std::string const& name)> const& variable
);

class HttpClient {
 public:
  HttpClient(Executor executor, HttpClientOptions options);
  ~HttpClient();

  /// Returns when the head has arrived. A kept connection that turns out to be closed before any
  /// byte of an answer came is replaced by a new one once, when the request is repeatable or
  /// nothing of it was taken. Redirects are not followed: that is the caller's decision. Errors:
  /// invalid_url, invalid_request, dns_failure, address_refused (by `allow`), connection_refused,
  /// connection_lost, tls_failure, proxy_failure, timeout_connect, timeout_idle (the request's body
  /// is not taken), timeout_first_byte, timeout_total, malformed_response, cancelled. Their
  /// messages name host and port, never header values, the query or user info.
  Async<Result<HttpResponse>> send(HttpRequest request);

  std::size_t idle_count() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ropewalk
