#pragma once
// Where a request goes, read out of its URL.
//
// Any thread: a plain value.

#include "engine/base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace ropewalk::http {

struct HttpUrl {
  bool is_tls = false;
  std::string host{};  // lower case, without the brackets of IPv6; empty for a Unix socket
  std::uint16_t port = 0;
  std::string unix_path{};
  std::string target{};       // path and query, as they are sent
  std::string authority{};    // what stands in the Host header
  std::string credentials{};  // "user:password" out of the URL, decoded

  /// For messages: "HOST:PORT" or "unix:PATH".
  std::string peer() const;
  /// The target with scheme and authority, as a forward proxy wants it.
  std::string absolute() const;
};

/// "HOST:PORT", with brackets where the host is an IPv6 address.
std::string host_and_port(std::string_view host, std::uint16_t port);

/// Errors: invalid_url (permanent); the message does not repeat the URL.
Result<HttpUrl> parse_http_url(std::string_view text);

}  // namespace ropewalk::http
