#include "server/http/origin.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>

namespace ropewalk::server {
namespace {

Error refused(std::string code, std::string message, std::string hint) {
  Error out;
  out.code = std::move(code);
  out.message = std::move(message);
  out.hint = std::move(hint);
  return out;
}

bool is_loopback_name(std::string_view host) {
  if (equal_ignoring_case(host, "localhost")) return true;
  boost::system::error_code ec;
  auto const address = boost::asio::ip::make_address(std::string(host), ec);
  return !ec && address.is_loopback();
}

bool is_address(std::string_view host) {
  boost::system::error_code ec;
  boost::asio::ip::make_address(std::string(host), ec);
  return !ec;
}

}  // namespace

std::string_view host_without_port(std::string_view host) {
  if (host.starts_with('['))
    return host.substr(1, host.find(']') == host.npos ? 0 : host.find(']') - 1);
  return host.substr(0, host.find(':'));
}

OriginCheck::OriginCheck(
    std::string listen_host,
    std::vector<std::string> allowed_hosts,
    std::vector<std::string> allowed_origins
)
    : hosts_(std::move(allowed_hosts)), origins_(std::move(allowed_origins)) {
  any_address_ = listen_host == "0.0.0.0" || listen_host == "::";
  hosts_.push_back(std::move(listen_host));
}

bool OriginCheck::host_is_ours(std::string_view host) const {
  auto const name = host_without_port(host);
  if (name.empty()) return false;
  if (is_loopback_name(name)) return true;
  // An address cannot be rebound: only a name can be made to point at us by somebody else.
  if (any_address_ && is_address(name)) return true;
  return std::any_of(hosts_.begin(), hosts_.end(), [&](std::string const& ours) {
    return equal_ignoring_case(ours, host) || equal_ignoring_case(ours, name);
  });
}

Result<> OriginCheck::check(Request const& request) const {
  if (request.is_trusted_peer) return {};
  auto const host = request.header("Host");
  if (!host_is_ours(host))
    return refused(
        "misdirected_host",
        "this server does not answer to that Host",
        "add the name to allowedHosts"
    );
  auto const origin = request.header("Origin");
  if (origin.empty()) return {};
  bool const same = equal_ignoring_case(origin, "http://" + std::string(host)) ||
                    equal_ignoring_case(origin, "https://" + std::string(host));
  bool const allowed = std::any_of(origins_.begin(), origins_.end(), [&](std::string const& ours) {
    return equal_ignoring_case(ours, origin);
  });
  if (same || allowed) return {};
  return refused(
      "forbidden_origin",
      "pages of that Origin may not call this server",
      "add it to allowedOrigins"
  );
}

}  // namespace ropewalk::server
