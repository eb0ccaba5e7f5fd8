#pragma once
// Which requests go through a proxy, and through which.
//
// Any thread: pure functions.

#include "providers/http/http_client.hpp"
#include "providers/http/http_url.hpp"

#include <optional>

namespace ropewalk::http {

struct ProxyAddress {
  std::string host{};
  std::uint16_t port = 0;
  std::string authorization{};  // the value of Proxy-Authorization; may be empty

  std::string peer() const { return host_and_port(host, port); }
};

/// True when a rule names `host` (and `port`): "*", a name (with what stands below it), ".suffix",
/// "*.suffix", "host:port", an address, a network ("10.0.0.0/8").
bool is_named(std::vector<std::string> const& rules, std::string const& host, std::uint16_t port);

/// "localhost", what stands below it, and loopback addresses.
bool is_loopback(std::string const& host);

/// The proxy for `url`; nullopt when it is called directly. Errors: proxy_failure (permanent) when
/// the configured one cannot be used.
Result<std::optional<ProxyAddress>> choose_proxy(
    HttpClientOptions const& options, HttpUrl const& url
);

/// The value of an Authorization header for "user:password".
std::string basic_authorization(std::string const& credentials);

}  // namespace ropewalk::http
