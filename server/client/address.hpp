#pragma once
// Where a server is: "http://127.0.0.1:8400" or "unix:/path/to/socket". Any thread: a plain value.

#include "engine/base/error.hpp"

#include <string>
#include <string_view>

namespace ropewalk::cli {

struct Address {
  std::string host{};
  std::string port{};
  std::string socket_path{};  // not empty: a Unix socket, host and port say nothing

  bool is_unix() const { return !socket_path.empty(); }
  /// What stands in the Host header.
  std::string host_header() const;
  /// The form that parse_address reads.
  std::string to_string() const;
};

/// Reads "http://HOST[:PORT][/]", "HOST:PORT", "[::1]:8400" and "unix:PATH". Errors:
/// invalid_address.
Result<Address> parse_address(std::string_view text);

}  // namespace ropewalk::cli
