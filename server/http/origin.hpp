#pragma once
// Who may call: the Host header against DNS rebinding, the Origin header against other web pages
// (also on WebSockets, which browsers let any page open).

#include "engine/base/error.hpp"
#include "server/http/message.hpp"

#include <string>
#include <vector>

namespace ropewalk::server {

class OriginCheck {
 public:
  /// `listen_host` is answered to, with loopback names when it is a loopback or wildcard address,
  /// and `allowed_hosts` (a name with any port, or name:port). `allowed_origins`:
  /// "https://ui.example".
  OriginCheck(
      std::string listen_host,
      std::vector<std::string> allowed_hosts,
      std::vector<std::string> allowed_origins
  );

  /// Errors: misdirected_host, forbidden_origin.
  Result<> check(Request const& request) const;

 private:
  bool host_is_ours(std::string_view host) const;

  std::vector<std::string> hosts_;
  std::vector<std::string> origins_;
  bool any_address_ = false;
};

/// "name:80" without its port; "[::1]:80" gives "::1".
std::string_view host_without_port(std::string_view host);

}  // namespace ropewalk::server
