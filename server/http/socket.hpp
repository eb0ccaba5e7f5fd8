#pragma once
// The connected socket type, TCP and Unix alike, and reading and writing it with time limits.

#include "engine/async/async.hpp"
#include "engine/base/error.hpp"
#include "engine/base/time.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include <string>
#include <string_view>

namespace ropewalk::server {

using Socket = asio::basic_stream_socket<asio::generic::stream_protocol, Executor>;

/// At least one byte into `into` (which is resized to what came). Errors: connection_closed,
/// timeout, cancelled.
Async<Result<>> read_some(Socket& socket, std::string& into, Duration limit);

/// All of `bytes`, which the caller keeps alive. `limit` is for each 256 KiB: a slow reader may
/// take long, a stuck one may not. Errors: connection_closed, timeout, cancelled.
Async<Result<>> write_all(Socket& socket, std::string_view bytes, Duration limit);

/// Ends both directions at once: the peer sees a connection that was reset.
void reset(Socket& socket);

/// Ends our direction, then waits a moment for the peer to end its own, so that it gets to read
/// what was written last.
Async<> linger(Socket& socket);

}  // namespace ropewalk::server
