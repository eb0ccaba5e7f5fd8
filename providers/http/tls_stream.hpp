#pragma once
// TLS over a connected socket.

#include "engine/base/error.hpp"
#include "providers/http/byte_stream.hpp"

#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <string>

namespace ropewalk::http {

/// The handshake with `host`, whose name or address the certificate must be for when `verify`.
/// `peer` is for messages. Errors: tls_failure, connection_lost, cancelled.
Async<Result<std::unique_ptr<ByteStream>>> start_tls(
    Socket socket,
    std::shared_ptr<asio::ssl::context> context,
    std::string host,
    std::string peer,
    bool verify
);

}  // namespace ropewalk::http
