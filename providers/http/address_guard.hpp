#pragma once
// Which addresses a request may be sent to: those of the public internet, and what the
// configuration allows beside them. A workflow's URLs come from anywhere; without this they would
// reach what only this machine can reach (server-side request forgery).
//
// Pure; any thread. It judges addresses, after a name was resolved, so that no name can be a
// disguise.

#include "engine/base/error.hpp"

#include <boost/asio/ip/address.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ropewalk::http {

/// What keeps an address from being a host of the public internet: "a loopback address", "a private
/// address", …; empty when nothing does. IPv4 addresses inside of IPv6 ones (mapped, compatible,
/// NAT64, 6to4) count as themselves.
std::string_view address_kind(boost::asio::ip::address const& address);

class AddressGuard {
 public:
  /// Allows nothing beside the public internet.
  AddressGuard() = default;
  /// `allow`: addresses and networks, "10.1.2.0/24". Errors: invalid_value.
  static Result<AddressGuard> make(std::vector<std::string> const& allow);

  /// Errors: address_refused (permanent), whose hint says how to allow it.
  Result<> judge(boost::asio::ip::address const& address) const;

 private:
  struct Network {
    boost::asio::ip::address_v6 address{};  // IPv4 as IPv6-mapped
    unsigned prefix_bits = 0;               // of 128
  };

  bool is_allowed(boost::asio::ip::address const& address) const;

  std::vector<Network> networks_{};
};

}  // namespace ropewalk::http
