#pragma once
// A connected socket out of one or several addresses.

#include "engine/base/error.hpp"
#include "providers/http/byte_stream.hpp"

#include <boost/asio/ip/address.hpp>

#include <string>
#include <vector>

namespace ropewalk::http {

struct Connected {
  Socket socket;
  asio::ip::address address{};  // unspecified for a Unix socket
};

/// Tries the addresses in their order; the next one starts when the one before has failed or has
/// not answered for 250 ms, and the first that answers wins. REQUIRES: at least one address.
/// Errors: connection_refused (of the last that failed), cancelled.
Async<Result<Connected>> connect_any(
    std::vector<asio::ip::address> addresses, std::uint16_t port, std::string peer
);

/// Errors: connection_refused, cancelled.
Async<Result<Connected>> connect_unix(std::string path, std::string peer);

}  // namespace ropewalk::http
